"""Files as office programs, exports and old machines leave them."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from chatloop.errors import UserError
from chatloop.io.sources import read_records, records_by_file
from chatloop.params.sources import Source

ASKED = "Schließen Sie früh?"


def values(path: Path) -> list[object]:
    return [record.value for record in read_records(path)]


def test_a_first_line_for_excel_and_columns_without_a_name(tmp_path: Path) -> None:
    table = tmp_path / "faq.csv"
    table.write_text("sep=;\r\n;frage;antwort;;\r\n0;Hi;Hello;;\r\n", encoding="utf-8-sig")
    assert values(table) == [
        {"column 1": "0", "frage": "Hi", "antwort": "Hello", "column 4": "", "column 5": ""}
    ]


@pytest.mark.parametrize(("header", "why"), [("a,a", "twice"), (",,", "must name")])
def test_a_header_that_tells_no_columns_apart_is_refused(
    tmp_path: Path, header: str, why: str
) -> None:
    (tmp_path / "faq.csv").write_text(f"{header}\n1,2\n")
    with pytest.raises(UserError, match=why):
        values(tmp_path / "faq.csv")


@pytest.mark.parametrize(
    ("name", "text", "kept"),
    [
        ("a.csv", f"q;a\n{ASKED};Nein\n", {"q": ASKED, "a": "Nein"}),
        ("a.jsonl", f'{{"q": "{ASKED}"}}\n', {"q": ASKED}),
        ("a.json", f'[{{"q": "{ASKED}"}}]', {"q": ASKED}),
        ("a.yaml", f"q: {ASKED}\n", {"q": ASKED}),
        ("a.txt", f"User: {ASKED}\nAgent: Nein\n", f"User: {ASKED}\nAgent: Nein"),
    ],
)
@pytest.mark.parametrize("encoding", ["cp1252", "utf-16-le"])
def test_another_encoding_is_read_where_the_source_names_it(
    tmp_path: Path, name: str, text: str, kept: object, encoding: str
) -> None:
    (tmp_path / name).write_bytes(text.encode(encoding))
    source = Source(path=str(tmp_path / name), encoding=encoding)
    (records,) = records_by_file(source, 0, text=name.endswith(".txt"))
    assert [record.value for record in records] == [kept]


def test_bytes_that_are_no_utf_8_say_what_to_write(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(f"q;a\n{ASKED};Nein\n".encode("cp1252"))
    (record,) = read_records(tmp_path / "a.csv")
    assert record.problem is not None
    assert "encoding: cp1252" in record.problem.detail
    (tmp_path / "a.jsonl").write_bytes(f'{{"q": "{ASKED}"}}\n'.encode("cp1252"))
    with pytest.raises(UserError, match="encoding: cp1252"):
        values(tmp_path / "a.jsonl")


def test_an_encoding_that_is_none_is_refused() -> None:
    with pytest.raises(ValidationError, match="no such text encoding"):
        Source(path="-", encoding="base64")


@pytest.mark.parametrize(
    ("start", "what"), [(b"PK\x03\x04", "Office"), (b"%PDF-1.7", "PDF"), (b"BZh91AY", "bzip2")]
)
def test_a_file_of_another_program_is_called_by_its_name(
    tmp_path: Path, start: bytes, what: str
) -> None:
    (tmp_path / "chats.json").write_bytes(start + b"\x00\x01")
    with pytest.raises(UserError, match=what):
        values(tmp_path / "chats.json")
