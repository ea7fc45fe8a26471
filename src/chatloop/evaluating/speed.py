"""How fast models answer on this machine, and what a token of theirs costs.

{"candidate": {"tokens_per_second": 312.4, "first_token_seconds": 0.004, "parameters": …}, …}
"""

from collections.abc import Sequence

from chatloop.conversation import Conversation
from chatloop.evaluating.subject import Subject
from chatloop.modeling.measuring.pacing import Pace, flops_per_token, paces
from chatloop.params.evaluate import Speed


def speeds(
    subjects: Sequence[Subject], talks: Sequence[Conversation], params: Speed
) -> dict[str, dict[str, float]]:
    """All in turn on the first turns of the same conversations, answers of the same length."""
    first = [talk.messages[:1] for talk in talks[: params.prompts]]
    models = {one.name: one.model for one in subjects}
    prompts = {
        one.name: [one.renderer.prompt(m)[-(one.context - params.new_tokens) :] for m in first]
        for one in subjects
    }
    found = paces(models, prompts, params.new_tokens, params.rounds)
    return {one.name: _rounded(found[one.name]) | _cost(one) for one in subjects}


def said_of(found: dict[str, dict[str, float]]) -> list[str]:
    """A line for each model, for a person."""
    return [
        f"{name}: {one['tokens_per_second']:,.0f} tokens/s after "
        f"{1000 * one['first_token_seconds']:.1f} ms"
        for name, one in found.items()
    ]


def _rounded(pace: Pace) -> dict[str, float]:
    found = {
        "first_token_seconds": round(pace.first_token, 6),
        "tokens_per_second": round(pace.tokens_per_second, 2),
    }
    if pace.tokens_per_cpu_second is not None:
        found["tokens_per_cpu_second"] = round(pace.tokens_per_cpu_second, 2)
    return found


def _cost(subject: Subject) -> dict[str, float]:
    return {
        "parameters": sum(one.numel() for one in subject.model.parameters()),
        "flops_per_token": flops_per_token(subject.model, subject.context),
    }
