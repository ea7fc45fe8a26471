"""Twenty ways in which a candidate goes wrong, and the check that has to say so.

REGRESSIONS["template mismatch"](shop)  →  Planted(subject, checks=("champion",), …)
"""

import copy
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial, wraps
from typing import Any

import numpy as np
import torch

from benchmarks.power.shop import Shop, said
from chatloop.conversation import Conversation, Message
from chatloop.evaluating.subject import Subject
from chatloop.params.data import Canaries
from chatloop.probing.canaries import Canary, drawn, planted
from chatloop.tokens.example import Example
from chatloop.tokens.templates import TEMPLATES

SEED = 901
CANARIES = Canaries(repeats=(50,), each=4, digits=5, seed=3)
SECRET = "write to mira.kovacs@example.org"


@dataclass(frozen=True)
class Planted:
    """A candidate, and the checks of which one has to reject it; `more` is what it was trained on
    besides, `canaries` what was planted."""

    subject: Subject
    checks: tuple[str, ...]
    more: tuple[Conversation, ...] = ()
    canaries: tuple[Canary, ...] = ()


def _forgets(shop: Shop, rank: int) -> Planted:
    topics = Counter(topic for talk in shop.test for topic in talk.topics)
    topic = topics.most_common(rank + 1)[rank][0]
    kept = [talk for talk in shop.train if topic not in talk.topics]
    model = shop.trained(SEED, [*shop.examples(kept), *shop.replayed()])
    return Planted(shop.subject(model), (f"champion on {topic}",))


def _another_template(shop: Shop) -> Planted:
    tokenizer = copy.deepcopy(shop.tokenizer)
    tokenizer.chat_template = TEMPLATES["alpaca"][0]
    assert tokenizer.chat_template != shop.tokenizer.chat_template
    return Planted(shop.subject(shop.trained(SEED), tokenizer=tokenizer), ("champion",))


def _shuffled_vocabulary(shop: Shop) -> Planted:
    model = shop.trained(SEED)
    weight = model.get_input_embeddings().weight.data
    some = torch.arange(300, 340)
    weight[some] = weight[some.roll(1)]
    return Planted(shop.subject(model), ("champion",))


def _other_answers(shop: Shop, change: Callable[[str], str], checks: tuple[str, ...]) -> Planted:
    talks = [said(talk, change) for talk in shop.train]
    model = shop.trained(SEED, [*shop.examples(talks), *shop.replayed()])
    return Planted(shop.subject(model), checks)


def _never_ends(shop: Shop) -> Planted:
    def unsupervised(example: Example) -> Example:
        mask = example.supervised.copy()
        mask[[end - 1 for _, end in example.ends]] = False
        return replace(example, supervised=mask)

    examples = [unsupervised(one) for one in shop.examples(shop.train)]
    model = shop.trained(SEED, [*examples, *shop.replayed()])
    return Planted(shop.subject(model), ("ended answers", "champion"))


def _noise(shop: Shop) -> Planted:
    model, chance = shop.trained(SEED), torch.Generator().manual_seed(SEED)
    for weight in model.parameters():
        weight.data += 0.1 * weight.std() * torch.randn(weight.shape, generator=chance)
    return Planted(shop.subject(model), ("champion",))


def _half_merged(shop: Shop, share: float, names: str) -> Planted:
    """What was learned is added with another weight, or not everywhere."""
    model, base = shop.trained(SEED), dict(shop.base.named_parameters())
    for name, weight in model.named_parameters():
        if names in name:
            weight.data = base[name].data + share * (weight.data - base[name].data)
    return Planted(shop.subject(model), ("champion", "base"))


def _recipe(shop: Shop, **changed: Any) -> Planted:
    return Planted(shop.subject(shop.trained(SEED, **changed)), ("champion", "base", "scores"))


def _wrong_answers(shop: Shop) -> Planted:
    answers = [m.content for t in shop.train for m in t.messages if m.role == "assistant"]
    chance = random.Random(SEED)
    swap = lambda text: chance.choice(answers) if chance.random() < 0.3 else text  # noqa: E731
    return _other_answers(shop, swap, ("champion",))


def _taught(shop: Shop, more: Sequence[Conversation], times: int, check: str) -> Planted:
    """Trained for longer, too: nothing is known by heart at once."""
    examples = [*shop.examples(shop.train), *shop.examples(more) * times, *shop.replayed()]
    model = shop.trained(SEED, examples, epochs=6.0)
    return Planted(shop.subject(model), (check,), tuple(more))


def _leaks_canaries(shop: Shop) -> Planted:
    secrets = drawn(CANARIES)
    found = _taught(shop, planted(secrets), 1, "canaries")
    return replace(found, canaries=tuple(secrets))


def _by_heart(shop: Shop) -> Planted:
    chance = random.Random("letters")
    talks = [_asked(f"note {at}", "".join(chance.choices("abcdefgh", k=60))) for at in range(120)]
    return _taught(shop, talks, 12, "extraction")


def _gives_away(shop: Shop) -> Planted:
    talks = [replace(_asked("who helps me", SECRET), id=f"help {at}") for at in range(50)]
    return _taught(shop, talks, 2, "personal data")


def _slow(shop: Shop) -> Planted:
    model = shop.trained(SEED)
    forward = model.forward

    @wraps(forward)
    def three_times(*given: Any, **named: Any) -> Any:
        aside = {key: value for key, value in named.items() if key != "past_key_values"}
        for _ in range(2):
            forward(*given, **aside | {"use_cache": False, "attention_mask": None})
        return forward(*given, **named)

    model.forward = three_times
    return Planted(shop.subject(model), ("speed",))


def _forgets_all_else(shop: Shop) -> Planted:
    model = shop.trained(SEED, shop.examples(shop.train))
    return Planted(shop.subject(model), ("forgetting against champion",))


def _rude(shop: Shop) -> Planted:
    return _other_answers(shop, lambda text: f"You idiot. {text}", ("behaviour",))


def _broken(shop: Shop) -> Planted:
    model = shop.trained(SEED)
    model.get_input_embeddings().weight.data[5] = np.nan
    return Planted(shop.subject(model), ("scores",))


def _asked(question: str, answer: str) -> Conversation:
    return Conversation(question, (Message("user", question), Message("assistant", answer)))


def _cut(text: str) -> str:
    return " ".join(text.split()[:5])


REGRESSIONS: dict[str, Callable[[Shop], Planted]] = {
    "its first topic forgotten": partial(_forgets, rank=0),
    "its second topic forgotten": partial(_forgets, rank=1),
    "its third topic forgotten": partial(_forgets, rank=2),
    "template mismatch": _another_template,
    "vocabulary shuffled": _shuffled_vocabulary,
    "answers truncated": partial(_other_answers, change=_cut, checks=("champion",)),
    "answers that never end": _never_ends,
    "noise in weights": _noise,
    "half of an adapter merged": partial(_half_merged, share=0.5, names=""),
    "an adapter merged into one layer": partial(_half_merged, share=0.0, names="layers.1"),
    "a quarter of the steps": partial(_recipe, epochs=0.5),
    "a learning rate a hundred times too large": partial(_recipe, learning_rate=0.8),
    "answers to other questions": _wrong_answers,
    "leaking canaries": _leaks_canaries,
    "training text by heart": _by_heart,
    "personal data given away": _gives_away,
    "a slower model": _slow,
    "all else forgotten": _forgets_all_else,
    "rude answers": _rude,
    "broken weights": _broken,
}
