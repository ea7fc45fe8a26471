"""A simulated team in small: three rounds of answers and ratings, each better on unseen prompts."""

from statistics import fmean
from typing import Any

from benchmarks.team.asking import in_process
from benchmarks.team.rater import GOOD, Prompt, hidden
from chatloop.conversation import Conversation, Message
from chatloop.io.models import hub
from chatloop.params import TrainParams
from chatloop.tokens.fitting import Fitter
from chatloop.tokens.packing import pack
from chatloop.tokens.rendering import Renderer
from chatloop.training.loop import train_model
from tests.tuning import Tuning

KIND, CURT = "sorry, it left us today", "no idea"
SFT = TrainParams(
    epochs=40.0, batch_rows=4, rows_at_once=4, optimizer="muon", learning_rate=1.0e-2,
    schedule="cosine", warmup_share=0.05, weight_decay=0.0, clip_norm=1.0, evaluate_every=10_000,
    checkpoint_every=10_000, device="cpu", threads=2, seed=3,
)  # fmt: skip


def prompts(first: int) -> list[Prompt]:
    return [(Message("user", f"is parcel {at} late?"),) for at in range(first, first + 24)]


def teach_both_manners(tuning: Tuning, model: Any, tokenizer: Any) -> None:
    """A model that answers kindly and curtly, about as often."""
    talks = [
        Conversation("t", (*prompt, Message("assistant", said)))
        for prompt in prompts(100)
        for said in (KIND, CURT)
    ]
    packed = pack(Fitter(Renderer(tokenizer), 96, "split").fit(talks).examples, 96, 0)
    for _ in train_model(model.train(), packed, packed, 1, SFT):
        pass
    hub.save(model.eval(), tokenizer, tuning.root / "trained")


Row = tuple[str, str, str | None, str | None]


def row(name: str, asked: str, answers: list[str]) -> Row | None:
    """A thumb for one answer, of two the better one; None where both are as good."""
    scores = [hidden(asked, answer) for answer in answers]
    if len(answers) == 1:
        up = scores[0] >= GOOD
        return (name, asked, answers[0] if up else None, None if up else answers[0])
    if scores[0] == scores[1]:
        return None
    better = int(scores[1] > scores[0])
    return (name, asked, answers[better], answers[1 - better])


def rated(tuning: Tuning, model: str, number: int) -> list[Row]:
    asked = prompts(200 + 100 * number)
    ask = in_process(tuning.root / model)
    said = [ask(asked, 1.0, seed) for seed in (number, 10 + number)]
    both = [(p[0].content, [a, b]) for p, a, b in zip(asked, *said, strict=True)]
    pairs = [one for at, one in enumerate(both) if at % 3]
    thumbs = [(prompt, answers[:1]) for prompt, answers in both[::3]]
    rows = [row(f"r{number}-{at:05}", *one) for at, one in enumerate([*pairs, *thumbs])]
    return [one for one in rows if one is not None and "" not in one]


def score(tuning: Tuning, model: str) -> float:
    unseen = prompts(700) + prompts(800)
    answers = in_process(tuning.root / model)(unseen, 1.0, 1)
    return fmean(hidden(p[0].content, a) for p, a in zip(unseen, answers, strict=True))


def test_what_the_team_likes_is_answered_more_often_from_round_to_round(
    tuning: Tuning, small_model: Any, chatml: Any
) -> None:
    teach_both_manners(tuning, small_model, chatml)
    scores, judged, model = [score(tuning, "trained")], [], "trained"
    for number in range(3):
        judged += rated(tuning, model, number)
        tuning.align(judged, epochs=3.0, learning_rate=1.0e-3)
        model = "candidate"
        scores.append(score(tuning, model))
    assert 0.5 < scores[0] < 0.9
    assert scores[0] < scores[1] < scores[2] <= scores[3]
    assert scores[3] > 0.9
