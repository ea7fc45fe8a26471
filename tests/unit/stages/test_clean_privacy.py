"""Values planted in what ingest read are in nothing that clean writes or says."""

import json
import stat
from pathlib import Path

import pytest

from chatloop.conversation import Conversation, Message
from chatloop.io.files import read_json
from chatloop.io.privacy.mapping import MAPPING
from chatloop.io.tables import PREFERENCES, read_table, turns_of, write_table
from chatloop.params import CleanParams
from chatloop.params.file import read_params
from chatloop.stages.clean import clean
from tests.judged import judged

PLANTED = (
    "anna.berg@example.org", "408-971-8523", "4539 5787 6362 1486", "DE89 3704 0044 0532 0130 00",
    "536-22-8145", "12345678Z", "RSSMRA85T10A562S", "12 Baker Street, London NW1 6XE",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "Peter Schmidt", "ORD-482913",
)  # fmt: skip
INS = ("turns.parquet", "preferences.parquet", "held_out.parquet")
OUTS = (
    "cleaned.parquet",
    "rejects.parquet",
    "judged.parquet",
    "gone.parquet",
    "aside.parquet",
    "aside_gone.parquet",
    "lengths.csv",
    "report.json",
)


@pytest.fixture
def params(root: Path) -> CleanParams:
    shipped = read_params(root / "params.yaml").clean
    return shipped.model_copy(update={"patterns": {"order_number": r"ORD-\d{6}"}})


def run(folder: Path, params: CleanParams) -> str:
    """Everything that clean wrote into `folder`, as text; half of the conversations are rejected."""
    talks = [
        Conversation(f"c{n}", tuple(Message(r, f"So {value} it is.") for r in roles))
        for n, value in enumerate(PLANTED)
        for roles in [("user", "assistant") if n % 2 else ("user",)]
    ]
    write_table(turns_of(talks, "test"), folder / "turns.parquet")
    said = [
        (f"j{n}", f"So {value}?", f"It is {value}.", f"No, {value}.")
        for n, value in enumerate(PLANTED)
    ]
    said += [("long", "So?", "It is noted. " * 400, PLANTED[0])]
    for name in INS[1:]:
        write_table(judged(said), folder / name)
    clean(params, *(folder / name for name in INS), *(folder / name for name in OUTS))
    import polars as pl

    tables = [str(pl.read_parquet(folder / name).rows()) for name in OUTS[:6]]
    return "".join([*tables, *((folder / name).read_text() for name in OUTS[6:])])


def test_no_planted_value_is_written_or_said(tmp_path, params, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written = run(tmp_path, params) + "".join(capsys.readouterr())
    assert [value for value in PLANTED if value in written] == []
    assert not MAPPING.exists()


def test_what_only_measures_is_cleaned_by_the_same_rules(tmp_path, params, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(tmp_path, params)
    report = read_json(tmp_path / "report.json")
    assert report["held_out"] == report["preferences"]
    assert report["held_out"]["rejected_by_reason"] == {"too_long": 1}
    kept, same = (
        read_table(tmp_path / f"{name}.parquet", PREFERENCES) for name in ("aside", "judged")
    )
    assert kept["conversation_id"].n_unique() == len(PLANTED)
    assert kept.equals(same)


def test_the_mapping_is_kept_when_asked_for_its_owner_alone_and_removed_when_not(
    tmp_path, params, monkeypatch, root
):
    monkeypatch.chdir(tmp_path)
    run(tmp_path, params.model_copy(update={"keep_mapping": True}))
    rows = [json.loads(line) for line in MAPPING.read_text().splitlines()]
    assert {row["value"] for row in rows} == set(PLANTED)
    assert stat.S_IMODE(MAPPING.stat().st_mode) == 0o600
    assert "/private/" in (root / ".gitignore").read_text()
    run(tmp_path, params)
    assert not MAPPING.exists()
