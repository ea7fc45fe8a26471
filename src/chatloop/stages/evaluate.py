"""Candidate, champion and base on the same held-out conversations, with the same rendering.

In: test and train split, models/base, models/candidate, models/champion (where the pin names one).
Out: data/evaluate/scores.parquet (a row a conversation) and answers.parquet (a row an answer),
reports/{evaluate,generations}.json, reports/slices.csv.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from chatloop.conversation import Conversation, Message
from chatloop.errors import UserError
from chatloop.io import hub
from chatloop.io.files import digests, fingerprint, read_json, write_json, write_text
from chatloop.io.tables import conversations_of, read_table, write_table
from chatloop.modeling.answering import Chatter, Sampling
from chatloop.modeling.generating import generate_answers
from chatloop.modeling.judging import ModelScores, score_conversations
from chatloop.modeling.scoring import be_repeatable
from chatloop.params import EvaluateParams
from chatloop.reporting.scored import by_answer, by_conversation, finite, totals
from chatloop.reporting.slicing import slices
from chatloop.reporting.written import Row, asked, sampled_metrics, with_chrf, written_metrics
from chatloop.stages import main, say
from chatloop.tokens.rendering import Renderer

PIN = "champion.json"


def evaluate(
    params: EvaluateParams,
    test: Path,
    train: Path,
    base: Path,
    candidate: Path,
    champion: Path,
    scores: Path,
    answers: Path,
    generations: Path,
    by_slice: Path,
    report: Path,
) -> None:
    """Score every held-out answer with each model; have some of them written anew."""
    be_repeatable(0, params.threads)
    turns = read_table(test)
    talks = conversations_of(turns)
    if not talks:
        raise UserError(f"{test}: has no conversations; nothing can be judged without any")
    folders = {"candidate": candidate, "champion": champion, "base": base}
    if not _has_champion(champion):
        del folders["champion"]
    context = int(read_json(candidate / hub.CARD)["trained_context"])
    rows, found = asked(_chosen(talks, params.generations)), dict[str, ModelScores]()
    for name, folder in folders.items():
        tokenizer, model = hub.load_tokenizer(folder), hub.load_model(folder)
        limit = hub.context_length(read_json(folder / "config.json")) or context
        found[name] = score_conversations(
            model, tokenizer, talks, min(context, limit), params.batch_rows
        )
        rows = _written(Chatter(model, tokenizer, Renderer(tokenizer)), name, rows, params)
        bits = totals(_table(talks, turns, found), [name])["bits_per_byte"][name]
        say(f"evaluate: {name}: {bits} bits per byte on {len(talks):,} conversations")
    table = _table(talks, turns, found)
    each = by_answer(talks, table, {name: one.answers for name, one in found.items()})
    models = list(found)
    sliced = slices(each.filter("comparable"), models)
    write_table(table, scores)
    write_table(each, answers)
    write_json(generations, with_chrf(rows, models))
    write_text(by_slice, sliced.write_csv())
    written = _metrics(rows, models, read_table(train)["content"].to_list())
    parts = {"slices": finite(sliced.to_dicts())}
    write_json(report, totals(table, models) | written | parts)


def _has_champion(folder: Path) -> bool:
    """Whether the champion stage has put one there, whole.

    Raises:
        UserError: a file is gone or is not the one that was pinned.
    """
    again = "run the champion stage again (`dvc repro champion`)"
    if not (folder / PIN).is_file():
        raise UserError(f"{folder / PIN}: is missing; {again}")
    pinned = read_json(folder / PIN)
    if pinned.get("version") is None:
        return False
    have = digests(folder)
    for name, digest in sorted((pinned.get("files") or {}).items()):
        if have.get(name) != digest:
            what = "is not what was registered" if name in have else "is gone"
            raise UserError(f"{folder / name}: {what}; {again}")
    return True


def _chosen(talks: Sequence[Conversation], count: int) -> list[Conversation]:
    """Always the same conversations, in an order that has nothing to do with their content."""
    return sorted(talks, key=lambda talk: fingerprint(talk.id))[:count]


def _written(chatter: Chatter, name: str, rows: list[Row], params: EvaluateParams) -> list[Row]:
    """The rows that this model can answer, with what it says."""
    prompts = [[Message(m["role"], m["content"]) for m in row["messages"]] for row in rows]
    greedy = generate_answers(chatter, prompts, Sampling(max_tokens=params.max_new_tokens))
    written = [
        {**row, name: one.text, "ended": {**row.get("ended", {}), name: one.ended}}
        for row, one in zip(rows, greedy, strict=True)
        if one is not None
    ]
    if params.temperature == 0:
        return written
    wish = Sampling(params.temperature, max_tokens=params.max_new_tokens, seed=0)
    drawn = [one.text for one in generate_answers(chatter, prompts, wish) if one is not None]
    return [
        {**row, "sampled": {**row.get("sampled", {}), name: text}}
        for row, text in zip(written, drawn, strict=True)
    ]


def _table(
    talks: Sequence[Conversation], turns: pl.DataFrame, found: dict[str, ModelScores]
) -> pl.DataFrame:
    """A row a conversation.

    Raises:
        UserError: there is none that every model can hold.
    """
    sources = dict(turns.select("conversation_id", "source").iter_rows())
    table = by_conversation(talks, sources, found)
    if not table["comparable"].any():
        raise UserError("no held-out conversation fits the context of every model")
    return table


def _metrics(rows: list[Row], models: Sequence[str], training: Sequence[str]) -> dict[str, Any]:
    """Of what was written, and how much that is; nothing of nothing."""
    if not rows:
        return {}
    found = {"written": {"answers": len(rows), **written_metrics(rows, models, training)}}
    return found | ({"sampled": sampled_metrics(rows, models)} if "sampled" in rows[0] else {})


if __name__ == "__main__":
    main(evaluate)
