"""What came, what stayed and what went, in numbers that add up and in a line for a person.

clean: 3,600 conversations in, 3,336 out, 264 rejected: 60 duplicate, 24 empty_turn
"""

from collections import Counter
from collections.abc import Mapping


def balanced(
    came: Mapping[str, int],
    kept: Mapping[str, int],
    reasons: Counter[str],
    turns_by_reason: Counter[str],
    removed: Counter[str],
) -> dict[str, dict[str, int]]:
    """In, out and rejected, of conversations and of turns; nothing else may be lost.

    `removed` are turns that repairs took away from conversations that stay.
    """
    out = {"conversations": reasons.total(), "turns": turns_by_reason.total()}
    counts = {}
    for unit, rejected in out.items():
        less = removed.total() if unit == "turns" else 0
        assert came[unit] == kept[unit] + rejected + less, (
            f"{unit}: {came[unit]} in, {kept[unit]} out, {rejected} rejected, {less} removed"
        )
        counts[unit] = {"in": came[unit], "out": kept[unit], "rejected": rejected}
    return counts


def listed(counts: Mapping[str, int]) -> str:
    """`60 duplicate, 12 empty_turn`, the most first; `none` where all are zero."""
    most_first = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count:,} {name}" for name, count in most_first if count) or "none"


def summary(counts: Mapping[str, Mapping[str, int]], reasons: Mapping[str, int]) -> str:
    """The line of the stage."""
    came, kept, rejected = counts["conversations"].values()
    return (
        f"clean: {came:,} conversations in, {kept:,} out, {rejected:,} rejected: {listed(reasons)}"
    )


def nothing_left(came: int, reasons: Mapping[str, int]) -> str:
    """What to do where no conversation stays."""
    if not came:
        return "no conversation came in; look at ingest.sources in params.yaml"
    return (
        f"no conversation left of {came:,}: {listed(reasons)}; "
        "mend the sources, or loosen the rule in the clean section of params.yaml"
    )
