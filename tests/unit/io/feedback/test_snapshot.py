"""The store's rows as parts: deterministic, nothing lost, nothing twice, whatever ends a run."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatloop.errors import UserError
from chatloop.feedback.table import Said
from chatloop.io.feedback import snapshot as module
from chatloop.io.feedback.manifest import (
    Forgotten,
    Manifest,
    read_manifest,
    read_parts,
    write_manifest,
)
from chatloop.io.feedback.snapshot import snapshot
from chatloop.io.files import digests
from tests.opinions import ListLog, said


@pytest.fixture(autouse=True)
def small_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RANGE", 4)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


FOLDER, PIN = Path("snapshot"), Path("pin.json")


def taken(opinions: list[Said], folder: Path = FOLDER, pin: Path = PIN) -> pl.DataFrame:
    snapshot(ListLog(opinions), folder, pin)
    return rows(pin)


def rows(pin: Path = PIN) -> pl.DataFrame:
    parts = [*read_parts(read_manifest(pin))]
    return pl.concat(parts) if parts else pl.DataFrame({"number": []}, schema={"number": pl.Int64})


def test_every_row_is_there_once_and_in_order(place: Path) -> None:
    found = taken([said(at) for at in (9, 1, 4, 3)])
    manifest = read_manifest(PIN)

    assert found["number"].to_list() == [1, 3, 4, 9]
    assert (manifest.rows, manifest.last, manifest.versions) == (4, 9, {"3": 4})
    assert found.row(0, named=True)["messages"] == [
        {"role": "user", "content": "Where is order 1?"}
    ]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 30), unique=True, max_size=20), st.data())
def test_the_same_store_gives_the_same_bytes_however_it_grew(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[int], data: st.DataObject
) -> None:
    opinions = [said(at) for at in numbers]
    place = tmp_path_factory.mktemp("grown")
    cuts = sorted(data.draw(st.lists(st.integers(0, len(opinions)), max_size=3)))
    for cut in (*cuts, len(opinions)):
        grown = taken(opinions[:cut], place / "grown", place / "grown.json")
    whole = taken(list(reversed(opinions)), place / "whole", place / "whole.json")

    assert grown["number"].to_list() == whole["number"].to_list() == sorted(numbers)
    assert digests(place / "grown") == digests(place / "whole")


def test_a_row_that_was_committed_late_under_a_lower_number_is_found(place: Path) -> None:
    taken([said(1), said(3), said(9)])
    assert taken([said(1), said(2), said(3), said(9)])["number"].to_list() == [1, 2, 3, 9]


def test_parts_that_are_full_are_not_written_again(place: Path) -> None:
    taken([said(at) for at in range(1, 7)])
    before = {path.name: path.stat().st_mtime_ns for path in FOLDER.iterdir()}
    taken([said(at) for at in range(1, 8)])
    after = {path.name: path.stat().st_mtime_ns for path in FOLDER.iterdir()}

    assert len(before) == len(after) == 2
    assert len(before.items() & after.items()) == 1


@pytest.mark.parametrize("where", ["write_part", "write_manifest", "remove_others"])
def test_what_is_killed_in_the_middle_is_as_if_it_had_not_been(
    place: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    before = taken([said(1), said(2)])
    real = getattr(module, where)

    def killed(*given: object) -> None:
        if where == "write_part":
            real(*given)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(module, where, killed)
        with pytest.raises(KeyboardInterrupt):
            snapshot(ListLog([said(at) for at in range(1, 8)]), FOLDER, PIN)
    if where != "remove_others":
        assert rows().equals(before)

    found = taken([said(at) for at in range(1, 8)])
    assert found["number"].to_list() == [*range(1, 8)]
    named = {Path(part.path).name for part in read_manifest(PIN).parts}
    assert {path.name for path in FOLDER.iterdir()} == named


def test_rows_that_the_store_lost_stay(place: Path) -> None:
    taken([said(1), said(2), said(9)])
    assert taken([said(2)])["number"].to_list() == [1, 2, 9]
    assert taken([])["number"].to_list() == [1, 2, 9]


def test_another_store_is_refused(place: Path) -> None:
    taken([said(1), said(2)])
    with pytest.raises(UserError, match="another store"):
        taken([said(1, id="fb-other"), said(2), said(3)])


def test_a_part_that_is_gone_says_what_to_do_or_is_made_again(place: Path) -> None:
    taken([said(1)])
    next(FOLDER.iterdir()).unlink()
    with pytest.raises(UserError, match="dvc pull"):
        rows()
    with pytest.raises(UserError, match="dvc pull"):
        taken([])
    assert taken([said(1)])["number"].to_list() == [1]


def test_a_backup_brings_nobody_back(place: Path) -> None:
    opinions = [said(1, "h:anna"), said(2, "h:ben"), said(3, "h:ben", asked_by="h:anna")]
    write_manifest(PIN, Manifest(parts=[], forgotten=[Forgotten(caller="h:anna", rows=2, until=3)]))

    assert taken([*opinions, said(4, "h:anna")])["number"].to_list() == [2, 4]


@pytest.mark.parametrize("text", ["[]", "3", '{"parts": 3}', '{"parts": [{}], "forgotten": []}'])
def test_a_pin_that_is_none_is_one_clear_line(place: Path, text: str) -> None:
    PIN.write_text(text)
    with pytest.raises(UserError, match="is no manifest"):
        read_manifest(PIN)
