"""People's held-out judgements beside likelihood: what they buy, and what they do not."""

import numpy as np
import pytest

from chatloop.gating import Evidence, Scores, Verdict, decide
from chatloop.gating.evidence import Preferred
from chatloop.params.data import Preference
from tests.unit.gating.test_deciding import PARAMS

ASKED = PARAMS.model_copy(update={"preference": Preference(noise=0.0)})
PER_BYTE = 300 * np.log(2)  # nats of an answer for one bit per byte


def scores(loss: float, on_returns: float = 0.0) -> Scores:
    """A candidate that loses so many bits per byte to the champion, and far beats the base."""
    random = np.random.default_rng(5)
    champion = random.normal(300, 40, 200)
    spread = random.normal(0, 1, 200)
    candidate = champion + loss * PER_BYTE + spread - spread.mean()
    returns = np.arange(0, 200, 5)
    candidate[returns] += on_returns * PER_BYTE
    rows = np.full(200, 300, dtype=np.int64)
    return Scores(rows, candidate, champion + 200, champion, {"returns": returns})


def judged(gain: float, rows: int = 34) -> Preferred:
    spread = np.random.default_rng(6).normal(0, 1, rows)
    return Preferred(gain + spread - spread.mean(), np.ones(rows), rows)


def verdict(loss: float, people: Preferred | None, on_returns: float = 0.0) -> Verdict:
    return decide(Evidence(scores(loss, on_returns), preferred=people), ASKED)


def test_a_sure_gain_pays_for_a_small_loss_of_likelihood() -> None:
    assert verdict(0.0061, None).verdict == "REJECT"
    decided = verdict(0.0061, judged(1.31))
    assert decided.verdict == "PROMOTE"
    said = "; ".join(decided.reasons)
    assert "people's held-out judgements speak for it by 1.31 nats an answer (at least" in said
    assert "34 of them)" in said
    assert "it costs 0.0061 bits per byte, 0.02 are allowed" in said


def test_a_sure_gain_needs_no_gain_of_likelihood() -> None:
    assert verdict(0.0, None).verdict == "HOLD"
    assert verdict(0.0, judged(1.31)).verdict == "PROMOTE"


@pytest.mark.parametrize("people", [judged(0.05), judged(-0.05), judged(5.0, rows=29)])
def test_judgements_that_are_few_or_even_change_no_verdict(people: Preferred) -> None:
    for loss in (-0.05, 0.0, 0.0061, 0.05):
        without, beside = verdict(loss, None), verdict(loss, people)
        assert (beside.verdict, beside.reasons) == (without.verdict, without.reasons)
        assert [one for one in beside.findings if one.check != "judged answers"] == [
            *without.findings
        ]


def test_a_sure_fall_rejects_what_likelihood_would_promote() -> None:
    assert verdict(-0.05, None).verdict == "PROMOTE"
    decided = verdict(-0.05, judged(-1.31))
    assert decided.verdict == "REJECT"
    assert "speak against it by 1.31 nats an answer" in decided.reasons[0]


def test_no_gain_pays_for_a_larger_loss_overall_or_in_a_part() -> None:
    assert verdict(0.03, judged(9.0)).verdict == "REJECT"
    decided = verdict(0.001, judged(9.0), on_returns=0.06)
    assert decided.verdict == "REJECT"
    assert "champion on returns" in decided.reasons[0]
    assert verdict(0.001, judged(9.0), on_returns=0.01).verdict == "PROMOTE"


def test_what_another_seed_may_change_is_no_judgement() -> None:
    noisy = PARAMS.model_copy(update={"preference": Preference(noise=1.0)})
    for gain in (1.31, -1.31):
        one = Evidence(scores(0.0), preferred=judged(gain))
        assert decide(one, noisy).verdict == "HOLD"


def test_many_answers_to_few_prompts_are_few() -> None:
    weights = np.concatenate([np.full(4, 100.0), np.ones(40)])
    few = Preferred(np.full(44, 2.0), weights, 440)
    assert few.prompts < 6
    assert verdict(0.0061, few).verdict == "REJECT"
