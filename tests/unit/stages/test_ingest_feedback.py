"""From the store's rows over the snapshot to conversations, judged answers and a ledger."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from chatloop.feedback.table import Said
from chatloop.io.feedback.reviews import add_reviews
from chatloop.io.feedback.snapshot import snapshot
from chatloop.io.files import read_json
from chatloop.io.tables import PREFERENCES, read_table
from chatloop.params.feedback import FeedbackParams
from chatloop.params.sources import Builtin, IngestParams, Source
from chatloop.stages.ingest import ingest
from tests.opinions import ListLog, said

OUTS = ("turns", "preferences", "quarantine", "feedback", "held_out")


class Ingested:
    """What the stage wrote."""

    def __init__(self, folder: Path) -> None:
        self.turns = read_table(folder / "turns.parquet").filter(pl.col("source") == "feedback")
        self.judged = read_table(folder / "preferences.parquet", PREFERENCES)
        self.held_out = read_table(folder / "held_out.parquet", PREFERENCES)
        self.ledger = pl.read_parquet(folder / "feedback.parquet")
        self.report: dict[str, Any] = read_json(folder / "opinions.json")

    def outcome(self, number: int) -> tuple[str, str | None]:
        row = self.ledger.row(by_predicate=pl.col("number") == number, named=True)
        return row["outcome"], row["reason"]


def ingested(folder: Path, opinions: list[Said], share: float = 0.0, **options: str) -> Ingested:
    snapshot(ListLog(opinions), folder / "snapshot", folder / "snapshot.json")
    again = Source.model_validate({"path": "feedback", **options})
    params = IngestParams(
        sources=(again, Source(path="builtin")),
        builtin=Builtin(conversations=50, seed=1),
        feedback=FeedbackParams(held_out_share=share),
    )
    tables = [folder / f"{name}.parquet" for name in OUTS]
    pins = [folder / name for name in ("pin.json", "snapshot.json", "reviews.json")]
    ingest(params, *pins, *tables, folder / "report.json", folder / "opinions.json")
    return Ingested(folder)


def test_a_correction_is_a_conversation_and_a_pair(tmp_path: Path) -> None:
    found = ingested(tmp_path, [said(1, prompt="Hi", answer="What?", correction="Hello")])

    name = "feedback/3/chatcmpl-1/fb-1"
    assert found.turns["content"].to_list() == ["Hi", "Hello"]
    assert set(found.turns["conversation_id"]) == {name} == set(found.judged["conversation_id"])
    sides = dict(found.judged.select("side", "content").iter_rows())
    assert sides == {"prompt": "Hi", "chosen": "Hello", "rejected": "What?"}


def test_a_correction_is_a_pair_alone_by_choice(tmp_path: Path) -> None:
    opinions = [said(1, prompt="Hi", answer="What?", correction="Hello")]
    found = ingested(tmp_path, opinions, corrections="judge")

    assert found.turns.is_empty()
    sides = dict(found.judged.select("side", "content").iter_rows())
    assert sides == {"prompt": "Hi", "chosen": "Hello", "rejected": "What?"}


@pytest.mark.parametrize(("thumbs", "turns"), [("judge", []), ("teach", ["Hi", "Hello"])])
def test_a_thumb_is_a_judged_answer_and_a_conversation_by_choice(
    tmp_path: Path, thumbs: str, turns: list[str]
) -> None:
    opinions = [
        said(1, prompt="Hi", answer="Hello", rating="up"),
        said(2, prompt="Bye", answer="What?", rating="down"),
    ]
    found = ingested(tmp_path, opinions, thumbs=thumbs)

    assert found.turns["content"].to_list() == turns
    rows = set(found.judged.select("side", "content").iter_rows())
    assert rows == {("prompt", "Hi"), ("chosen", "Hello"), ("prompt", "Bye"), ("rejected", "What?")}


def test_a_second_opinion_counts_instead_of_the_first_and_both_are_kept(tmp_path: Path) -> None:
    opinions = [
        said(1, exchange="x", rating="up", day=5),
        said(2, exchange="x", rating="down", day=0),  # the clock jumped; its row is later
        said(3, caller="h:ben", exchange="x", rating="up"),
    ]
    found = ingested(tmp_path, opinions)

    assert [found.outcome(at) for at in (1, 2, 3)] == [
        ("rejected", "superseded"), ("taught", None), ("taught", None),
    ]  # fmt: skip


def test_a_later_word_that_says_nothing_leaves_the_earlier_one(tmp_path: Path) -> None:
    opinions = [said(1, exchange="x"), said(2, exchange="x", rating=None, comment="Hm")]
    found = ingested(tmp_path, opinions)

    assert found.outcome(1) == ("taught", None)
    assert found.outcome(2) == ("rejected", "nothing_said")


def test_what_teaches_nothing_says_why(tmp_path: Path) -> None:
    lost = said(3)
    opinions = [
        said(1, messages=None),
        said(2, correction="x" * 2**20),
        Said(3, lost.feedback, None),
        said(4, rating=None, correction="No idea."),
        said(5, answer=" ", rating="up"),
    ]
    found = ingested(tmp_path, opinions)

    reasons = {
        "not_stored": 1,
        "too_large": 1,
        "unknown_exchange": 1,
        "unchanged": 1,
        "no_answer": 1,
    }
    assert found.report["reasons"]["rejected"] == reasons
    assert found.report["outcomes"] == {"taught": 0, "held_out": 0, "quarantined": 0, "rejected": 5}


def test_a_held_out_share_is_never_learned_and_stays_the_same(tmp_path: Path) -> None:
    opinions = [
        said(at, prompt=f"{at} {'abcdefghij'[at % 10] * 9} {at * 7919}", correction=f"Yes {at * 31}")
        for at in range(1, 60)
    ]  # fmt: skip
    found = ingested(tmp_path, opinions, share=0.3)
    kept = set(found.held_out["conversation_id"])
    assert 5 < len(kept) < 30
    assert not kept & set(found.judged["conversation_id"])
    assert not kept & set(found.turns["conversation_id"])

    more = ingested(tmp_path, [*opinions, said(99, correction="A new one")], share=0.3)
    assert kept <= set(more.held_out["conversation_id"])


def test_a_persons_word_stands_above_the_guards(tmp_path: Path) -> None:
    opinions = [said(at, prompt="Where is it?", correction="Here it is.") for at in range(1, 13)]
    before = ingested(tmp_path, opinions)
    assert before.report["outcomes"]["taught"] == 8
    assert before.outcome(12)[0] == "quarantined"

    add_reviews(tmp_path / "reviews.json", ["fb-12"], accept=True)
    add_reviews(tmp_path / "reviews.json", ["fb-1"], accept=False)
    after = ingested(tmp_path, opinions)
    assert after.outcome(12) == ("taught", None)
    assert after.outcome(1) == ("rejected", "refused_by_review")


def test_no_feedback_is_no_trouble(tmp_path: Path) -> None:
    found = ingested(tmp_path, [])
    assert found.report["opinions"] == 0
    assert found.ledger.is_empty()
