"""What became of every conversation, turn and token, step by step, and why each was lost.

    clean     3,600 in    3,336 out    60 duplicate, 24 too_long, …
    split     3,336 in    3,334 out    2 twin_of_test      train 2,672, validation 329, test 333
    tokens  652,110 read  253,020 supervised, 398,010 masked, 800 cut, 280 dropped

Nothing may be missing: every step is added up here, and so is every way from one to the next.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from chatloop.errors import DataError

UNITS = ("conversations", "turns")
SPLITS = ("train", "validation", "test")
Step = dict[str, Any]


def steps(
    ingest: Mapping[str, Any], clean: Mapping[str, Any], split: Mapping[str, Any]
) -> list[Step]:
    """From the reports of the stages: a step each, `lost` by reason in conversations and turns.

    Raises:
        DataError: the reports are not of one run, or do not add up.
    """
    taken_away = clean["removed_by_repair"]
    left = split["left_out"]
    found = [
        _read(ingest),
        {
            "step": "clean",
            "conversations": _count(clean["conversations"], clean["rejected_by_reason"]),
            "turns": _count(clean["turns"], clean["rejected_turns_by_reason"] | taken_away),
        },
        _passed("validate", clean),
        {
            "step": "split",
            "conversations": _divided(split, "conversations", left["by_reason"]),
            "turns": _divided(split, "turns", left["turns_by_reason"]),
        },
    ]
    _add_up(found)
    return found


def tokens(counts: Mapping[str, int], where: str) -> dict[str, int]:
    """The counts of a split, once they add up: what was read is somewhere.

    Raises:
        DataError: they do not.
    """
    came = counts["read"] + counts["repeated"]
    went = sum(
        counts[name] for name in ("supervised", "masked", "cut", "dropped", "dropped_masked")
    )
    if came != went:
        raise DataError(f"ledger: {where}: {came:,} tokens came, {went:,} are accounted for")
    return dict(counts)


def lost_share(counts: Mapping[str, int]) -> float:
    """Of the tokens that answers had, the share that is not trained on."""
    return round(counts["dropped"] / max(1, counts["supervised"] + counts["dropped"]), 6)


def _read(ingest: Mapping[str, Any]) -> Step:
    """Records are no conversations yet: one can hold several, or none that is understood."""
    lost = _some(ingest["quarantined_by_reason"])
    return {
        "step": "ingest",
        "records": {"in": ingest["records_read"], "lost": lost},
        **{unit: {"in": ingest[unit], "out": ingest[unit], "lost": {}} for unit in UNITS},
    }


def _passed(name: str, clean: Mapping[str, Any]) -> Step:
    """A step that stops everything or lets everything through."""
    out = {unit: clean[unit]["out"] for unit in UNITS}
    return {"step": name, **{unit: {"in": n, "out": n, "lost": {}} for unit, n in out.items()}}


def _count(report: Mapping[str, int], lost: Mapping[str, int]) -> dict[str, Any]:
    return {"in": report["in"], "out": report["out"], "lost": _some(lost)}


def _divided(split: Mapping[str, Any], unit: str, lost: Mapping[str, int]) -> dict[str, Any]:
    parts = {name: split[name][unit] for name in SPLITS}
    out = sum(parts.values())
    return {"in": out + split["left_out"][unit], "out": out, "lost": _some(lost), "parts": parts}


def _add_up(found: Sequence[Step]) -> None:
    for unit in UNITS:
        came = found[0][unit]["in"]
        for step in found:
            count = step[unit]
            if count["in"] != came:
                raise DataError(
                    f"ledger: {count['in']:,} {unit} came to {step['step']}, {came:,} were sent; "
                    "the reports are of different runs, `dvc repro` brings them up to date"
                )
            lost = sum(count["lost"].values())
            if count["in"] != count["out"] + lost:
                raise DataError(
                    f"ledger: {step['step']}: {count['in']:,} {unit} in, {count['out']:,} out, "
                    f"{lost:,} lost: something went without a reason"
                )
            came = count["out"]


def _some(counts: Mapping[str, int]) -> dict[str, int]:
    """Reasons that hit, the most first."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return {name: count for name, count in ordered if count}
