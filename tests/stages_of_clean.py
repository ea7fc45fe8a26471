"""What the clean stage does to its batches, for a table that is small enough to be one."""

from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from chatloop.cleaning.boilerplate import LineCounts
from chatloop.cleaning.copies import copies
from chatloop.cleaning.judging import Judgement, judge, rejected
from chatloop.cleaning.text.repairs import Mended, repair_rest, repair_text
from chatloop.io.batches import scratch
from chatloop.params import CleanParams


def repair(turns: pl.DataFrame, params: CleanParams) -> Mended:
    """Both halves of mending."""
    text, lines = repair_text(turns, params), LineCounts()
    lines.add(text.turns, params)
    rest = repair_rest(text.turns, lines.repeated(params), params)
    return Mended(rest.turns, text.changed | rest.changed, rest.removed)


def judge_all(turns: pl.DataFrame, params: CleanParams) -> Judgement:
    """The rules, then copies among what they left."""
    judged = judge(turns, params)
    kept, rejects = judged.kept, [judged.rejects]
    with TemporaryDirectory() as folder, scratch(Path(folder, "spill")) as spill:
        found = copies([judged.kept], params, spill)
    for name, hits in found.items():
        rejects.append(rejected(kept, hits, name))
        kept = kept.join(hits, on="conversation_id", how="anti", maintain_order="left")
    reasons = judged.reasons | {name: hits.height for name, hits in found.items()}
    return Judgement(kept, pl.concat(rejects).sort("conversation_id", "turn"), reasons)
