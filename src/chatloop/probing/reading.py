"""The probes' reports as the gate's evidence: reports/probe.json and reports/speed.json.

{"extraction": {"beyond_control": 0, "training": {"tried": 64, …}, …}, …}  →  Memorised(…)
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from chatloop.errors import UserError
from chatloop.gating.evidence import Forgotten, Memorised, Speed

_T = TypeVar("_T")


def memorised(report: Mapping[str, Any]) -> Memorised:
    """Canaries, extraction and personal data; no exposure where no canary was planted.

    Raises:
        UserError: it is not what the stage writes.
    """

    def read() -> Memorised:
        canaries, extraction = report["canaries"], report["extraction"]
        return Memorised(
            exposure=None if canaries is None else float(canaries["max_exposure"]),
            extracted=int(extraction["beyond_control"]),
            tried=int(extraction["training"]["tried"]),
            personal=sum(report["personal_data"]["leaked"].values()),
        )

    return _understood(read, "probe")


def forgotten(report: Mapping[str, Any]) -> Forgotten:
    """Bits per byte on general text; raises as `memorised` does.

    A model that knows no more than a blind guess has nothing that could be forgotten: the candidate
    is not held against it.
    """

    def read() -> Forgotten:
        bits, knows = report["forgetting"]["bits_per_byte"], report["forgetting"]["knows"]
        rivals = {name: float(bits[name]) if knows[name] else None for name in knows}
        return Forgotten(float(bits["candidate"]), rivals["base"], rivals.get("champion"))

    return _understood(read, "probe")


def speed(report: Mapping[str, Any]) -> Speed:
    """Tokens per second, of the CPU's time where that is known: other work on the machine is no
    reason to reject a model. Raises as `memorised` does."""

    def read() -> Speed:
        candidate, champion = report["candidate"], report.get("champion")
        fair = "tokens_per_cpu_second"
        by = fair if fair in candidate and fair in (champion or {}) else "tokens_per_second"
        return Speed(float(candidate[by]), None if champion is None else float(champion[by]))

    return _understood(read, "speed")


def _understood(read: Callable[[], _T], stage: str) -> _T:
    try:
        return read()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(
            f"reports/{stage}.json: is not what the evaluate stage writes; run evaluate again"
        ) from error
