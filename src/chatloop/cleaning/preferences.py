"""Judged answers mended, redacted and judged as the conversations that they are part of.

    side      turn  content                          side      turn  content
    prompt    0     Is a@b.co my mail?          →    prompt    0     Is [EMAIL_1] my mail?
    chosen    0     Yes, it is a@b.co.          →    chosen    0     Yes, it is [EMAIL_1].
    rejected  0     No, it is c@d.eu.           →    rejected  0     No, it is [EMAIL_2].

Values are counted from the prompt through the chosen answer to the rejected one, so that what the
conversation and the pair have in common has one placeholder in both tables.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import polars as pl

from chatloop.cleaning.judging import judge
from chatloop.cleaning.rules import Rule, chosen
from chatloop.cleaning.structure import RESTRUCTURINGS
from chatloop.cleaning.text.repairs import repair_rest, repair_text
from chatloop.params import CleanParams

# (conversation_id, placeholder, value), which never leaves the machine.
Mapping = list[tuple[str, str, str]]
# Of turns: these with placeholders, values by kind, and what each placeholder stands for.
Redact = Callable[[pl.DataFrame], tuple[pl.DataFrame, dict[str, int], Mapping]]

_ID = "conversation_id"
_SIDES = ("prompt", "chosen", "rejected")
# A rejected answer may well be a refusal, too short, or in another language: that is what was
# judged. What nobody could read or answer is of no use on either side.
_SOUND = ("empty_turn", "roles_out_of_order", "answer_missing", "broken_encoding", "too_long")


@dataclass
class _Tally:
    read: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    turns_by_reason: Counter[str] = field(default_factory=Counter)
    redacted: Counter[str] = field(default_factory=Counter)


def clean_judged(
    batches: Iterable[pl.DataFrame],
    params: CleanParams,
    repeated: pl.Series,
    redact: Redact,
    write: Callable[[pl.DataFrame], object],
    write_rejects: Callable[[pl.DataFrame], object],
    write_mapping: Callable[[Mapping], None],
) -> dict[str, object]:
    """Write, batch by batch, the judged answers that stay; returns what came, stayed and went.

    Args:
        batches: of whole conversations, with the columns of the turns table and `side`.
        params: the section of the conversations; what restructures or looks for copies is left out.
        repeated: hashes of the lines that are boilerplate.
        redact: puts placeholders for values, in what is said and in labels.
        write: takes the turns that stay.
        write_rejects: takes those that go, with stage and reason.
        write_mapping: takes what the placeholders stand for.
    """
    mended, tally = _without_restructurings(params), _Tally()
    for batch in batches:
        text = repair_text(_in_order(batch), mended).turns
        turns, redacted, mapping = redact(repair_rest(text, repeated, mended).turns)
        write_mapping(mapping)
        reasons = _reasons(turns, params)
        left = turns.join(reasons, on=_ID, how="anti", maintain_order="left")
        tally.read.update(_size(turns))
        tally.kept.update(_size(left))
        tally.redacted.update(redacted)
        gone = turns.join(reasons, on=_ID, maintain_order="left")
        tally.reasons.update(reasons["reason"])
        tally.turns_by_reason.update(gone["reason"])
        write(left.with_columns(turn="place").drop("place"))
        write_rejects(gone.with_columns(turn="place", stage=pl.lit("clean")).drop("place"))
    return _report(tally)


def _report(tally: _Tally) -> dict[str, object]:
    """In, out, rejected and why; what came is what stays and what went."""
    gone = {"conversations": tally.reasons, "turns": tally.turns_by_reason}
    for unit, lost in gone.items():
        came, kept = tally.read[unit], tally.kept[unit]
        assert came == kept + lost.total(), f"preferences: {came} {unit} in, {kept} out"
    return {
        **{
            unit: {"in": tally.read[unit], "out": tally.kept[unit], "rejected": lost.total()}
            for unit, lost in gone.items()
        },
        "rejected_by_reason": dict(sorted(tally.reasons.items())),
        "rejected_turns_by_reason": dict(sorted(tally.turns_by_reason.items())),
        "redacted": {kind: count for kind, count in sorted(tally.redacted.items()) if count},
    }


def _without_restructurings(params: CleanParams) -> CleanParams:
    """What takes turns away or joins them would join a prompt and its answers."""
    names = {one.name for one in RESTRUCTURINGS}
    kept = tuple(name for name in params.repairs if name not in names)
    return params.model_copy(update={"repairs": kept})


def _in_order(batch: pl.DataFrame) -> pl.DataFrame:
    """Sides in order, turns numbered through them; `place` is their number on their side."""
    order = pl.col("side").replace_strict({side: at for at, side in enumerate(_SIDES)})
    return batch.sort(_ID, order, "turn").with_columns(
        pl.col("turn").alias("place"),
        pl.int_range(pl.len(), dtype=pl.Int32).over(_ID).alias("turn"),
    )


def _reasons(turns: pl.DataFrame, params: CleanParams) -> pl.DataFrame:
    """Conversations that go, each with the first reason: conversation_id, reason."""
    rules = chosen(params)
    sound = [rule for rule in rules if rule.name in _SOUND]
    hit = _hit(turns, "chosen", params, rules)
    return pl.concat([hit, _hit(turns.join(hit, on=_ID, how="anti"), "rejected", params, sound)])


def _hit(
    turns: pl.DataFrame, side: str, params: CleanParams, rules: Sequence[Rule]
) -> pl.DataFrame:
    """Conversations of the prompt and this side that a rule hits."""
    judged = turns.filter(pl.col("side").eq(side).any().over(_ID))
    talks = judged.filter(pl.col("side").is_in(["prompt", side])).drop("side", "place")
    rejects = judge(talks, params, rules).rejects
    return rejects.select(_ID, "reason").unique(_ID, keep="first", maintain_order=True)


def _size(turns: pl.DataFrame) -> dict[str, int]:
    return {"conversations": turns[_ID].n_unique(), "turns": turns.height}
