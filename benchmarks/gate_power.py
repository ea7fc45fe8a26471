"""The gate's power: planted regressions that it rejects, equal retrainings that it does not.

    python -m benchmarks.gate_power --json

On a shop whose models are trained in seconds. First the noise of training is measured: models of
equal quality with other seeds; it becomes gate.noise. Then 20 regressions, of which at least 19
have to be rejected by the check that is about them, and 40 retrainings with other seeds, of which
at most 2 may be rejected. `ours` is regressions rejected with the right reason. Options: `--few`
for a quick look; names of regressions, to see only these.
"""

import sys
import time
from typing import Any

from benchmarks.power.judging import Judge
from benchmarks.power.regressions import REGRESSIONS, Planted
from benchmarks.power.shop import SHIPPED, Shop
from benchmarks.power.spread import spread
from benchmarks.report import report
from chatloop.gating import Verdict
from chatloop.params import GateParams

SEEDS, RETRAININGS, WANTED, ALLOWED = 8, 40, 19, 2
GOAL = "at least 19 of 20 regressions rejected with the right reason, at most 2 of 40 retrainings"


def rejects(verdict: Verdict, planted: Planted) -> bool:
    """Whether it is rejected, and a check that is about it is among those that say so; who loses
    to the champion in some part loses to the champion."""
    said = {one.check for one in verdict.findings if one.outcome == "REJECT"}
    said |= {check.split(" on ")[0] for check in said}
    return verdict.verdict == "REJECT" and bool(said & set(planted.checks))


def main() -> None:
    """Train, judge, count."""
    started, few = time.process_time(), "--few" in sys.argv
    named = [name for name in REGRESSIONS if name in sys.argv] or list(REGRESSIONS)
    shop = Shop.build()
    judge = Judge(shop, shop.trained(seed=1))
    seeds = range(101, 101 + (3 if few else SEEDS))
    noise = spread([judge.means(shop.trained(seed)) for seed in seeds])
    params: GateParams = SHIPPED.gate.model_copy(
        update={"noise": SHIPPED.gate.noise.model_copy(update=noise), "resamples": 1000}
    )
    caught: dict[str, Any] = {}
    for name in named:
        planted = REGRESSIONS[name](shop)
        verdict = judge.verdict(planted, params)
        caught[name] = rejects(verdict, planted)
        print(f"{name}: {verdict.verdict}: {'; '.join(verdict.reasons)}", flush=True)
    words = []
    for seed in range(201, 201 + (3 if few else RETRAININGS)):
        planted = Planted(shop.subject(shop.trained(seed)), ())
        verdict = judge.verdict(planted, params)
        words.append(verdict.verdict)
        print(f"seed {seed}: {verdict.verdict}: {'; '.join(verdict.reasons)}", flush=True)
    rejected = words.count("REJECT")
    good = sum(caught.values()) >= len(named) - (len(REGRESSIONS) - WANTED) and rejected <= ALLOWED
    report(
        "gate_power", float(sum(caught.values())), None, f"of {len(named)} regressions rejected",
        good, GOAL, missed=[name for name, found in caught.items() if not found],
        retrainings=len(words), rejected=rejected, promoted=words.count("PROMOTE"),
        noise={name: round(value, 5) for name, value in noise.items()},
        cpu_seconds=round(time.process_time() - started, 1),
    )  # fmt: skip


if __name__ == "__main__":
    main()
