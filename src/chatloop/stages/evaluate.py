"""Candidate, champion and base on the same held-out conversations, with the same rendering.

In: test split, models/base, models/candidate, models/champion (empty where there is none yet).
Out: data/evaluate/scores.parquet (a row a conversation), reports/{evaluate,generations}.json,
reports/topics.csv, reports/evaluation.html.
"""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from chatloop.conversation import Conversation
from chatloop.errors import UserError
from chatloop.io import hub
from chatloop.io.files import fingerprint, read_json, write_json, write_text
from chatloop.io.tables import conversations_of, read_table, write_table
from chatloop.metrics.bits_per_byte import pooled_bits_per_byte
from chatloop.modeling.answering import Chatter, Sampling, answer
from chatloop.modeling.judging import ModelScores, score_conversations
from chatloop.modeling.scoring import be_deterministic
from chatloop.pages import evaluation_page
from chatloop.params import EvaluateParams
from chatloop.stages import main, say
from chatloop.tokens.rendering import Renderer

MODELS = ("candidate", "champion", "base")


def evaluate(
    params: EvaluateParams,
    test: Path,
    base: Path,
    candidate: Path,
    champion: Path,
    scores: Path,
    generations: Path,
    topics: Path,
    page: Path,
    report: Path,
) -> None:
    """Score every held-out answer with each model; write some answers out for a person."""
    be_deterministic(0, params.threads)
    talks = conversations_of(read_table(test))
    context = int(read_json(candidate / hub.CARD)["trained_context"])
    shown = _chosen(talks, params.generations)
    found: dict[str, ModelScores] = {}
    written: list[dict[str, Any]] = [_asked(talk) for talk in shown]
    for name, folder in zip(MODELS, (candidate, champion, base), strict=True):
        if not (folder / "config.json").is_file():
            continue
        tokenizer, model = hub.load_tokenizer(folder), hub.load_model(folder)
        limit = hub.context_length(read_json(folder / "config.json")) or context
        found[name] = score_conversations(
            model, tokenizer, talks, min(context, limit), params.batch_rows
        )
        chatter = Chatter(model, tokenizer, Renderer(tokenizer))
        wish = Sampling(max_tokens=params.max_new_tokens)
        for row, talk in zip(written, shown, strict=True):
            row[name] = answer(chatter, talk.messages[:-1], wish)
        say(f"evaluate: {name}: {_pooled(found[name]):.4f} bits per byte on {len(talks):,} talks")
    table = _table(talks, found)
    by_topic = _by_topic(table)
    write_table(table, scores)
    write_json(generations, written)
    write_text(topics, by_topic.write_csv())
    write_json(report, _report(table, found))
    write_text(page, evaluation_page(_report(table, found), by_topic.to_dicts(), written))


def _pooled(scores: ModelScores) -> float:
    pairs = zip(scores.nats.tolist(), scores.answer_bytes.tolist(), strict=True)
    return pooled_bits_per_byte(pairs)


def _chosen(talks: list[Conversation], count: int) -> list[Conversation]:
    """Always the same conversations, in an order that has nothing to do with their content."""
    return sorted(talks, key=lambda talk: fingerprint(talk.id))[:count]


def _asked(talk: Conversation) -> dict[str, Any]:
    messages = [{"role": m.role, "content": m.content} for m in talk.messages]
    return {
        "conversation_id": talk.id,
        "topics": list(talk.topics),
        "messages": messages[:-1],
        "reference": messages[-1]["content"],
    }


def _table(talks: list[Conversation], found: dict[str, ModelScores]) -> pl.DataFrame:
    """A row a conversation; `comparable` where every model scored the same answers."""
    columns: dict[str, Any] = {
        "conversation_id": [talk.id for talk in talks],
        "topics": pl.Series([list(talk.topics) for talk in talks], dtype=pl.List(pl.String)),
        "answer_bytes": found["candidate"].answer_bytes,
    }
    for name in MODELS:
        scores = found.get(name)
        columns[f"{name}_nats"] = pl.Series([None] * len(talks) if scores is None else scores.nats)
    same = np.ones(len(talks), dtype=np.bool_)
    for scores in found.values():
        same &= scores.answer_bytes == found["candidate"].answer_bytes
    columns["comparable"] = same & (found["candidate"].answer_bytes > 0)
    table = pl.DataFrame(columns).with_columns(pl.col("^.*_nats$").cast(pl.Float64))
    if not table["comparable"].any():
        raise UserError("no held-out conversation fits the context of every model")
    return table


def _bits(name: str) -> pl.Expr:
    nats = pl.col(f"{name}_nats").sum() / np.log(2)
    return pl.when(pl.col(f"{name}_nats").is_null().any()).then(None).otherwise(nats)


def _by_topic(table: pl.DataFrame) -> pl.DataFrame:
    """Bits per byte of each model on each topic, the candidate's worst first."""
    size = pl.col("answer_bytes").sum()
    rows = table.filter("comparable").with_columns(
        topic=pl.when(pl.col("topics").list.len() > 0).then("topics").otherwise(["none"])
    )
    return (
        rows.explode("topic")
        .group_by("topic")
        .agg(
            pl.len().alias("conversations"),
            (_bits("candidate") / size).alias("bits_per_byte"),
            (_bits("champion") / size).alias("champion"),
            (_bits("base") / size).alias("base"),
        )
        .sort(["bits_per_byte", "topic"], descending=[True, False])
    )


def _report(table: pl.DataFrame, found: dict[str, ModelScores]) -> dict[str, Any]:
    comparable = table.filter("comparable")
    size = comparable["answer_bytes"].sum()
    bits = {name: comparable.select(_bits(name)).item() / size for name in found}
    return {
        "conversations": table.height,
        "comparable": comparable.height,
        "answer_bytes": int(size),
        "bits_per_byte": bits,
        "tokens": {name: int(scores.tokens.sum()) for name, scores in found.items()},
    }


if __name__ == "__main__":
    main(evaluate)
