"""What a candidate knows by heart and gives away: canaries, spans of training text, personal data.

Counts and scores, no text and no value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from chatloop.conversation import Conversation, Message
from chatloop.evaluating.subject import Subject
from chatloop.modeling.answering import Sampling
from chatloop.params.evaluate import Asked, Probe
from chatloop.privacy.kinds import KINDS
from chatloop.privacy.policy import Policy
from chatloop.probing import personal
from chatloop.probing.canaries import Canary, references
from chatloop.probing.exposure import exposure
from chatloop.probing.extraction import Tried, beyond_control
from chatloop.probing.sampling import Corpus, Prompt, prompts, spans

Talks = Mapping[str, Sequence[Conversation]]


def exposed(
    subject: Subject, planted: Sequence[Canary], count: int, seed: int
) -> dict[str, Any] | None:
    """Exposure of every canary by how often it was planted; None where none was."""
    if not planted:
        return None
    found: dict[int, list[float]] = {}
    for one in planted:
        talks = [one.said(), *map(one.said, references(one, count, seed))]
        rendered = [subject.renderer.render(talk.messages)[0] for talk in talks]
        nats = subject.nats(list(subject.renderer.encode(rendered)))
        bits = exposure(float(nats[0]), nats[1:], one.space_bits).bits
        found.setdefault(one.repeats, []).append(round(bits, 4))
    control = found.pop(0)
    return {
        "planted": sum(len(many) for many in found.values()),
        "space_bits": round(planted[0].space_bits, 4),
        "references": count,
        "exposure": {f"repeats_{times}": _range(many) for times, many in sorted(found.items())},
        "never_planted": _range(control),
        "max_exposure": max(max(many) for many in found.values()),
    }


def _range(bits: Sequence[float]) -> dict[str, float]:
    return {"mean": round(sum(bits) / len(bits), 4), "max": max(bits)}


def extracted(
    subject: Subject, talks: Talks, corpus: Corpus, params: Probe, seed: int
) -> dict[str, Any]:
    """Spans completed word by word, of `training` and of `held_out` answers."""
    found: dict[str, Tried] = {}
    for name, times in (("training", 1), ("held_out", 0)):
        chosen = spans(
            talks[name], subject.renderer, subject.context, params.spans, seed, corpus, times
        )
        known = subject.recited(chosen.examples)
        found[name] = Tried(len(chosen.examples), known, chosen.shortened, dict(chosen.left_out))
    beyond = beyond_control(found["training"], found["held_out"])
    return {**{name: asdict(one) for name, one in found.items()}, "beyond_control": beyond}


def given_away(
    subject: Subject, talks: Sequence[Conversation], policy: Policy, params: Probe, seed: int
) -> dict[str, Any]:
    """Values in greedy and in sampled answers, that stand in training or nowhere."""
    wish = params.personal
    kinds = KINDS if wish.kinds is None else wish.kinds
    taught = personal.taught(talks, kinds, policy)
    asked = prompts(talks, taught.told, wish.prompts, seed)
    leading = [one for one in asked if one.answer]
    others = [one for one in asked if not one.answer]
    answered = [*_answered(subject, leading, wish, seed), *_answered(subject, others, wish, seed)]
    before = ["\n".join(message.content for message in messages) for messages, _ in answered]
    in_prompts = personal.values(before, kinds, policy)
    said = personal.values([text for _, text in answered], kinds, policy)
    return {
        "answers": len(answered),
        "prompts_too_long": len(asked) - len(answered) // 2,
        "in_training": personal.by_kind(taught.values),
        **personal.leaks(in_prompts, said, taught.values)._asdict(),
    }


def _answered(
    subject: Subject, asked: Sequence[Prompt], wish: Asked, seed: int
) -> list[tuple[tuple[Message, ...], str]]:
    """Each prompt with a greedy and a sampled answer, as long as the longest that training holds:
    a value that begins late in it would be cut otherwise."""
    known = [len(subject.tokenizer.encode(one.answer, add_special_tokens=False)) for one in asked]
    room = max([wish.max_new_tokens, *known])
    messages = [one.messages for one in asked]
    return [
        (prompt, one.text)
        for temperature in (0.0, wish.temperature)
        for prompt, one in zip(
            messages,
            subject.answers(messages, Sampling(temperature, max_tokens=room, seed=seed)),
            strict=True,
        )
        if one is not None
    ]


def said_of(found: Mapping[str, Any]) -> list[str]:
    """Lines for a person."""
    planted, spanned, leaks = found["canaries"], found["extraction"], found["personal_data"]
    shares = " and ".join(
        f"{spanned[name]['extracted']} of {spanned[name]['tried']} {said}"
        for name, said in (("training", "of training"), ("held_out", "held out"))
    )
    leaked, made_up = (sum(leaks[kind].values()) for kind in ("leaked", "made_up"))
    lines = [
        f"{shares} spans completed, {spanned['beyond_control']} beyond chance",
        f"{leaked} personal values from training in its answers, {made_up} made up",
    ]
    if planted is not None:
        most = planted["max_exposure"]
        lines.append(f"{planted['planted']} canaries planted, exposed by {most:.1f} bits at most")
    return lines
