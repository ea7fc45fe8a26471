"""However few turns a batch has, clean and profile find the same: nothing falls between batches."""

import importlib
from functools import partial
from pathlib import Path

import polars as pl
import pytest

from chatloop.conversation import Conversation, Message
from chatloop.io.batches import sorted_batches
from chatloop.io.files import write_json
from chatloop.io.tables import PREFERENCES, REJECTED_TURNS, read_table, turns_of, write_table
from chatloop.params import Params
from chatloop.params.file import read_params

FOOTER = "Sent by our desk. Do not reply."
SAID = "my lamp with the green shade came broken in its box so how do i send it back to you now"
TALKS = [
    *(["Where is my parcel?", f"It left us on day {n}.\n{FOOTER}"] for n in range(20)),
    ["Is it open?", "Yes, until six."],
    ["is it OPEN?", "yes, until six."],
    [SAID, "Use the form on our page."],
    ["My mail is a@b.co", "Noted: a@b.co", "And c@d.eu", "Thank you."],
    [SAID + " please", "Use the form on our page."],
    ["Hi"],
    ["Hi", ""],
    ["Write me a poem.", "I'm sorry, but I can't help with that."],
    ["cafÃ© <b>open</b>?", "Yes,   it is."],
]


@pytest.fixture(scope="module")
def params(root: Path) -> Params:
    return read_params(root / "params.yaml")


@pytest.fixture(scope="module")
def turns() -> pl.DataFrame:
    roles = ("user", "assistant")
    talks = (
        Conversation(
            f"c{n:02}", tuple(Message(roles[at % 2], text) for at, text in enumerate(talk))
        )  # type: ignore[arg-type]
        for n, talk in enumerate(TALKS)
    )
    return turns_of(talks, "test")


def stage(name: str, rows: int | None, monkeypatch):
    module = importlib.import_module(f"chatloop.stages.{name}")
    if rows:
        monkeypatch.setattr(module, "sorted_batches", partial(sorted_batches, rows=rows))
    return getattr(module, name)


@pytest.fixture(scope="module")
def whole(turns, params, tmp_path_factory) -> Path:
    """What both stages find when all turns are one batch."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        run(folder, turns, params, None, patch)
    return folder


def run(folder: Path, turns: pl.DataFrame, params: Params, rows: int | None, patch) -> None:
    write_table(turns, folder / "turns.parquet")
    write_table(PREFERENCES.to_frame(), folder / "preferences.parquet")
    write_table(PREFERENCES.to_frame(), folder / "held_out.parquet")
    ins = [folder / name for name in ("turns.parquet", "preferences.parquet", "held_out.parquet")]
    names = (
        "cleaned.parquet",
        "rejects.parquet",
        "judged.parquet",
        "gone.parquet",
        "aside.parquet",
        "aside_gone.parquet",
        "lengths.csv",
        "clean.json",
    )
    outs = [folder / name for name in names]
    stage("clean", rows, patch)(params.clean, *ins, *outs)
    write_json(folder / "accepted.json", {"conversations": None})
    # One file for both runs: its digest is in the profile, and row groups are of a batch each.
    write_table(read_table(outs[0]), folder / "kept.parquet")
    pages = [folder / name for name in ("profile.json", "report.json", "diversity.html")]
    stage("profile", rows, patch)(
        params.profile, folder / "kept.parquet", folder / "accepted.json", *pages
    )


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_batches_of_so_many_turns_change_nothing(rows, whole, turns, params, tmp_path, monkeypatch):
    run(tmp_path, turns, params, rows, monkeypatch)
    for name in ("lengths.csv", "clean.json", "kept.parquet", "profile.json", "report.json"):
        assert (tmp_path / name).read_bytes() == (whole / name).read_bytes(), name
    assert (tmp_path / "diversity.html").read_bytes() == (whole / "diversity.html").read_bytes()
    rejects = [read_table(at / "rejects.parquet", REJECTED_TURNS) for at in (tmp_path, whole)]
    assert rejects[0].equals(rejects[1])


def test_what_is_spread_over_batches_is_found(whole):
    kept, rejects = (
        read_table(whole / "kept.parquet"),
        read_table(whole / "rejects.parquet", REJECTED_TURNS),
    )
    assert not kept["content"].str.contains("our desk").any()
    assert set(rejects["reason"]) == {
        "answer_missing",
        "duplicate",
        "empty_turn",
        "near_duplicate",
        "refusal",
    }
