"""Scores of several models side by side: a row a conversation, and a row an answer.

conversation_id │ turn │ depth      │ length         │ answer_bytes │ candidate_nats │ …
shop-00017      │ 3    │ 2nd answer │ 64 to 127 bytes │ 83          │ 118.2          │ …
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chatloop.conversation import Conversation
from chatloop.metrics.bits_per_byte import bits_per_byte
from chatloop.metrics.perplexity import perplexity
from chatloop.metrics.token_accuracy import token_accuracy
from chatloop.reporting.model.slicing import depth_of, length_of

MODELS = ("candidate", "champion", "base")
COUNTS: dict[str, pl.DataType] = {
    "nats": pl.Float64(),
    "tokens": pl.Int64(),
    "correct": pl.Int64(),
}


class Scored(Protocol):
    """Columns of equal length: of conversations or of answers."""

    @property
    def nats(self) -> NDArray[np.float64]:
        """Of the answers, and of the tokens that end them."""

    @property
    def answer_bytes(self) -> NDArray[np.int64]:
        """UTF-8 bytes; 0 where the model can hold no answer."""


def by_conversation(
    talks: Sequence[Conversation], sources: Mapping[str, str], found: Mapping[str, Scored]
) -> pl.DataFrame:
    """A row a conversation; `comparable` where every model scored the same answers."""
    columns: dict[str, Any] = {
        "conversation_id": [talk.id for talk in talks],
        "topics": pl.Series([list(talk.topics) for talk in talks], dtype=pl.List(pl.String)),
        "source": [sources[talk.id] for talk in talks],
        "turns": [len(talk.messages) for talk in talks],
        "answer_bytes": found["candidate"].answer_bytes,
    }
    for name in MODELS:
        for count, kind in COUNTS.items():
            values = getattr(found[name], count) if name in found else [None] * len(talks)
            columns[f"{name}_{count}"] = pl.Series(values, dtype=kind)
    same = found["candidate"].answer_bytes > 0
    for scores in found.values():
        same = same & (scores.answer_bytes == found["candidate"].answer_bytes)
    return pl.DataFrame(columns | {"comparable": same})


def by_answer(
    talks: Sequence[Conversation], conversations: pl.DataFrame, answers: Mapping[str, Any]
) -> pl.DataFrame:
    """A row an answer of the test split, also of one that a model could not hold (no nats)."""
    table = _answers(talks).join(
        conversations.select("conversation_id", "topics", "source", "comparable"),
        on="conversation_id",
        maintain_order="left",
    )
    for name in MODELS:
        one = answers.get(name)
        kinds: dict[str, pl.DataType] = {"talk": pl.Int64(), "turn": pl.Int64()}
        kinds |= {f"{name}_{count}": kind for count, kind in COUNTS.items()}
        values = (one.talk, one.message, one.nats, one.tokens, one.correct) if one else [[]] * 5
        scored = pl.DataFrame(
            {
                k: pl.Series(v, dtype=kind)
                for (k, kind), v in zip(kinds.items(), values, strict=True)
            }
        )
        table = table.join(scored, on=["talk", "turn"], how="left", maintain_order="left")
    return table.drop("talk")


def _answers(talks: Sequence[Conversation]) -> pl.DataFrame:
    rows = []
    for at, talk in enumerate(talks):
        said = [i for i, message in enumerate(talk.messages) if message.role == "assistant"]
        for nth, turn in enumerate(said, start=1):
            size = len(talk.messages[turn].content.encode())
            rows.append((at, turn, talk.id, depth_of(nth), length_of(size), size))
    names = ("talk", "turn", "conversation_id", "depth", "length", "answer_bytes")
    kinds = (pl.Int64, pl.Int64, pl.String, pl.String, pl.String, pl.Int64)
    return pl.DataFrame(rows, schema=dict(zip(names, kinds, strict=True)), orient="row")


def totals(conversations: pl.DataFrame, models: Sequence[str]) -> dict[str, Any]:
    """What reports/evaluate.json begins with; a score that is no number is None."""
    rows = conversations.filter("comparable")
    size = int(rows["answer_bytes"].sum())
    nats = {name: float(rows[f"{name}_nats"].sum()) for name in models}
    tokens = {name: int(rows[f"{name}_tokens"].sum()) for name in models}
    correct = {name: int(rows[f"{name}_correct"].sum()) for name in models}
    return {
        "conversations": conversations.height,
        "comparable": rows.height,
        "answer_bytes": size,
        "bits_per_byte": {n: _number(bits_per_byte(nats[n], size)) for n in models},
        "perplexity": {n: _number(perplexity(nats[n], tokens[n])) for n in models},
        "token_accuracy": {n: token_accuracy(correct[n], tokens[n]) for n in models},
        "tokens": {name: int(conversations[f"{name}_tokens"].sum()) for name in models},
    }


def finite(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The same, with None for what is no number, as JSON has it."""
    return [{key: _number(value) for key, value in row.items()} for row in rows]


def _number(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
