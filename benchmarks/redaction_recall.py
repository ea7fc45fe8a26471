"""How much of planted personal data is found, and how many harmless real turns are touched.

The planted set (`benchmarks.planted`) was written before a look at the detectors. A value counts as
found where no word of it is left in the redacted turn. Lines in which nothing is personal and
numbers whose checksum does not hold say what is taken for it. A real turn that is
touched counts as harmless unless what was taken has the shape of a telephone number or of a house
number with its street, told by a rule of its own; what was taken is printed by kind and shape.
"""

import re
import sys
from collections import Counter

import polars as pl

from benchmarks.dialogues import turns
from benchmarks.planted import NAMED, planted
from benchmarks.planted.leaks import leaked
from benchmarks.planted.negatives import NEGATIVES
from benchmarks.planted.wrong import wrong
from benchmarks.report import report, without
from chatloop.privacy.kinds import KINDS
from chatloop.privacy.redaction import redact

# What a person would call a number or an address at a glance.
_PHONE = re.compile(r"(?:[0-9]\D{0,3}){8}|\+[0-9]")
_SEED = 1
_STREET = re.compile(r"[0-9].*[A-Za-z]{2}|[A-Za-z]{2}.*[0-9]")


def _table(contents: list[str]) -> pl.DataFrame:
    ids = [str(number) for number in range(len(contents))]
    return pl.DataFrame({"conversation_id": ids, "turn": 0, "content": contents})


def recall(seed: int = _SEED) -> dict[str, float]:
    """The share of planted values of which nothing is left, by kind."""
    rows = [row for row in planted(seed) if row.kind in KINDS]
    left = redact(_table([row.text for row in rows]), KINDS).turns["content"]
    every, missed = Counter(row.kind for row in rows), Counter[str]()
    for row, text in zip(rows, left, strict=True):
        if leaked(row.maker, row.value, row.text.replace(row.value, ""), text):
            missed[row.kind] += 1
            print(f"missed {row.kind}: {row.text!r}")
    return {kind: 1 - missed[kind] / every[kind] for kind in every}


def taken_for_it(texts: list[str]) -> float:
    """The share of lines without personal data that are touched."""
    left = redact(_table(texts), KINDS).turns["content"]
    changed = [text for text, other in zip(texts, left, strict=True) if text != other]
    print(*(f"touched: {text}" for text in changed), sep="\n")
    return len(changed) / len(texts)


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
        negatives_touched=taken_for_it([text for texts in NEGATIVES.values() for text in texts]),
        wrong_checksums_touched=taken_for_it([text for _, text in wrong(_SEED)]),
        by_kind=found,
    )  # fmt: skip


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


if __name__ == "__main__":
    sys.exit(main())
