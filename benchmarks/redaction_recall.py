"""How much of planted personal data is found, and how many harmless real turns are touched.

A value counts as found where nothing of it is left in the redacted turn. A real turn that is
touched counts as harmless unless what was taken has the shape of a telephone number or of a house
number with its street, told by a rule of its own; what was taken is printed by kind and shape.
"""

import re
import sys
from collections import Counter

import polars as pl

from benchmarks.dialogues import turns
from benchmarks.planted import NAMED, PLANTED
from benchmarks.report import report, without
from chatloop.privacy.kinds import KINDS
from chatloop.privacy.redaction import redact

# What a person would call a number or an address at a glance.
_PHONE = re.compile(r"[0-9]{3}\D{0,3}[0-9]{3}\D{0,2}[0-9]{4}|\+[0-9]|[0-9]{5} [0-9]{5}")
_STREET = re.compile(r"[0-9].*[A-Za-z]{2}|[A-Za-z]{2}.*[0-9]")


def _table(contents: list[str]) -> pl.DataFrame:
    ids = [str(number) for number in range(len(contents))]
    return pl.DataFrame({"conversation_id": ids, "turn": 0, "content": contents})


def recall() -> dict[str, float]:
    """The share of planted values found, by kind."""
    rows = [(kind, text, value) for kind, pairs in PLANTED.items() for text, value in pairs]
    left = redact(_table([text.format(value) for _, text, value in rows]), KINDS).turns["content"]
    kept = Counter(kind for (kind, _, value), text in zip(rows, left, strict=True) if value in text)
    for (kind, sentence, value), text in zip(rows, left, strict=True):
        if value in text:
            print(f"missed {kind}: {sentence.format(value)}")
    return {kind: 1 - kept[kind] / len(pairs) for kind, pairs in PLANTED.items()}


def touched(table: pl.DataFrame) -> tuple[float, Counter[str]]:
    """The share of all turns that are harmless and touched; what was taken, by kind."""
    found = redact(table, KINDS)
    kinds = Counter(
        placeholder[1:].rpartition("_")[0].lower() for _, placeholder, _ in found.mapping
    )
    shapes = Counter(
        (
            placeholder[1:].rpartition("_")[0].lower(),
            re.sub("[a-z]+", "a", re.sub("[0-9]", "9", value)),
        )
        for _, placeholder, value in found.mapping
    )
    for (kind, shape), count in shapes.most_common(20):
        print(f"{count:6,} {kind}: {re.sub('[A-Z]a?', 'A', shape)}")
    names = {
        (conversation, placeholder)
        for conversation, placeholder, value in found.mapping
        if not (_PHONE.search(value) or _STREET.search(value))
    }
    harmless = 0
    changed = found.turns.filter(pl.Series(found.turns["content"] != table["content"]))
    for conversation, text in changed.select("conversation_id", "content").iter_rows():
        placeholders = re.findall(r"\[[A-Z0-9_]+_[0-9]+\]", text)
        harmless += any((conversation, one) in names for one in placeholders)
    return harmless / table.height, kinds


def main() -> None:
    """Measure and print."""
    found = recall()
    format_recall = _mean([found[kind] for kind in found if kind not in NAMED])
    table = turns()
    if table is None:
        return without("the real dialogues (../shared/data/sgd) are not here")
    share, kinds = touched(table)
    equal = format_recall >= 0.98 and min(found[kind] for kind in NAMED) >= 0.9 and share <= 0.005
    goal = "0.98 with a checksum or format, 0.90 names and addresses, at most 0.005 touched"
    return report(
        "redaction_recall", format_recall, None, "share", equal, goal,
        names={kind: found[kind] for kind in NAMED}, harmless_touched=share, taken=dict(kinds),
        by_kind=found,
    )  # fmt: skip


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


if __name__ == "__main__":
    sys.exit(main())
