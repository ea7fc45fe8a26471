import json
from pathlib import Path

import pytest

from chatloop.errors import BusyError
from chatloop.io.locks import holder, locked
from chatloop.io.operating.disk import MOST_FILES, usage
from chatloop.io.operating.journal import KEPT, Journal


def test_a_run_is_written_down_when_it_begins_and_when_it_ends(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert journal.begin(10.0, ("sources: 1 file changed",)) == []
    (open_,) = journal.runs()
    assert (open_.outcome, open_.ended) == ("running", None)
    journal.end(70.0, outcome="promoted", version=4, trained=True, said="better")
    (run,) = Journal(tmp_path).runs()
    assert (run.started, run.ended, run.version, run.because) == (
        10.0, 70.0, 4, ("sources: 1 file changed",),
    )  # fmt: skip


def test_a_run_that_never_ended_died_and_the_next_one_hears_of_it(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.begin(10.0, ())
    (dead,) = journal.begin(50.0, ())
    assert dead.started == 10.0
    assert [run.outcome for run in journal.runs()] == ["died", "running"]
    assert journal.begin(60.0, ()) != []


def test_a_clock_that_jumped_back_makes_no_run_shorter_than_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.begin(100.0, ())
    assert journal.end(40.0, outcome="held").ended == 100.0


@pytest.mark.parametrize("text", ["", "[{", "{}", '[{"started": 1}]', "[3, null]"])
def test_a_broken_diary_is_an_empty_one(tmp_path: Path, text: str) -> None:
    (tmp_path / "runs.json").write_text(text)
    journal = Journal(tmp_path)
    assert journal.runs() == ()
    journal.begin(1.0, ())
    assert len(journal.runs()) == 1


def test_only_the_last_runs_are_kept(tmp_path: Path) -> None:
    one = {"started": 1.0, "pid": 1, "ended": 2.0, "outcome": "held"}
    (tmp_path / "runs.json").write_text(json.dumps([one] * (KEPT + 50)))
    Journal(tmp_path).begin(3.0, ())
    assert len(Journal(tmp_path).runs()) == KEPT


def test_a_lock_names_its_holder_and_goes_with_him(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "one.lock"
    assert holder(path) is None
    with locked(path, "another scheduler serves this project", "end it first"):
        assert holder(path) is not None
        with (
            pytest.raises(BusyError, match=r"serves this project \(process \d+\); end it first"),
            locked(path, "another scheduler serves this project", "end it first"),
        ):
            pass
    assert holder(path) is None
    with locked(path, "", ""):
        pass


def test_the_disk_says_sizes_of_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a").write_bytes(b"x" * 1000)
    found = usage(tmp_path, {"data": tmp_path / "data", "models": tmp_path / "models"})
    assert found.parts["data"].bytes == 1000
    assert found.parts["data"].whole
    assert "models" not in found.parts
    assert 0 < found.free <= found.total
    assert MOST_FILES > 0
