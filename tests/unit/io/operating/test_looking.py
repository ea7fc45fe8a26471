import os
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import text

from chatloop.errors import UnreachableError
from chatloop.io.locks import locked
from chatloop.io.operating import monitoring
from chatloop.io.operating.glance import glance
from chatloop.io.operating.journal import FOLDER, Journal
from chatloop.io.operating.looking import look
from chatloop.io.operating.monitoring import HELD, check_need
from chatloop.io.operating.notes import MONITOR, read_note
from chatloop.io.sources.finding import pin_sources
from chatloop.io.store import reading
from chatloop.io.tables import SPLIT_TURNS
from chatloop.monitoring.signals import Signal
from chatloop.monitoring.thumbs import Votes
from chatloop.params import Params
from chatloop.params.file import read_params
from tests.unit.io.operating.conftest import Store

PARAMS = Path("params.yaml")


def params(**sources: str) -> Params:
    """The project's, with one source."""
    known = read_params(PARAMS)
    if not sources:
        return known
    named = known.model_dump(by_alias=True)
    named["ingest"]["sources"] = [sources]
    return Params.model_validate(named)


def signal(name: str, found: list[Signal] | tuple[Signal, ...]) -> Signal:
    return next(one for one in found if one.name == name)


def test_a_fresh_project_has_nothing_to_say_and_no_error(project: Path) -> None:
    found = check_need(params())
    assert found.decision.action == "nothing"
    assert "chatloop serve" in signal("feedback", found.signals).reason
    assert read_note(MONITOR)["action"] == "nothing"


def test_changed_new_and_missing_files_are_found_by_their_hash(project: Path) -> None:
    (project / "logs").mkdir()
    for name in ("a.jsonl", "b.jsonl"):
        (project / "logs" / name).write_text("{}\n")
    chosen = params(path="logs")
    pin_sources(chosen.ingest, Path("pins/sources.json"))
    assert not signal("sources", look(chosen, None, 1.0)).fired

    before = (project / "logs/a.jsonl").stat()
    os.utime(project / "logs/a.jsonl", ns=(before.st_atime_ns, before.st_mtime_ns + 10**9))
    assert not signal("sources", look(chosen, None, 1.0)).fired  # touched, and the same

    (project / "logs/a.jsonl").write_text('{"x": 1}\n')
    (project / "logs/b.jsonl").unlink()
    (project / "logs/c.jsonl").write_text("{}\n")
    found = signal("sources", look(chosen, None, 1.0))
    assert found.reason == "3 files changed: logs/a.jsonl, logs/b.jsonl, logs/c.jsonl"
    assert found.learnable


def test_a_file_that_did_not_move_is_not_read_again(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "logs.jsonl").write_text("{}\n")
    chosen = params(path="logs.jsonl")
    look(chosen, None, 1.0)
    monkeypatch.setattr("chatloop.io.operating.looking.sha256", lambda path: 1 / 0)
    assert signal("sources", look(chosen, None, 1.0)).fired


def test_the_store_says_prompts_newest_first_and_opinions_once(project: Path, store: Store) -> None:
    store.served("c-1", "h:a", "first")
    store.served("c-2", "h:b", None)
    store.served("c-3", "h:a", "last")
    store.rated("c-1", "h:a", "up", 10.0)
    store.rated("c-1", "h:a", "down", 20.0)  # the later one counts
    store.rated("c-3", "h:a", "up", 30.0)
    store.rated("c-3", "h:b", None, 30.0)  # a correction without a thumb
    with reading(params().serve.store) as found:
        assert found is not None
        assert len(dict(found.exchanges())) == 3
        assert found.prompts(10) == [("h:a", "last"), ("h:a", "first")]
        assert found.prompts(1) == [("h:a", "last")]
        assert found.votes("1", since=25.0) == ([Votes("h:a", 1, 0)], [Votes("h:a", 0, 1)])
        assert found.votes("2", since=0.0) == ([], [])
        assert found.opinions(0.0, after=0, per_caller=9) == 3
        assert found.opinions(25.0, after=0, per_caller=9) == 2
        assert found.opinions(0.0, after=3, per_caller=9) == 1
        assert found.opinions(0.0, after=0, per_caller=1) == 2


def test_a_store_that_is_missing_is_none_and_one_that_is_broken_is_one_line(project: Path) -> None:
    where = params().serve.store
    with reading(where) as found:
        assert found is None
    (project / "data/store").mkdir(parents=True)
    (project / "data/store/chatloop.db").write_text("no database, but as long as one" * 100)
    with (
        pytest.raises(UnreachableError, match=r"^serve.store: the database [^\n]+$"),
        reading(where),
    ):
        pass


def test_who_reads_the_store_cannot_write_it(project: Path, store: Store) -> None:
    with (
        pytest.raises(UnreachableError, match="readonly"),
        reading(params().serve.store) as found,
    ):
        assert found is not None
        found._all(text("DELETE FROM exchanges"))  # type: ignore[arg-type]


def test_feedback_since_the_last_training_makes_one_due_and_the_diary_says_since_when(
    project: Path, store: Store
) -> None:
    for at in range(60):
        store.served(f"c-{at}", f"h:{at}", None)
        store.rated(f"c-{at}", f"h:{at}", "up", 1000.0)
    found = check_need(params())
    assert found.decision.action == "retrain"
    assert found.decision.because[0].startswith("feedback: 60 new opinions")
    journal = Journal(FOLDER)
    journal.begin(2000.0, ())
    journal.end(2001.0, outcome="held", trained=True)
    assert check_need(params()).decision.action == "nothing"
    (project / "pins").mkdir()
    (project / "pins/feedback.json").write_text('{"last": 5}')  # the snapshot knows better
    assert signal("feedback", check_need(params()).signals).numbers["new"] == 55


def test_while_a_run_is_on_no_other_is_started(project: Path, store: Store) -> None:
    for at in range(60):
        store.served(f"c-{at}", f"h:{at}", None)
        store.rated(f"c-{at}", f"h:{at}", "up", 1000.0)
    with locked(HELD, "", ""):
        decision = check_need(params()).decision
    assert decision.action == "wait"
    assert "a run is on" in decision.said


def test_drift_alone_asks_people_for_data_once_a_day(
    project: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        (f"c-{n}", 0, "user", f"where is my order {n}", ["orders"], "s", "", "") for n in range(500)
    ]
    (project / "data/split").mkdir(parents=True)
    table = pl.DataFrame(rows, schema=SPLIT_TURNS, orient="row")
    table.write_parquet(project / "data/split/train.parquet")
    for at in range(400):
        store.served(
            f"c-{at}", f"h:{at}", "sing me a long song about bananas on the blue planet mars"
        )
    first, second = check_need(params()), check_need(params())
    assert first.decision.action == "needs_data"
    assert "vocabulary" in first.decision.because[0]
    assert (first.tell, second.tell) == (True, False)
    monkeypatch.setattr(monitoring.time, "time", lambda: 10**10)
    assert check_need(params()).tell


def test_a_quick_look_at_the_registry_says_what_mlflow_says(project: Path) -> None:
    assert glance("chatloop") == ()
    import mlflow

    uri = f"sqlite:///{project / 'mlflow.db'}"  # MLflow keeps one engine for each name
    client = mlflow.MlflowClient(uri, uri)
    client.create_registered_model("chatloop")
    for verdict in ("PROMOTE", "HOLD"):
        version = client.create_model_version("chatloop", str(project), tags={"verdict": verdict})
    client.set_registered_model_alias("chatloop", "champion", "1")
    client.set_registered_model_alias("chatloop", "candidate", version.version)
    client.set_registered_model_alias("chatloop", "other", "1")

    held = glance("chatloop")
    assert [(one.alias, one.version, one.verdict) for one in held] == [
        ("champion", 1, "PROMOTE"), ("candidate", 2, "HOLD"),
    ]  # fmt: skip
    said = client.get_model_version("chatloop", "1").creation_timestamp / 1000
    assert held[0].made == said
    assert glance("another") == ()
