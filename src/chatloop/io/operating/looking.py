"""The monitor's looks: at the sources, the feedback, the prompts, the thumbs. Cheap, each of them.

look(params, store, now)  →  [Signal("sources", False, "none of 3 files changed", …), …]
"""

from pathlib import Path
from typing import Any

import polars as pl

from chatloop.errors import UserError
from chatloop.io.files import read_json, sha256
from chatloop.io.operating.glance import glance
from chatloop.io.operating.journal import FOLDER, Journal
from chatloop.io.operating.notes import read_note, write_note
from chatloop.io.operating.training import training
from chatloop.io.sources.finding import BUILTIN, FEEDBACK, find_files
from chatloop.monitoring import signals
from chatloop.monitoring.prompts import by_chance, capped, sketch
from chatloop.monitoring.signals import Signal
from chatloop.monitoring.thumbs import share
from chatloop.monitoring.traffic import Traffic
from chatloop.params import Params
from chatloop.params.sources import IngestParams
from chatloop.reporting.data.drift import drift

PIN, TRAIN = Path("pins/sources.json"), Path("data/split/train.parquet")
SNAPSHOT, JUDGED = Path("pins/feedback.json"), Path("reports/feedback.json")
HASHES = "sources"
DAY = 86_400.0


def look(params: Params, store: Traffic | None, now: float) -> list[Signal]:
    """A signal for everything that params want looked at, in the order of a screen."""
    monitor = params.monitor
    found = [_feedback(params, store)]
    if monitor.sources:
        found.append(_sources(params.ingest))
    if monitor.drift is not None and store is not None:
        found.append(_drift(params, store))
    if monitor.thumbs is not None and store is not None:
        found.append(_thumbs(params, store, now))
    return found


def last_training(runs: Journal) -> float:
    """When the last run that trained anything began: what came before it, it knew."""
    trained = [run.started for run in runs.runs() if run.trained and run.ended is not None]
    return max(trained, default=0.0)


def _feedback(params: Params, store: Traffic | None) -> Signal:
    enough = params.monitor.feedback
    if store is None:
        return signals.feedback(None, 0, enough)
    after = _number(SNAPSHOT, "last")
    # The snapshot's number says what was read; where there is none yet, the clock has to.
    since = last_training(Journal(FOLDER)) if after is None else 0.0
    new = store.opinions(since, after or 0, params.monitor.per_caller)
    return signals.feedback(new, _number(JUDGED, "outcomes", "quarantined") or 0, enough)


def _number(path: Path, *keys: str) -> int | None:
    """A number in a report; None where there is no such report, or no such number in it."""
    try:
        value = read_json(path)
        for key in keys:
            value = value[key]
    except (UserError, KeyError, TypeError):
        return None
    return value if isinstance(value, int) else None


def _sources(params: IngestParams) -> Signal:
    """Hashes against the pin; a file of the same size and time as last time is not read again."""
    known, kept = read_note(HASHES), dict[str, Any]()
    pinned = {file["path"]: file["sha256"] for file in _pinned()}
    now = {}
    for path in _files(params):
        stat = path.stat()
        key = [stat.st_size, stat.st_mtime_ns]
        digest = known.get(str(path), [None, None])
        kept[str(path)] = [key, digest[1] if digest[0] == key else sha256(path)]
        now[path.as_posix()] = kept[str(path)][1]
    if kept != known:
        write_note(HASHES, kept)
    names = sorted({*now, *pinned})
    return signals.sources([n for n in names if now.get(n) != pinned.get(n)], len(names))


def _pinned() -> list[dict[str, str]]:
    try:
        return list(read_json(PIN)["files"])
    except (UserError, KeyError, TypeError):
        return []


def _files(params: IngestParams) -> list[Path]:
    """All that are there; a source that is gone altogether is a change, and no error of ours."""
    found: list[Path] = []
    for at, source in enumerate(params.sources):
        try:
            found += [] if source.path in (BUILTIN, FEEDBACK) else find_files(source, at)
        except UserError:
            continue
    return found


def _drift(params: Params, store: Traffic) -> Signal:
    limits = params.monitor.drift
    assert limits is not None
    known = training(TRAIN, params.profile.clusters, params.profile.seed)
    if known is None:
        return Signal("drift", False, "no training data here yet: `chatloop run`")
    before, topics = known
    texts = capped(store.prompts(limits.window), params.monitor.per_caller)
    now = sketch(pl.Series("text", texts, dtype=pl.String), topics)
    found = drift(now.profile, before.profile)
    return signals.drift(found, by_chance(now, before), now.prompts, limits)


def _thumbs(params: Params, store: Traffic, now: float) -> Signal:
    """Of the champion alone: another model's thumbs say nothing about it."""
    limits = params.monitor.thumbs
    assert limits is not None
    champion = next((h for h in glance(params.champion.name) if h.alias == "champion"), None)
    if champion is None:
        return Signal("thumbs", False, "no champion yet: `chatloop run`")
    since = now - limits.window_days * DAY
    sides = store.votes(str(champion.version), since)
    recent, before = (share(votes, params.monitor.per_caller) for votes in sides)
    return signals.thumbs(recent, before, limits)
