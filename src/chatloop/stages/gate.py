"""The verdict on exactly this candidate, with reasons. Always exits zero: worse is an outcome.

In: all that evaluate found (data/evaluate/*.parquet, reports/*.json), models/candidate,
pins/champion.json, and the curve for the page. Out: reports/verdict.json, and
reports/evaluation.html, which begins with the verdict.
"""

from pathlib import Path
from typing import Any

import polars as pl

from chatloop.behaviour.evidence import evidence as behaviours_of
from chatloop.errors import UserError
from chatloop.gating import Evidence, Verdict, decide
from chatloop.io.files import folder_sha256, read_json, write_json, write_text
from chatloop.pages.evaluation import evaluation_page
from chatloop.params import GateParams
from chatloop.preferences.gains import preferred_of
from chatloop.probing import reading
from chatloop.reporting.model.compared import guarded, scores_of
from chatloop.stages import main, say


def gate(
    params: GateParams,
    scores: Path,
    preferences: Path,
    candidate: Path,
    pin: Path,
    evaluated: Path,
    generations: Path,
    behaviours: Path,
    probe: Path,
    speed: Path,
    curve: Path,
    verdict: Path,
    page: Path,
) -> None:
    """Decide, and write the verdict with the candidate's hash and the champion it was held to."""
    table, judged = _read(scores), _read(preferences)
    rows, behaved, probed = (read_json(path) for path in (generations, behaviours, probe))
    evidence = Evidence(
        scores_of(table),
        guarded(table, rows, params.min_slice),
        behaviours_of(behaved),
        reading.memorised(probed),
        reading.forgotten(probed),
        reading.speed(read_json(speed)),
        preferred_of(judged),
    )
    decided = decide(evidence, params)
    champion = read_json(pin).get("version")
    report = _report(decided, folder_sha256(candidate), champion)
    write_json(verdict, report)
    steps = pl.read_csv(curve, infer_schema_length=None).to_dicts()
    found = {"behaviours": behaved, "probe": probed, "generations": rows}
    write_text(page, evaluation_page(report, read_json(evaluated), steps, found))
    say(f"gate: {decided.verdict}: {'; '.join(decided.reasons)}")


def _read(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise UserError(f"{path}: is not a whole Parquet table; run evaluate again") from error


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
