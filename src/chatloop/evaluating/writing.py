"""Held-out answers written anew by every model, next to what a person wrote.

rows = asked(talks); rows = written(subject, rows, params), once for each model
"""

from collections.abc import Sequence
from typing import Any

from chatloop.conversation import Message
from chatloop.evaluating.subject import Subject
from chatloop.modeling.answering import Sampling
from chatloop.params.evaluate import EvaluateParams
from chatloop.reporting.model.written import Row, sampled_metrics, written_metrics


def written(subject: Subject, rows: Sequence[Row], params: EvaluateParams) -> list[Row]:
    """The rows that this model can answer, with what it says."""
    name, most = subject.name, params.max_new_tokens
    prompts = [[Message(m["role"], m["content"]) for m in row["messages"]] for row in rows]
    greedy = subject.answers(prompts, Sampling(max_tokens=most))
    found = [
        {**row, name: one.text, "ended": {**row.get("ended", {}), name: one.ended}}
        for row, one in zip(rows, greedy, strict=True)
        if one is not None
    ]
    if params.temperature == 0:
        return found
    wish = Sampling(params.temperature, max_tokens=most, seed=params.seed)
    drawn = [one.text for one in subject.answers(prompts, wish) if one is not None]
    return [
        {**row, "sampled": {**row.get("sampled", {}), name: text}}
        for row, text in zip(found, drawn, strict=True)
    ]


def metrics(rows: list[Row], models: Sequence[str], training: Sequence[str]) -> dict[str, Any]:
    """Of what was written, and how much that is; nothing of nothing."""
    if not rows:
        return {}
    found = {"written": {"answers": len(rows), **written_metrics(rows, models, training)}}
    return found | ({"sampled": sampled_metrics(rows, models)} if "sampled" in rows[0] else {})
