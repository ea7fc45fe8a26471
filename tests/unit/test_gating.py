import numpy as np
import pytest

from chatloop.gating import Scores, decide
from chatloop.params import GateParams

PARAMS = GateParams(confidence=0.95, resamples=500, min_conversations=50, min_slice=20, seed=7)
ROWS = 200


def scores(
    gain_on_base: float = 100.0,
    gain_on_champion: float | None = None,
    rows: int = ROWS,
    forgotten: float = 0.0,
) -> Scores:
    """Champion's nats are the base's less what it learned; noise differs between models."""
    random = np.random.default_rng(3)
    base = random.normal(400, 50, rows)
    candidate = base - gain_on_base + random.normal(0, 10, rows)
    champion = None
    if gain_on_champion is not None:
        noise = random.normal(0, 10, rows)
        champion = candidate + gain_on_champion + noise - noise.mean()
    returns = np.arange(0, rows, 5)
    candidate[returns] += forgotten
    topics = {"returns": returns, "rare": np.arange(3)}
    return Scores(np.full(rows, 300, dtype=np.int64), candidate, base, champion, topics)


@pytest.mark.parametrize(
    ("given", "verdict", "reason"),
    [
        (scores(), "PROMOTE", "beats base"),
        (scores(gain_on_base=-100.0), "REJECT", "loses to base"),
        (scores(gain_on_base=0.0), "HOLD", "no difference to base can be shown"),
        (scores(gain_on_champion=20.0), "PROMOTE", "beats the champion"),
        (scores(gain_on_champion=-20.0), "REJECT", "loses to the champion"),
        (scores(gain_on_champion=0.0), "HOLD", "a tie keeps the champion"),
        (scores(rows=49), "HOLD", "too few to judge by"),
        (scores(gain_on_champion=40.0, forgotten=100.0), "REJECT", "champion on returns"),
    ],
)
def test_verdicts(given: Scores, verdict: str, reason: str) -> None:
    decided = decide(given, PARAMS)
    assert decided.verdict == verdict
    assert any(reason in said for said in decided.reasons)


def test_the_champion_itself_as_a_candidate_is_a_tie() -> None:
    one = scores()
    same = Scores(one.answer_bytes, one.candidate, one.base, one.candidate.copy(), one.topics)
    assert decide(same, PARAMS).verdict == "HOLD"


def test_a_model_that_gives_no_numbers_is_rejected() -> None:
    broken = scores(gain_on_champion=20.0)
    broken.candidate[7] = np.nan
    assert decide(broken, PARAMS).verdict == "REJECT"


def test_the_same_scores_give_the_same_verdict() -> None:
    assert decide(scores(gain_on_champion=3.0), PARAMS) == decide(
        scores(gain_on_champion=3.0), PARAMS
    )


def test_topics_with_few_rows_are_not_judged_by_themselves() -> None:
    assert "champion on rare" not in decide(scores(gain_on_champion=20.0), PARAMS).differences


def test_equal_quality_is_rarely_rejected() -> None:
    verdicts = []
    for seed in range(40):
        random = np.random.default_rng(seed)
        one = scores()
        champion = one.candidate + random.normal(0, 15, ROWS)
        again = Scores(one.answer_bytes, one.candidate, one.base, champion, one.topics)
        verdicts.append(decide(again, PARAMS).verdict)
    assert verdicts.count("REJECT") <= 5
