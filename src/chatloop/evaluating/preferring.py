"""What models make of answers that people judged, and that nobody learned from.

    Preference("shop-00052", prompt, chosen, rejected)  →  [-41.2, -47.9] nats

Of the prompts, `evaluate.judged` are looked at, always the same ones. A chosen answer that stands
in the training split after the same prompt is no held-out one, whoever held it out: a correction is
a conversation, too. What people said of served answers and ingest set aside is told by itself, too:
it says whether learning from feedback helped.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chatloop.conversation import Conversation, Message, Preference
from chatloop.evaluating.subject import Subject
from chatloop.preferences import gains
from chatloop.tokens.answered import answered

Values = NDArray[np.float64]
TAUGHT, TOO_MANY, TOO_LONG = "taught", "too_many", "too_long"


@dataclass(frozen=True)
class Judged:
    """What is asked about, the number of each one's prompt, and how many are not, by reason;
    `fed_back` has the ids of what was said of served answers."""

    rows: tuple[Preference, ...]
    prompts: tuple[int, ...]
    left_out: Counter[str]
    fed_back: frozenset[str] = frozenset()

    def kinds(self) -> list[tuple[str, str, int]]:
        """(id, kind, prompt) of each."""
        return [
            (one.id, _kind(one), prompt)
            for one, prompt in zip(self.rows, self.prompts, strict=True)
        ]


def asked(
    held: Sequence[Preference],
    training: Sequence[Conversation],
    most: int,
    fed_back: frozenset[str] = frozenset(),
) -> Judged:
    """Those that are not taught, of at most so many prompts; `held` is in a stable order."""
    taught = _taught(held, training)
    fresh = [one for one in held if _answered(one) not in taught]
    numbers = {text: at for at, text in enumerate(dict.fromkeys(_plain(o.prompt) for o in fresh))}
    rows = [(one, numbers[_plain(one.prompt)]) for one in fresh]
    kept = [(one, at) for one, at in rows if at < most]
    left = Counter({TAUGHT: len(held) - len(fresh), TOO_MANY: len(rows) - len(kept)})
    return Judged(tuple(one for one, _ in kept), tuple(at for _, at in kept), left, fed_back)


def compared(
    judged: Judged, nats: Mapping[str, Values]
) -> tuple[pl.DataFrame, dict[str, dict[str, Any]], list[str]]:
    """The table of `gains`, its part of the report, and what to say: nothing of nothing."""
    kept, found = _comparable(judged, nats)
    table = gains.told(kept.kinds(), found)
    if not kept.rows and not +kept.left_out:
        return table, {}, []
    report = gains.summary(table, +kept.left_out)
    said, feedback = [_said_of(report, "held-out judged answers")], _fed_back(table, kept)
    if feedback:
        report["feedback"] = feedback
        said.append(_said_of(feedback, "of them feedback"))
    return table, {"preferences": report}, said


def _fed_back(table: pl.DataFrame, judged: Judged) -> dict[str, Any]:
    """The same of served answers alone; nothing where there are none."""
    rows = table.filter(pl.col("conversation_id").is_in(judged.fed_back))
    return gains.summary(rows, {}) if rows.height else {}


def _comparable(judged: Judged, nats: Mapping[str, Values]) -> tuple[Judged, dict[str, Values]]:
    """Those that every model could hold."""
    fits = ~np.any([np.isposinf(one).any(axis=1) for one in nats.values()], axis=0)
    rows, prompts = tuple(compress(judged.rows, fits)), tuple(compress(judged.prompts, fits))
    left_out = judged.left_out + Counter({TOO_LONG: int((~fits).sum())})
    kept = Judged(rows, prompts, left_out, judged.fed_back)
    return kept, {name: one[fits] for name, one in nats.items()}


def _said_of(report: Mapping[str, Any], what: str) -> str:
    """`34 held-out judged answers: +1.31 nats an answer beside the champion (+0.42 to +2.20),
    nearer to people in 71 %; of 20 pairs the preferred one is likelier in 75 % (champion 60 %)`."""
    gain, rows = report.get("gain"), f"{report['rows']:,} {what}"
    if gain is None:
        said = f"{rows}, which say nothing of candidate and champion"
    else:
        bounds = f"{gain['low']:+.2f} to {gain['high']:+.2f}"
        said = f"{rows}: {gain['mean']:+.2f} nats an answer beside the champion ({bounds})"
        said += f", nearer to people in {report['nearer']:.0%}"
    shares = report["accuracy"]
    if "candidate" not in shares:
        return said
    rival = f" (champion {shares['champion']:.0%})" if "champion" in shares else ""
    pairs = f"of {report['kinds']['pair']:,} pairs the preferred one is likelier in"
    return f"{said}; {pairs} {shares['candidate']:.0%}{rival}"


def log_probabilities(subject: Subject, rows: Sequence[Preference]) -> Values:
    """Of the chosen and the rejected answer of each, in nats: (rows, 2).

    0 where there is no such answer; +inf in a row that the model's context cannot hold.
    """
    places = [
        (at, side)
        for at, one in enumerate(rows)
        for side in range(2)
        if (one.chosen, one.rejected)[side]
    ]
    answers = [(rows[at].prompt, (rows[at].chosen, rows[at].rejected)[side]) for at, side in places]
    examples = answered(answers, subject.renderer)
    long = {
        at for (at, _), one in zip(places, examples, strict=True) if len(one.ids) > subject.context
    }
    found = np.zeros((len(rows), 2))
    found[sorted(long)] = np.inf
    fits = [
        (place, one) for place, one in zip(places, examples, strict=True) if place[0] not in long
    ]
    if fits:
        nats = subject.nats([one for _, one in fits])
        for (place, _), value in zip(fits, nats, strict=True):
            found[place] = -value
    return found


def _taught(held: Sequence[Preference], training: Sequence[Conversation]) -> set[str]:
    """Prompts with their answers, of the training split, where an answer is one that was chosen."""
    last = {_plain(one.chosen[-1:]) for one in held if one.chosen}
    return {
        _plain(talk.messages[: at + 1])
        for talk in training if last
        for at, message in enumerate(talk.messages)
        if message.role == "assistant" and _plain((message,)) in last
    }  # fmt: skip


def _answered(one: Preference) -> str:
    return _plain(one.prompt + one.chosen) if one.chosen else ""


def _plain(messages: Collection[Message]) -> str:
    """As texts are compared: lower case, blanks as one, without system turns."""
    said = (" ".join(m.content.split()).lower() for m in messages if m.role != "system")
    return "\n".join(said)


def _kind(one: Preference) -> str:
    return "pair" if one.chosen and one.rejected else "up" if one.chosen else "down"
