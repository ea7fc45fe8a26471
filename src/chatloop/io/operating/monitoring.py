"""One round of the monitor: look, decide, keep what was seen for `chatloop status`.

check_need(params).decision  →  Decision("wait", "cool-down: 3.2 of 12 hours are left", …)
"""

import time
from dataclasses import asdict, dataclass
from pathlib import Path

from chatloop.io.locks import holder
from chatloop.io.operating.journal import FOLDER, Journal
from chatloop.io.operating.looking import look
from chatloop.io.operating.notes import MONITOR, read_note, write_note
from chatloop.io.store import reading
from chatloop.monitoring.decision import DAY, Decision, Past, decide
from chatloop.monitoring.signals import Signal
from chatloop.params import Params

HELD = Path(".dvc/tmp/flow.lock")


@dataclass(frozen=True)
class Found:
    """What the looks saw and what comes of it; `tell` once a day at most that data are needed."""

    signals: tuple[Signal, ...]
    decision: Decision
    tell: bool


def check_need(params: Params) -> Found:
    """Look at everything, decide, and keep it as the last look."""
    now = time.time()
    with reading(params.serve.store) as store:
        signals = tuple(look(params, store, now))
    decision = decide(signals, _past(now), now, params.monitor)
    busy = holder(HELD)
    if busy is not None and decision.action == "retrain":
        said = f"a run is on (process {busy})"
        decision = Decision("wait", said, decision.because)
    told = float(read_note(MONITOR).get("told") or 0.0)
    tell = decision.action == "needs_data" and not 0 <= now - told < DAY
    seen = {"at": now, "signals": [asdict(one) for one in signals], **asdict(decision)}
    write_note(MONITOR, {**seen, "told": now if tell else told})
    return Found(signals, decision, tell)


def _past(now: float) -> list[Past]:
    """All runs of the diary; one that is on has taken its time until now."""
    runs = Journal(FOLDER).runs()
    return [Past(run.started, now if run.ended is None else run.ended, run.outcome) for run in runs]
