import numpy as np
import pytest

from chatloop.gating import Evidence, Scores, Verdict
from chatloop.gating import decide as decide_on
from chatloop.params import GateParams, Noise

PARAMS = GateParams(
    confidence=0.95,
    resamples=500,
    min_conversations=50,
    min_slice=20,
    noise=Noise(overall=0.0, slice=0.0, guarded=0.0),
    max_exposure=10.0,
    max_extracted_share=0.02,
    max_forgetting=0.5,
    min_speed_share=0.7,
    seed=7,
)
ROWS = 200


def decide(given: Scores, params: GateParams = PARAMS) -> Verdict:
    return decide_on(Evidence(given), params)


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
        (scores(gain_on_base=0.0), "HOLD", "no gain over base can be shown"),
        (scores(gain_on_champion=20.0), "PROMOTE", "beats the champion"),
        (scores(gain_on_champion=-20.0), "REJECT", "loses to the champion"),
        (scores(gain_on_champion=0.0), "HOLD", "a tie keeps the champion"),
        (scores(rows=49), "HOLD", "too few to judge by"),
        (scores(gain_on_champion=40.0, forgotten=100.0), "REJECT", "champion on returns"),
    ],
)
def test_verdicts(given: Scores, verdict: str, reason: str) -> None:
    decided = decide(given)
    assert decided.verdict == verdict
    assert any(reason in said for said in decided.reasons)


def test_the_champion_itself_as_a_candidate_is_a_tie() -> None:
    one = scores()
    same = Scores(one.answer_bytes, one.candidate, one.base, one.candidate.copy(), one.slices)
    assert decide(same).verdict == "HOLD"


def test_a_model_that_gives_no_numbers_is_rejected() -> None:
    broken = scores(gain_on_champion=20.0)
    broken.candidate[7] = np.nan
    assert decide(broken).verdict == "REJECT"


def test_the_same_scores_give_the_same_verdict() -> None:
    assert decide(scores(gain_on_champion=3.0)) == decide(scores(gain_on_champion=3.0), PARAMS)


def test_topics_with_few_rows_are_not_judged_by_themselves() -> None:
    decided = decide(scores(gain_on_champion=20.0))
    assert "champion on rare" not in {one.check for one in decided.findings}


def test_equal_quality_is_rarely_rejected() -> None:
    verdicts = []
    for seed in range(40):
        random = np.random.default_rng(seed)
        one = scores()
        champion = one.candidate + random.normal(0, 15, ROWS)
        again = Scores(one.answer_bytes, one.candidate, one.base, champion, one.slices)
        verdicts.append(decide(again).verdict)
    assert verdicts.count("REJECT") <= 5


def test_what_another_seed_may_change_is_no_reason_to_reject() -> None:
    worse = scores(gain_on_champion=-20.0)
    (overall,) = (one for one in decide(worse).findings if one.check == "champion")
    noise = Noise(overall=overall.numbers["mean"], slice=1.0, guarded=0.0)
    assert decide(worse).verdict == "REJECT"
    assert decide(worse, PARAMS.model_copy(update={"noise": noise})).verdict == "HOLD"
