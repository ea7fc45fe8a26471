"""What models wrote, next to what a person wrote: a row an answer, and the metrics of all of them.

{"conversation_id": "shop-17", "turn": 3, "messages": [{"role": "user", …}], "reference": "Gone.",
 "candidate": "It left.", "base": "the the", "chrf": {"candidate": 41.2, …}, "ended": {…}, …}
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from chatloop.conversation import Conversation
from chatloop.metrics.answers.chrf import chrf, chrf_each
from chatloop.metrics.answers.copied_text import copied_text
from chatloop.metrics.answers.distinct_n import distinct_n
from chatloop.metrics.answers.empty_answers import empty_answers
from chatloop.metrics.answers.endless_answers import endless_answers
from chatloop.metrics.answers.length_ratio import length_ratio
from chatloop.metrics.answers.repetition import repetition
from chatloop.metrics.answers.rouge_l import rouge_l

Row = dict[str, Any]


def asked(talks: Sequence[Conversation]) -> list[Row]:
    """A row for every answer that follows a user's turn: what stands before it, and the answer."""
    return [row for talk in talks for row in _of(talk)]


def _of(talk: Conversation) -> Iterator[Row]:
    messages = [{"role": m.role, "content": m.content} for m in talk.messages]
    for at, message in enumerate(talk.messages):
        if message.role == "assistant" and any(m["role"] == "user" for m in messages[:at]):
            yield {
                "conversation_id": talk.id,
                "turn": at,
                "topics": list(talk.topics),
                "messages": messages[:at],
                "reference": message.content,
            }


def with_chrf(rows: Sequence[Row], models: Sequence[str]) -> list[Row]:
    """The rows with the chrF of each answer by itself."""
    references = [row["reference"] for row in rows]
    each = {name: chrf_each([row[name] for row in rows], references) for name in models}
    return [
        {**row, "chrf": {name: each[name][at] for name in models}} for at, row in enumerate(rows)
    ]


def written_metrics(
    rows: Sequence[Row], models: Sequence[str], training: Iterable[str]
) -> dict[str, dict[str, float]]:
    """Metrics of the greedy answers of each model; the references stand beside them where that
    makes sense, as what people do."""
    references = [row["reference"] for row in rows]
    texts = {name: [row[name] for row in rows] for name in models}
    copied = copied_text({**texts, "reference": references}, training)
    found = {
        name: {
            "chrf": chrf(answers, references),
            "rouge_l": rouge_l(answers, references),
            "length_ratio": length_ratio(answers, references),
            "endless_answers": endless_answers([row["ended"][name] for row in rows]),
            **_alone(answers),
        }
        for name, answers in texts.items()
    }
    found["reference"] = _alone(references)
    return {name: {**found[name], "copied_text": copied[name]} for name in found}


def sampled_metrics(rows: Sequence[Row], models: Sequence[str]) -> dict[str, dict[str, float]]:
    """Of the sampled answers, which differ more and derail more easily than greedy ones."""
    return {name: _alone([row["sampled"][name] for row in rows]) for name in models}


def _alone(answers: Sequence[str]) -> dict[str, float]:
    """What needs no reference."""
    return {
        "distinct_1": distinct_n(answers, 1),
        "distinct_2": distinct_n(answers, 2),
        "repetition": repetition(answers),
        "empty_answers": empty_answers(answers),
    }
