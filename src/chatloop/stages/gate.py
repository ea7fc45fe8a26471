"""The verdict on exactly this candidate, with reasons. Always exits zero: worse is an outcome.

In: data/evaluate/scores.parquet, reports/probe.json, reports/speed.json, models/candidate,
pins/champion.json. Out: reports/verdict.json.
"""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from chatloop.errors import UserError
from chatloop.gating import Evidence, Scores, Verdict, decide
from chatloop.io.files import folder_sha256, read_json, write_json
from chatloop.params import GateParams
from chatloop.probing.reading import forgotten, memorised
from chatloop.probing.reading import speed as paced
from chatloop.stages import main, say


def gate(
    params: GateParams,
    scores: Path,
    probe: Path,
    speed: Path,
    candidate: Path,
    pin: Path,
    verdict: Path,
) -> None:
    """Decide, and write the verdict with the candidate's hash and the champion it was held to."""
    try:
        table = pl.read_parquet(scores)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise UserError(f"{scores}: is not a whole Parquet table; run evaluate again") from error
    probed = read_json(probe)
    evidence = Evidence(
        _scores(table),
        memorised=memorised(probed),
        forgotten=forgotten(probed),
        speed=paced(read_json(speed)),
    )
    decided = decide(evidence, params)
    champion = read_json(pin).get("version")
    write_json(verdict, _report(decided, folder_sha256(candidate), champion))
    say(f"gate: {decided.verdict}: {'; '.join(decided.reasons)}")


def _scores(table: pl.DataFrame) -> Scores:
    rows = table.filter("comparable")
    nats = {name: rows[f"{name}_nats"] for name in ("candidate", "base", "champion")}
    champion = None if nats["champion"].is_null().all() else nats["champion"].to_numpy()
    topics = rows.with_row_index("row").explode("topics").drop_nulls("topics")
    by_topic = topics.group_by("topics", maintain_order=True).agg("row").iter_rows()
    return Scores(
        answer_bytes=rows["answer_bytes"].to_numpy(),
        candidate=nats["candidate"].to_numpy(),
        base=nats["base"].to_numpy(),
        champion=champion,
        slices={topic: np.asarray(at, dtype=np.int64) for topic, at in by_topic},
    )


def _report(decided: Verdict, candidate_sha256: str, champion: int | None) -> dict[str, Any]:
    return {
        "verdict": decided.verdict,
        "reasons": list(decided.reasons),
        "candidate_sha256": candidate_sha256,
        "champion_version": champion,
        "findings": {
            one.check: {"outcome": one.outcome, **one.numbers} for one in decided.findings
        },
    }


if __name__ == "__main__":
    main(gate)
