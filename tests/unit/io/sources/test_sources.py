import gzip
import json
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from chatloop.errors import UserError
from chatloop.io.files import read_json
from chatloop.io.sources import find_files, pin_sources, read_records
from chatloop.params.sources import Builtin, IngestParams, Source

LINES = b'{"a": 1}\n{"a": 2}\n\n{"a": 3}\n'


def values(path: Path) -> list[object]:
    return [record.value for record in read_records(path)]


@pytest.mark.parametrize(
    "content",
    [
        LINES,
        gzip.compress(LINES, mtime=0),
        zstandard.compress(LINES),
        zstandard.compress(LINES[:9]) + zstandard.compress(LINES[9:]),
        b"\xef\xbb\xbf" + LINES,
        b'[{"a": 1}, {"a": 2},\n {"a": 3}]',
        json.dumps([{"a": 1}, {"a": 2}, {"a": 3}], indent=2).encode(),
        b'\n\n[\n{"a": 1}, {"a": 2}, {"a": 3}]',
    ],
)
def test_lines_and_documents_are_read_however_they_are_packed(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "logs"
    path.write_bytes(content)
    assert values(path) == [{"a": 1}, {"a": 2}, {"a": 3}]


def test_one_object_over_many_lines_is_one_record(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text(json.dumps({"a": 1}, indent=2))
    assert values(path) == [{"a": 1}]


def test_a_broken_line_keeps_file_line_and_reason_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "logs.jsonl"
    path.write_bytes(b'{"a": 1}\n{"a": \nplain\n\xff\xfe\n{"a": 2}\n')
    records = list(read_records(path))
    assert [r.line for r in records] == [1, 2, 3, 4, 5]
    reasons = [r.problem.reason if r.problem else None for r in records]
    assert reasons == [None, "not_json", "not_json", "not_utf8", None]
    assert records[1].raw == '{"a":'


def test_a_broken_first_line_does_not_hide_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "logs.jsonl"
    path.write_bytes(b'{"a": \n{"a": 2}\n')
    records = list(read_records(path))
    assert [(r.line, r.problem is None) for r in records] == [(1, False), (2, True)]


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(LINES * 100, mtime=0)[:-20],
        zstandard.compress(LINES * 100)[:-6],
        b'[{"a": 1}, {"a": 2',
        b"",
        b"\x89PNG not text at all",
    ],
)
def test_a_file_cut_short_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "logs.jsonl"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"logs\.jsonl: is") as caught:
        list(read_records(path))
    assert "\n" not in str(caught.value)


def test_a_source_is_a_file_a_folder_or_a_glob(tmp_path: Path) -> None:
    for name in ("b.jsonl.gz", "a.json", "sub/c.jsonl", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(LINES)
    assert find_files(Source(path=str(tmp_path / "notes.txt")), 0) == [tmp_path / "notes.txt"]
    names = [path.name for path in find_files(Source(path=str(tmp_path)), 0)]
    assert names == ["a.json", "b.jsonl.gz", "c.jsonl"]
    found = find_files(Source(path=str(tmp_path / "**" / "*.jsonl")), 0)
    assert found == [tmp_path / "sub" / "c.jsonl"]


def test_a_source_that_does_not_exist_names_its_place_in_params(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"ingest\.sources\[3\]: .*nothing.* matches no file"):
        find_files(Source(path=str(tmp_path / "nothing")), 3)


def test_the_pin_changes_with_the_content_and_only_then(tmp_path: Path) -> None:
    path, pin = tmp_path / "a.jsonl", tmp_path / "pins" / "sources.json"
    path.write_bytes(LINES)
    builtin = Builtin(conversations=50, seed=1)
    params = IngestParams(sources=(Source(path=str(path)),), builtin=builtin)
    pin_sources(params, pin)
    first, written = read_json(pin), pin.stat().st_mtime_ns
    pin_sources(params, pin)
    assert pin.stat().st_mtime_ns == written
    path.write_bytes(LINES * 2)
    pin_sources(params, pin)
    assert read_json(pin) != first


@given(lines=st.lists(st.binary(max_size=30).filter(lambda b: b"\n" not in b and b.strip())))
def test_no_line_is_lost_whatever_the_bytes(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]
) -> None:
    path = tmp_path_factory.mktemp("bytes") / "logs.jsonl"
    content = [b'{"a": 0}', *lines]
    path.write_bytes(b"\n".join(content))
    assert [record.line for record in read_records(path)] == list(range(1, len(content) + 1))
