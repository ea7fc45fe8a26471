import pytest

from chatloop.monitoring.decision import DAY, HOUR, Past, decide
from chatloop.monitoring.signals import Signal, feedback, sources
from chatloop.params.operating import Budget, MonitorParams

NOW = 1_795_400_000.0
PARAMS = MonitorParams(
    feedback=50, sources=True, drift=None, thumbs=None, per_caller=20, cool_down_hours=12.0,
    budget=Budget(runs_a_day=2, minutes_a_day=240.0),
)  # fmt: skip
CHANGED = sources(["logs/july.jsonl"], 3)
DRIFTED = Signal("drift", True, "vocabulary drifted")


def ago(hours: float, minutes: float = 10, outcome: str = "held") -> Past:
    end = NOW - hours * HOUR
    return Past(end - minutes * 60, end, outcome)


def test_a_signal_makes_a_retraining_due_with_its_reason() -> None:
    found = decide([CHANGED], [], NOW, PARAMS)
    assert found.action == "retrain"
    assert found.because == ("sources: 1 file changed: logs/july.jsonl",)


def test_nothing_fired_is_nothing_to_do() -> None:
    assert decide([sources([], 3), feedback(10, 0, 50)], [], NOW, PARAMS).action == "nothing"


def test_drift_without_new_data_asks_for_data_and_does_not_train() -> None:
    found = decide([DRIFTED, sources([], 3), feedback(0, 0, 50)], [], NOW, PARAMS)
    assert found.action == "needs_data"
    assert found.because == ("drift: vocabulary drifted",)


def test_drift_with_some_new_feedback_retrains() -> None:
    assert decide([DRIFTED, feedback(3, 0, 50)], [], NOW, PARAMS).action == "retrain"


@pytest.mark.parametrize(
    ("runs", "says"),
    [
        ([ago(1)], "cool-down: 11.0 of 12 hours are left"),
        ([ago(1, outcome="failed")], "cool-down"),
        ([ago(1, outcome="died")], "cool-down"),
        ([ago(13), ago(20)], "budget: 2 retrainings in 24 hours, 2 allowed"),
        ([ago(13, minutes=241)], "budget: 241 minutes in 24 hours, 240 allowed"),
    ],
)
def test_cool_down_and_budget_hold_it_back_and_say_why(runs: list[Past], says: str) -> None:
    found = decide([CHANGED], runs, NOW, PARAMS)
    assert found.action == "wait"
    assert says in found.said
    assert found.because


def test_runs_that_learned_nothing_and_runs_of_yesterday_cost_nothing() -> None:
    free = [ago(1, outcome="nothing_new"), ago(25), ago(26), ago(40, minutes=900)]
    assert decide([CHANGED], free, NOW, PARAMS).action == "retrain"


def test_of_a_run_that_began_yesterday_only_today_counts() -> None:
    assert decide([CHANGED], [ago(13, minutes=11 * 60)], NOW, PARAMS).action == "wait"
    assert decide([CHANGED], [ago(21, minutes=40 * 60)], NOW, PARAMS).action == "retrain"


def test_a_clock_that_jumped_holds_back_for_a_while_and_not_for_ever() -> None:
    soon = Past(NOW + HOUR, NOW + 2 * HOUR, "held")
    assert decide([CHANGED], [soon], NOW, PARAMS).action == "wait"
    assert decide([CHANGED], [soon], NOW + 20 * HOUR, PARAMS).action == "retrain"
    far = Past(NOW + 400 * DAY, NOW + 401 * DAY, "held")
    assert decide([CHANGED], [far], NOW, PARAMS).action == "retrain"


def test_feedback_counts_when_it_is_enough_and_says_who_waits() -> None:
    assert feedback(50, 0, 50).fired
    assert not feedback(49, 7, 50).fired
    assert "7 wait for `chatloop feedback review`" in feedback(49, 7, 50).reason
    assert not feedback(1000, 0, None).fired
    assert not feedback(None, 0, 50).fired


def test_many_changed_files_are_named_in_a_few_words() -> None:
    said = sources([f"logs/{n}.jsonl" for n in range(9)], 10).reason
    assert said == "9 files changed: logs/0.jsonl, logs/1.jsonl, logs/2.jsonl and 6 more"
