"""What a person sees of the registry: the table of versions, a lineage as text, JSON and picture."""

import json
from io import StringIO
from xml.etree import ElementTree

import pytest
from projects import Project
from rich.console import Console
from test_registry import register_one, run_all

from chatloop.errors import UserError
from chatloop.io.files import write_json
from chatloop.io.registry.listing import entries, fetch_origin, lineage, measured
from chatloop.io.registry.moving import rollback
from chatloop.pages.lineage import lineage_picture
from chatloop.terminal.models.comparing import compared, comparison
from chatloop.terminal.models.versions import age, lineage_tree, versions_table


def shown(what: object) -> str:
    console = Console(width=200, record=True, file=StringIO())
    console.print(what)
    return console.export_text()


def test_versions_are_listed_newest_first_with_alias_verdict_and_scores(project: Project) -> None:
    assert entries(project.name) == []
    run_all(project)
    project.train_again("next")
    project.judge("HOLD")
    register_one(project)
    found = entries(project.name)
    assert [(one.number, one.aliases, one.verdict) for one in found] == [
        (2, ("candidate",), "HOLD"),
        (1, ("champion",), "PROMOTE"),
    ]
    text = shown(versions_table(project.name, found, found[0].made + 7300))
    assert "2 hours" in text
    assert "1.5000" in text


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(3, "just now"), (60, "1 minute"), (7_300, "2 hours"), (90_000, "1 day"), (7e7, "2 years")],
)
def test_an_age_is_said_in_its_largest_unit(seconds: float, said: str) -> None:
    assert age(seconds) == said


def test_a_lineage_says_data_code_params_parent_and_who_moved_it(project: Project) -> None:
    pins = {"files": [{"path": "logs/may.jsonl", "sha256": "ab" * 32}]}
    write_json(project.root / "pins" / "sources.json", pins)
    run_all(project)
    project.train_again("moved")
    project.judge("PROMOTE")
    write_json(
        project.pin, {"version": 1, "candidate_sha256": entries(project.name)[0].candidate_sha256}
    )
    run_all(project)
    rollback(project.name, "too <rude> & loud")
    found = lineage(project.name, 2)
    assert found["data"]["sources"] == pins["files"]
    assert found["params"]["train"]["seed"] == 7
    assert found["judged_against"] == 1
    assert found["rolled_back"]["reason"] == "too <rude> & loud"
    assert json.loads(json.dumps(found)) == found
    text = shown(lineage_tree(found))
    assert "logs/may.jsonl" in text
    assert "too <rude> & loud" in text
    picture = ElementTree.fromstring(lineage_picture({**found, "reasons": ["a < b & c"]}))
    assert "a < b & c" in "".join(picture.itertext())
    assert lineage(project.name, "champion")["version"] == 1


def test_two_versions_stand_side_by_side(project: Project) -> None:
    first = register_one(project)
    project.train_again("compared")
    project.judge("HOLD")
    scores = {"bits_per_byte": {"candidate": 1.25, "base": 3.5}, "token_accuracy": {"candidate": 1}}
    write_json(project.root / "reports" / "evaluate.json", scores)
    params = project.root / "params.yaml"
    params.write_text(params.read_text().replace("  epochs: ", "  epochs: 1", 1))  # of train
    lock = project.root / "dvc.lock"
    lock.write_text(lock.read_text().replace("0123456789abcdef", "1123456789abcdef", 1))
    second = register_one(project)
    found = compared(*(measured(project.name, one) for one in (first, second)))
    assert found["verdicts"] == ["PROMOTE", "HOLD"]
    assert found["scores"]["evaluate/bits_per_byte.candidate"] == [1.5, 1.25]
    assert found["scores"]["evaluate/token_accuracy.candidate"] == [None, 1.0]
    assert list(found["params"]) == ["train.epochs"]
    assert list(found["data"]) == ["data/split/train.parquet"]
    assert json.loads(json.dumps(found)) == found
    text = shown(comparison(found))
    assert "-0.25" in text
    assert "train.epochs" in text
    assert "bits per byte" in text


def test_other_test_conversations_are_no_fair_comparison(project: Project) -> None:
    number = register_one(project)
    one = measured(project.name, number)
    tested = {**one["data"], "outs": {**one["data"]["outs"], "data/split/test.parquet": "a"}}
    other = {**one, "data": {**tested, "outs": {**tested["outs"], "data/split/test.parquet": "b"}}}
    found = compared({**one, "data": tested}, other)
    assert found["same_weights"]
    assert "no fair comparison" in shown(comparison(found))
    assert compared(one, one)["same_test"] is None


def test_settings_come_back_as_they_were(project: Project) -> None:
    number = register_one(project)
    before = (project.root / "params.yaml").read_bytes()
    (project.root / "params.yaml").write_text("changed: true\n")
    fetch_origin(project.name, number, project.root / "again")
    assert (project.root / "again" / "params.yaml").read_bytes() == before


def test_a_version_that_is_not_there_is_named(project: Project) -> None:
    run_all(project)
    with pytest.raises(UserError, match="has no version 9"):
        lineage(project.name, 9)
    with pytest.raises(UserError, match="has no previous version"):
        lineage(project.name, "previous")
