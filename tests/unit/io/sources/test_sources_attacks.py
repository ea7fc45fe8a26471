"""What a source must not do to us: unfold, lead out, run code, stall, or lose a row."""

import gzip
import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from chatloop.errors import UserError
from chatloop.io.sources import find_files, opening, read_records, record
from chatloop.params.sources import Source


def read(path: Path, content: bytes) -> list[record.Record]:
    path.write_bytes(content)
    return list(read_records(path))


def refused(path: Path, content: bytes) -> str:
    with pytest.raises(UserError) as caught:
        read(path, content)
    said = str(caught.value)
    assert said.startswith(str(path))
    assert "\n" not in said
    return said


def bomb(pack: str) -> bytes:
    """Packs to a few hundred KiB at most and unfolds to 200 MiB."""
    chunk = b"0" * 2**20
    if pack == "zst":
        return zstandard.compress(chunk) * 200
    return gzip.compress(chunk, 9) * 200


@pytest.mark.parametrize("pack", ["gz", "zst"])
@pytest.mark.parametrize("name", ["a.jsonl", "a.yaml", "a.csv", "a.txt", "a.json"])
def test_a_bomb_is_refused_while_it_unfolds(tmp_path: Path, name: str, pack: str) -> None:
    assert "unfolds to more than 64 MiB" in refused(tmp_path / f"{name}.{pack}", bomb(pack))


def test_like_lines_that_pack_well_are_no_bomb(tmp_path: Path) -> None:
    assert (
        len(read(tmp_path / "a.jsonl.gz", gzip.compress(b'{"a": 1}\n' * 100_000, mtime=0)))
        == 100_000
    )


def test_a_window_of_gibibytes_is_refused(tmp_path: Path) -> None:
    params = zstandard.ZstdCompressionParameters.from_level(
        3, window_log=30, enable_ldm=True, write_content_size=False
    )
    packed = zstandard.ZstdCompressor(compression_params=params)
    compressor = packed.compressobj()
    content = compressor.compress(b'{"a": 1}\n') + compressor.flush()
    assert "damaged" in refused(tmp_path / "a.jsonl.zst", content)


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    secret, logs = tmp_path / "secret.jsonl", tmp_path / "logs"
    secret.write_text('{"a": 1}')
    logs.mkdir()
    (logs / "a.jsonl").symlink_to(secret)
    for path in (logs, logs / "*.jsonl", logs / "**" / "*"):
        with pytest.raises(UserError, match=r"sources\[0\]: .*a\.jsonl leads out of .*logs, which"):
            find_files(Source(path=str(path)), 0)


def test_a_linked_folder_and_a_path_upwards_are_refused(tmp_path: Path) -> None:
    outside, logs = tmp_path / "outside", tmp_path / "logs"
    (outside / "deep").mkdir(parents=True)
    (outside / "b.jsonl").write_text("{}")
    (logs / "in").mkdir(parents=True)
    (logs / "a.jsonl").write_text("{}")
    assert [p.name for p in find_files(Source(path=str(logs)), 0)] == ["a.jsonl"]
    with pytest.raises(UserError, match="leads out of"):
        find_files(Source(path=str(logs / "*" / ".." / ".." / "outside" / "*.jsonl")), 0)
    (logs / "more").symlink_to(outside)
    for path in (logs, logs / "**" / "*.jsonl"):
        with pytest.raises(UserError, match=r"more.* leads out of"):
            find_files(Source(path=str(path)), 0)


def test_links_within_the_folder_are_read_once_and_pipes_never(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("{}")
    (tmp_path / "latest.jsonl").symlink_to("a.jsonl")
    os.mkfifo(tmp_path / "pipe.jsonl")
    assert find_files(Source(path=str(tmp_path)), 0) == [tmp_path / "a.jsonl"]
    (tmp_path / "gone.jsonl").symlink_to("nowhere")
    with pytest.raises(UserError, match="leads nowhere"):
        find_files(Source(path=str(tmp_path)), 0)


LAUGHS = "a0: &a0 [lol, lol]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (LAUGHS, "its aliases unfold to over"),
        ("a: &a " + "x" * 100_000 + "\nb:\n" + "  - *a\n" * 1000, "its aliases unfold to over"),
        ("a: &a [*a]", "not yet closed"),
        ("- !!python/object/apply:os.system [ls]", "a tag"),
        ("- !custom x", "a tag"),
        ("[" * 100_000, "nested deeper than"),
        ("? " * 100_000, "nested deeper than"),
        ("a: 1\na: 2", "line 2: a key stands twice"),
        ("? [a]\n: b", "a key is no text"),
        ("a: [", "line "),
        ("a: b\x07", ""),
        ("\x00", ""),
    ],
)
def test_yaml_that_unfolds_or_runs_or_loses_is_refused(
    tmp_path: Path, text: str, says: str
) -> None:
    assert says in refused(tmp_path / "a.yaml", text.encode())


def test_yaml_is_text_all_through(tmp_path: Path) -> None:
    text = "- {q: Yes, a: 3.10, d: 2026-01-05, n: ~}\n- &x [a, b]\n- *x\n---\nk: v\n"
    values = [one.value for one in read(tmp_path / "a.yml", text.encode())]
    flat = {"q": "Yes", "a": "3.10", "d": "2026-01-05", "n": "~"}
    assert values == [flat, ["a", "b"], ["a", "b"], {"k": "v"}]
    assert read(tmp_path / "b.yml", gzip.compress(text.encode(), mtime=0))[0].value == flat


ROW = {"messages": [{"role": "user", "content": "h\u00e9 \U0001f600"}]}
LINES = json.dumps(ROW, ensure_ascii=False) + "\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks_say_the_encoding(tmp_path: Path, encoding: str) -> None:
    assert [r.value for r in read(tmp_path / "a.jsonl", (LINES * 3).encode(encoding))] == [ROW] * 3
    marked = b"" if encoding.endswith(("sig", "16", "32")) else b"\xff\xfe"
    assert marked or read(tmp_path / "b.json", json.dumps([ROW]).encode(encoding))[0].value == ROW


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"a": ' + b"[" * 100_000, "not_json"),
        (b'{"a": "\x00"}', "not_json"),
        (b'{"a": ' + b"1" * 100_000 + b"}", None),
        (b'{"a": NaN}', None),
        (b'{"a": "\\ud800"}', None),
        (b'{"a": "\\u0000"}', None),
    ],
)
def test_strange_values_are_a_record_or_a_reason(
    tmp_path: Path, line: bytes, reason: str | None
) -> None:
    records = read(tmp_path / "a.jsonl", b'{"a": 0}\n' + line + b'\n{"a": 1}')
    assert [r.problem.reason if r.problem else None for r in records] == [None, reason, None]
    assert records[1].raw == line.decode()


def test_a_line_too_long_for_memory_is_one_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "MAX_RECORD", 1000)
    records = read(tmp_path / "a.jsonl", b'{"a": 0}\n"' + b"x" * 5000 + b'"\n{"a": 1}\n')
    assert [r.problem.reason if r.problem else None for r in records] == [None, "too_large", None]
    assert [r.line for r in records] == [1, 2, 3]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_a_long_list_is_read_an_entry_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    from chatloop.io.sources.readers import json_files

    monkeypatch.setattr(json_files, "_CHUNK", size)
    values = [{"a": [1, "],"]}, 12345, "é", None, [], -0.5e10, True]
    records = read(tmp_path / "a.json", json.dumps(values, indent=1, ensure_ascii=False).encode())
    assert [r.value for r in records] == values
    assert [json.loads(r.raw) for r in records] == values
    assert read(tmp_path / "b.json", b"[]") == []


@pytest.mark.parametrize(
    "text", ['[{"a": 1} {"a": 2}]', '[{"a": 1}, ]', '[{"a": 1}]]', '[{"a": 1}, {"a"']
)
def test_a_list_that_is_broken_is_refused(tmp_path: Path, text: str) -> None:
    assert "is neither JSON nor JSON lines" in refused(tmp_path / "a.json", text.encode())


def test_tables_are_read_by_their_first_row(tmp_path: Path) -> None:
    text = '\ufefffrage;antwort\r\n"Wann; ""offen""?";"Um\r\nneun"\r\n\r\nnur eine\r\nA;B\r\n'
    records = read(tmp_path / "a.csv", text.encode())
    assert [r.line for r in records] == [2, 5, 6]
    assert records[0].value == {"frage": 'Wann; "offen"?', "antwort": "Um\r\nneun"}
    assert records[1].problem is not None
    assert records[1].problem.reason == "bad_row"
    tabs = read(tmp_path / "a.tsv.gz", gzip.compress(b"a\tb\n1,5\t2\n"))
    assert tabs[0].value == {"a": "1,5", "b": "2"}


def test_a_quote_that_is_never_closed_takes_no_other_row_with_it(tmp_path: Path) -> None:
    rows = [b"a,b", b'"x,1'] + [b"y,%d" % n for n in range(50)] + [b"\xff,1", b'z,"1"']
    records = read(tmp_path / "a.csv", b"\n".join(rows))
    reasons = [r.problem.reason if r.problem else None for r in records]
    assert reasons == ["bad_row", *[None] * 50, "not_utf8", None]


@pytest.mark.parametrize("text", ["", "a,a\n1,2", ",,\n1,2,3"])
def test_a_table_without_names_is_refused(tmp_path: Path, text: str) -> None:
    refused(tmp_path / "a.csv", text.encode())


@pytest.mark.parametrize("pack", [lambda b: b, gzip.compress, zstandard.compress])
def test_parquet_is_read_however_it_is_packed(tmp_path: Path, pack: object) -> None:
    rows = [{"q": "Hi", "n": 1, "l": [{"x": "y"}]}, {"q": None, "n": 2, "l": []}] * 700
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "plain")
    content = (tmp_path / "plain").read_bytes()
    assert [r.value for r in read(tmp_path / "a.parquet", pack(content))] == rows  # type: ignore[operator]
    assert "is not a whole Parquet table" in refused(tmp_path / "b.parquet", content[:-30])


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("User: a\nAgent: b\n\nmore\n---\nUser: c\nAgent: d\n", [1, 6]),
        ("User: a\nAgent: b\n\n\nUser: c\r\nAgent: d", [1, 5]),
        ("User: a\n\nAgent: b\n\nUser: c\n\nAgent: d", [1]),
        ("[10:02] User: a\n[10:03] Agent: b\n", [1]),
    ],
)
def test_transcripts_are_parted_by_rules_or_empty_lines(
    tmp_path: Path, text: str, starts: list[int]
) -> None:
    records = read(tmp_path / "a.txt", text.encode())
    assert [r.line for r in records] == starts
    assert str(records[-1].value).endswith(("Agent: b", "Agent: d"))


@settings(max_examples=60, deadline=None)
@given(
    lines=st.lists(
        st.text(st.characters(blacklist_characters="\r\n", blacklist_categories=["Cs"]), max_size=20)
        .map(lambda text: text.encode()) | st.binary(max_size=20).filter(lambda b: not {10, 13} & {*b})
    )
)  # fmt: skip
def test_no_row_of_a_table_is_lost_whatever_the_bytes(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]
) -> None:
    path = tmp_path_factory.mktemp("rows") / "a.csv"
    records = read(path, b"\n".join([b"first,second", *lines]))
    kept = "\n".join(one.raw for one in records).replace("\n", "")
    for line in lines:
        assert not line.strip() or line.decode("utf-8", "replace").strip("\n") in kept


def test_a_megabyte_of_anything_is_read_at_the_pace_of_text(tmp_path: Path) -> None:
    # No time is asserted: a quadratic reader would not come to an end here.
    big = 2**20
    for name, content in {
        "a.jsonl": b'"' + b"\\" * big + b'"',
        "b.jsonl": b"[" * big,
        "c.json": b'{"a":' * (big // 5),
        "d.csv": b"a,b\n" + b'"' * big,
        "e.csv": b"a,b\n" + b'"x\n' * (big // 4),
        "f.txt": b"User: hi\n" + b" " * big + b":\nAgent: " + b"[" * big,
        "g.txt": (b"a" * 40 + b" " * 4) * (big // 44),
        "h.yaml": b"a: '" + b"x" * big + b"'",
        "i.jsonl": b"{}\n" + b"1" * big,
    }.items():
        (tmp_path / name).write_bytes(content)
        try:
            list(read_records(tmp_path / name))
        except UserError as error:
            assert "\n" not in str(error)


def test_the_bounds_are_where_the_docs_say(root: Path) -> None:
    docs = (root / "docs" / "data.md").read_text()
    assert f"{opening.MAX_RATIO} times" in docs
    assert f"{opening.FREE_BYTES // 2**20} MiB" in docs
