import copy
from typing import Any

import pytest

from chatloop.errors import UserError
from chatloop.gating.evidence import Forgotten, Memorised, Speed
from chatloop.probing.reading import forgotten, memorised, speed

REPORT: dict[str, Any] = {
    "canaries": {"max_exposure": 7.5},
    "extraction": {"beyond_control": 2, "training": {"tried": 48}},
    "personal_data": {"leaked": {"email": 2, "phone": 1}},
    "forgetting": {"bits_per_byte": {"candidate": 2.0, "base": 1.5}, "knows": {"base": True}},
}


def changed(**parts: object) -> dict[str, Any]:
    return {**copy.deepcopy(REPORT), **parts}


def test_a_report_is_the_gates_evidence() -> None:
    assert memorised(REPORT) == Memorised(7.5, 2, 48, 3)
    assert memorised(changed(canaries=None)).exposure is None
    assert forgotten(REPORT) == Forgotten(2.0, 1.5, None)
    bits = {"candidate": 2.0, "base": 1.5, "champion": 1.8}
    for base, champion in ((False, True), (True, False)):
        knows = {"base": base, "champion": champion}
        found = forgotten(changed(forgetting={"bits_per_byte": bits, "knows": knows}))
        assert found == Forgotten(2.0, 1.5 if base else None, 1.8 if champion else None)


def test_speed_has_a_champion_or_none() -> None:
    assert speed({"candidate": {"tokens_per_second": 9}}) == Speed(9.0, None)
    both = {"candidate": {"tokens_per_second": 9}, "champion": {"tokens_per_second": 8}}
    assert speed(both) == Speed(9.0, 8.0)


def test_models_on_a_cpu_are_compared_by_its_time() -> None:
    busy = {"tokens_per_second": 3.0, "tokens_per_cpu_second": 9.5}
    free = {"tokens_per_second": 9.0, "tokens_per_cpu_second": 10.0}
    assert speed({"candidate": busy, "champion": free}) == Speed(9.5, 10.0)
    assert speed({"candidate": busy, "champion": {"tokens_per_second": 9.0}}) == Speed(3.0, 9.0)


@pytest.mark.parametrize("report", [{}, [], changed(extraction=None), changed(canaries={})])
def test_another_report_is_one_line_that_says_what_to_do(report: Any) -> None:
    with pytest.raises(
        UserError, match=r"reports/probe\.json: is not what the evaluate stage writes"
    ):
        memorised(report)
    with pytest.raises(UserError, match="run evaluate again"):
        speed(report)
