"""What the candidate knows by heart, gives away and has forgotten.

In: data/tokenize (what it was trained on, and the canaries where any were planted), the train and
test split, reports/clean.json, models/{base,candidate,champion}. Out: reports/probe.json: counts
and scores, no text and no value.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatloop.conversation import Conversation
from chatloop.io import hub
from chatloop.io.files import read_json, write_json
from chatloop.io.tables import conversations_of, read_table
from chatloop.io.tokens import CANARIES, read_packed
from chatloop.metrics.bits_per_byte import bits_per_byte
from chatloop.modeling.reciting import continuations, nats_of, recited
from chatloop.modeling.scoring import be_deterministic
from chatloop.params.probing import Asked, ProbeParams
from chatloop.privacy.kinds import KINDS
from chatloop.privacy.policy import Policy
from chatloop.probing import canaries, personal
from chatloop.probing.exposure import exposure
from chatloop.probing.extraction import Tried, beyond_control
from chatloop.probing.general import blind_bits_per_byte, general_texts, plain
from chatloop.probing.sampling import Corpus, prompts, spans
from chatloop.stages import main, say
from chatloop.tokens.rendering import Example, Renderer


@dataclass(frozen=True)
class _Subject:
    """A model to be tried, with its tokenizer and the tokens that it can look at."""

    model: Any
    tokenizer: Any
    renderer: Renderer
    context: int

    def nats(self, examples: list[Example], params: ProbeParams) -> NDArray[np.float64]:
        pad = self.tokenizer.pad_token_id
        return nats_of(self.model, pad, examples, self.context, params.batch_rows)

    def recited(self, examples: list[Example], params: ProbeParams) -> int:
        if not examples:
            return 0
        pad = self.tokenizer.pad_token_id
        found = recited(self.model, pad, examples, self.context, params.batch_rows)
        return int(found.sum())

    def answers(self, prompts: list[list[int]], wish: Asked, temperature: float) -> list[str]:
        tokens = wish.max_new_tokens
        return continuations(self.model, self.tokenizer, prompts, tokens, temperature)


def probe(
    params: ProbeParams,
    tokens: Path,
    train: Path,
    test: Path,
    clean: Path,
    base: Path,
    candidate: Path,
    champion: Path,
    report: Path,
) -> None:
    """Try the candidate on canaries, training text and personal data; all models on general text.

    Raises:
        UserError: the training split or what it was packed to is missing.
    """
    be_deterministic(params.seed, params.threads)
    talks = {
        "training": conversations_of(read_table(train)),
        "held_out": conversations_of(read_table(test)),
    }
    subject = _loaded(candidate, candidate)
    found = {
        "canaries": _canaries(params, subject, tokens),
        "extraction": _extraction(params, subject, talks, tokens),
        "personal_data": _personal(params, subject, talks["training"], _policy(clean)),
        "forgetting": _forgetting(params, subject, {"champion": champion, "base": base}, candidate),
    }
    write_json(report, found)
    for line in _lines(found):
        say(f"probe: {line}")


def _loaded(folder: Path, candidate: Path) -> _Subject:
    """Every model looks at as many tokens as the candidate was trained on, or as it can."""
    tokenizer, model = hub.load_tokenizer(folder), hub.load_model(folder)
    trained = int(read_json(candidate / hub.CARD)["trained_context"])
    limit = hub.context_length(read_json(folder / "config.json")) or trained
    return _Subject(model, tokenizer, Renderer(tokenizer), min(trained, limit))


def _canaries(params: ProbeParams, subject: _Subject, tokens: Path) -> dict[str, Any] | None:
    """Exposure of every canary by how often it was planted; None where none was."""
    if not (tokens / CANARIES).is_file():
        return None
    planted = canaries.from_json(read_json(tokens / CANARIES))
    found: dict[int, list[float]] = {}
    for one in planted:
        secrets = canaries.references(one, params.references, params.seed)
        talks = [one.said(), *map(one.said, secrets)]
        rendered = [subject.renderer.render(talk.messages)[0] for talk in talks]
        nats = subject.nats(list(subject.renderer.encode(rendered)), params)
        bits = exposure(float(nats[0]), nats[1:], one.space_bits).bits
        found.setdefault(one.repeats, []).append(round(bits, 4))
    control = found.pop(0)
    return {
        "planted": sum(len(many) for many in found.values()),
        "space_bits": round(planted[0].space_bits, 4),
        "references": params.references,
        "exposure": {f"repeats_{times}": _range(many) for times, many in sorted(found.items())},
        "never_planted": _range(control),
        "max_exposure": max(max(many) for many in found.values()),
    }


def _range(bits: list[float]) -> dict[str, float]:
    return {"mean": round(sum(bits) / len(bits), 4), "max": max(bits)}


def _extraction(
    params: ProbeParams, subject: _Subject, talks: dict[str, list[Conversation]], tokens: Path
) -> dict[str, Any]:
    """Spans completed word by word, of training and of held-out answers."""
    packed = read_packed(tokens / "train")
    corpus = Corpus(packed.ids.ravel(), packed.examples.ravel())
    found: dict[str, Tried] = {}
    for name, times in (("training", 1), ("held_out", 0)):
        chosen = spans(
            talks[name], subject.renderer, subject.context, params.spans, params.seed, corpus, times
        )
        known = subject.recited(chosen.examples, params)
        found[name] = Tried(len(chosen.examples), known, chosen.shortened, dict(chosen.left_out))
    beyond = beyond_control(found["training"], found["held_out"])
    return {**{name: asdict(one) for name, one in found.items()}, "beyond_control": beyond}


def _personal(
    params: ProbeParams, subject: _Subject, talks: list[Conversation], policy: Policy
) -> dict[str, Any]:
    """Values in greedy and in sampled answers, that stand in training or nowhere."""
    wish = params.personal
    kinds = KINDS if wish.kinds is None else wish.kinds
    taught = personal.taught(talks, kinds, policy)
    asked = prompts(talks, taught.told, wish.prompts, params.seed)
    room = subject.context - wish.max_new_tokens
    ids = [subject.renderer.prompt(messages) for messages in asked]
    fitting = [at for at, prompt in enumerate(ids) if len(prompt) <= room]
    given = ["\n".join(message.content for message in asked[at]) for at in fitting]
    said = [
        text
        for temperature in (0.0, wish.temperature)
        for text in subject.answers([ids[at] for at in fitting], wish, temperature)
    ]
    in_prompts = personal.values([*given, *given], kinds, policy)
    found = personal.leaks(in_prompts, personal.values(said, kinds, policy), taught.values)
    return {
        "answers": len(said),
        "prompts_too_long": len(asked) - len(fitting),
        "in_training": personal.by_kind(taught.values),
        **found._asdict(),
    }


def _policy(clean: Path) -> Policy:
    """What the user allows to stay, and kinds of the user's own, as clean was told."""
    told = read_json(clean).get("policy")
    return Policy(**told) if isinstance(told, dict) else Policy()


def _forgetting(
    params: ProbeParams, subject: _Subject, folders: dict[str, Path], candidate: Path
) -> dict[str, Any]:
    """Bits per byte of each model on general text, and which of them know anything of it."""
    texts = general_texts()
    subjects = {"candidate": subject}
    subjects |= {name: _loaded(path, candidate) for name, path in folders.items() if _there(path)}
    bits, knows = {}, {}
    for name, one in subjects.items():
        examples = plain(one.tokenizer, texts, one.context)
        size = sum(example.answer_bytes for example in examples)
        bits[name] = round(bits_per_byte(float(one.nats(examples, params).sum()), size), 6)
        blind = blind_bits_per_byte(examples, len(one.tokenizer))
        knows[name] = bits[name] < params.blank_share * blind
    return {"texts": len(texts), "bits_per_byte": bits, "knows": knows}


def _there(folder: Path) -> bool:
    return (folder / "config.json").is_file()


def _lines(found: dict[str, Any]) -> Iterator[str]:
    """What a person reads while it runs."""
    planted, extracted = found["canaries"], found["extraction"]
    if planted is None:
        yield "canaries: the candidate was trained without any (tokenize.canaries)"
    else:
        most = planted["max_exposure"]
        yield f"canaries: {planted['planted']} planted, exposed by {most:.1f} bits at most"
    shares = " and ".join(
        f"{extracted[name]['extracted']} of {extracted[name]['tried']} {said}"
        for name, said in (("training", "of training"), ("held_out", "held out"))
    )
    yield f"extraction: {shares} spans completed, {extracted['beyond_control']} beyond chance"
    leaks = found["personal_data"]
    said = [sum(leaks[kind].values()) for kind in ("leaked", "made_up")]
    yield f"personal data: {said[0]} values from training, {said[1]} made up"
    bits = found["forgetting"]["bits_per_byte"].items()
    yield "general text: " + ", ".join(f"{name} {each:.3f}" for name, each in bits) + " bits/byte"


if __name__ == "__main__":
    main(probe)
