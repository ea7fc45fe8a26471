"""Judged answers: no value is left, placeholders are the conversation's, nothing is lost unsaid."""

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from chatloop.cleaning.preferences import clean_judged
from chatloop.conversation import Conversation, Message
from chatloop.io.tables import PREFERENCES, REJECTED_PREFERENCES, turns_of
from chatloop.params import CleanParams
from chatloop.params.file import read_params
from chatloop.privacy.labels import redact_labels
from chatloop.privacy.redaction import redact

NO_LINES = pl.Series([], dtype=pl.UInt64)
ROLES = ("user", "assistant")


@pytest.fixture
def params(root) -> CleanParams:
    return read_params(root / "params.yaml").clean


def judged(**talks: tuple[list[str], str, str]) -> pl.DataFrame:
    """Prompt, chosen and rejected by id; an answer that is missing is empty."""
    rows = [
        (side, name, turn, "assistant" if side != "prompt" else ROLES[turn % 2], text, ["refund"])
        for name, (prompt, chosen, rejected) in talks.items()
        for side, texts in (("prompt", prompt), ("chosen", [chosen]), ("rejected", [rejected]))
        for turn, text in enumerate(texts)
        if text
    ]
    columns = ["side", "conversation_id", "turn", "role", "content", "topics"]
    types = {name: PREFERENCES[name] for name in columns}
    table = pl.DataFrame(rows, schema=types, orient="row")
    return table.with_columns(source=pl.lit("logs")).match_to_schema(PREFERENCES)


@pytest.fixture
def run(params) -> Callable[..., tuple[list[tuple[str, ...]], dict[str, Any]]]:
    def call(table: pl.DataFrame, repeated: pl.Series = NO_LINES, **more: Any):
        said = params.model_copy(update=more)
        out: list[pl.DataFrame] = []
        gone: list[pl.DataFrame] = []

        def private(turns: pl.DataFrame) -> Any:
            return redact(redact_labels(turns, said.redact).turns, said.redact)

        batches = [table.sample(fraction=1.0, shuffle=True, seed=1)]
        report = clean_judged(
            batches, said, repeated, private, out.append, gone.append, lambda _: None
        )
        left = pl.concat(out).match_to_schema(PREFERENCES)
        rejects = pl.concat(gone).match_to_schema(REJECTED_PREFERENCES)
        place = ("side", "turn")  # ids may be redacted
        came = sorted(table.select(place).rows())
        assert sorted((*left.select(place).rows(), *rejects.select(place).rows())) == came
        assert (
            dict(rejects.group_by("reason").agg(pl.col("conversation_id").n_unique()).rows())
            == report["rejected_by_reason"]
        )
        return left.select("side", "conversation_id", "turn", "content").rows(), report

    return call


def test_every_side_is_redacted_with_the_placeholders_of_the_conversation(run, params):
    prompt = ["Write to a@b.co", "Or c@d.eu?", "Both."]
    chosen, rejected = "I wrote to c@d.eu and a@b.co.", "I know only x@y.de, not c@d.eu."
    rows, report = run(judged(p=(prompt, chosen, rejected)))
    assert rows == [
        ("prompt", "p", 0, "Write to [EMAIL_1]"),
        ("prompt", "p", 1, "Or [EMAIL_2]?"),
        ("prompt", "p", 2, "Both."),
        ("chosen", "p", 0, "I wrote to [EMAIL_2] and [EMAIL_1]."),
        ("rejected", "p", 0, "I know only [EMAIL_3], not [EMAIL_2]."),
    ]
    assert report["redacted"] == {"email": 6}

    talk = [*prompt, chosen]
    messages = tuple(Message(ROLES[at % 2], text) for at, text in enumerate(talk))
    turns = redact(turns_of([Conversation("p", messages)], "logs"), params.redact).turns
    assert turns["content"].to_list() == [content for *_, content in rows[:4]]


def test_ids_and_topics_are_redacted_as_those_of_the_conversations(run):
    table = judged(**{"a@b.co": (["Hello there"], "Hello, how are you?", "")})
    rows, _ = run(table)
    named = redact_labels(table, ["email"]).turns["conversation_id"][0]
    assert {name for _, name, *_ in rows} == {named}
    assert named.startswith("redacted-")


def test_what_a_rule_hits_goes_whole_with_its_reason_and_is_counted(run):
    question = ["Where is my order, please?"]
    rows, report = run(
        judged(
            good=(question, "It left our house today.", "No idea."),
            long=(question, "x " * 1500, "It left us today."),
            worse=(question, "It left our house today.", "x " * 1500),
            empty=(question, "\u200b", "It left our house today."),
            order=(["Hi there", "Good day to you"], "It is here now.", "It left us today."),
            refused=(question, "I'm sorry, but I can't help with that.", "It left us today."),
        )
    )
    assert {name for _, name, *_ in rows} == {"good"}
    assert report["conversations"] == {"in": 6, "out": 1, "rejected": 5}
    assert report["turns"] == {"in": 19, "out": 3, "rejected": 16}
    reasons = {"empty_turn": 1, "refusal": 1, "roles_out_of_order": 1, "too_long": 2}
    assert report["rejected_by_reason"] == reasons


@pytest.mark.parametrize(
    "answer", ["I'm sorry, but I can't help with that.", "?", "Ich weiß nicht"]
)
def test_a_rejected_answer_may_be_bad(run, answer):
    rows, _ = run(judged(p=(["Where is my order, please?"], "It left our house today.", answer)))
    assert rows[-1] == ("rejected", "p", 0, answer)


@pytest.mark.parametrize("side", ["chosen", "rejected"])
def test_a_thumb_up_or_down_has_one_answer(run, side):
    answers = {"chosen": "", "rejected": ""} | {side: "It left our house today, I am sure."}
    rows, report = run(judged(p=(["Where is it, my order?"], *answers.values())))
    assert [name for name, *_ in rows] == ["prompt", side]
    assert report["conversations"] == {"in": 1, "out": 1, "rejected": 0}


def test_text_is_mended_before_values_are_looked_for_and_turns_stay_where_they_are(run):
    every = ("invisible_removed", "whitespace_collapsed", "roles_mended", "turns_merged")
    table = judged(p=(["My mail is anna\u200b@example.org  now"], "Noted, I thank you.", "No."))
    rows, _ = run(table, repairs=every)
    assert [content for *_, content in rows] == [
        "My mail is [EMAIL_1] now",
        "Noted, I thank you.",
        "No.",
    ]


def test_no_judged_answers_are_none(run):
    rows, report = run(PREFERENCES.to_frame())
    assert rows == []
    assert report["turns"] == {"in": 0, "out": 0, "rejected": 0}
