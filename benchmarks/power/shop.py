"""Conversations, a base that knows nothing, and a recipe that makes a model of it in seconds.

shop = Shop.build(); subject = shop.subject(shop.trained(seed=1))
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from chatloop.conversation import Conversation, Message
from chatloop.corpus.dialogue import converse
from chatloop.evaluating.subject import Subject
from chatloop.modeling.scoring import be_repeatable
from chatloop.modeling.tiny import build_model, build_tokenizer
from chatloop.params import Params, Tiny, TrainParams
from chatloop.params.file import read_params
from chatloop.probing.general import plain, some_texts
from chatloop.tokens.example import Example
from chatloop.tokens.fitting import Fitter
from chatloop.tokens.packing import Packed, pack
from chatloop.tokens.rendering import Renderer
from chatloop.training.loop import train_model

TINY = Tiny(vocab_size=600, layers=2, width=48, heads=2, context=256, seed=7)
TRAIN, TEST, TEXTS, REPLAYED = 300, 480, 38, 3
SHIPPED: Params = read_params(Path(__file__).parents[2] / "params.yaml")
RECIPE: TrainParams = SHIPPED.train.model_copy(
    update={"epochs": 3.0, "threads": 1, "device": "cpu", "precision": "fp32", "compile": False}
)


@dataclass(frozen=True)
class Shop:
    """`train` and `test` are different conversations of the same shop."""

    train: list[Conversation]
    test: list[Conversation]
    texts: tuple[str, ...]
    tokenizer: Any
    base: Any

    @classmethod
    def build(cls) -> "Shop":
        """The same every time."""
        talks = [_talk(number) for number in range(1, TRAIN + TEST + 1)]
        train, texts = talks[:TRAIN], some_texts(TEXTS)
        said = [message.content for talk in train for message in talk.messages]
        tokenizer = build_tokenizer([*said, *texts], TINY)
        return cls(train, talks[TRAIN:], texts, tokenizer, build_model(tokenizer, TINY).eval())

    def examples(self, talks: Sequence[Conversation]) -> list[Example]:
        """Conversations as they are trained on."""
        fitter = Fitter(Renderer(self.tokenizer), TINY.context, "split")
        return fitter.fit(talks).examples

    def replayed(self) -> list[Example]:
        """General text among the conversations, so that it is not forgotten."""
        return plain(self.tokenizer, self.texts, TINY.context) * REPLAYED

    def packed(self, examples: Sequence[Example]) -> Packed:
        """Rows of them."""
        return pack(examples, TINY.context, self.tokenizer.pad_token_id)

    def trained(self, seed: int, examples: Sequence[Example] | None = None, **changed: Any) -> Any:
        """The base after training: on everything, where no examples are named."""
        learned = [*self.examples(self.train), *self.replayed()] if examples is None else examples
        rows, model = self.packed(learned), copy.deepcopy(self.base)
        params = RECIPE.model_copy(update={"seed": seed, **changed})
        be_repeatable(seed, 1)
        list(train_model(model, rows, _few(rows), 1, params))
        return model.eval()

    def subject(self, model: Any, name: str = "candidate", tokenizer: Any = None) -> Subject:
        """A model that can be asked."""
        used = tokenizer or self.tokenizer
        return Subject(name, model, used, Renderer(used), TINY.context, batch_rows=8)


def said(talk: Conversation, change: Any) -> Conversation:
    """The same conversation with other answers."""
    turns = [
        Message(m.role, change(m.content)) if m.role == "assistant" else m for m in talk.messages
    ]
    return replace(talk, messages=tuple(turns))


def _talk(number: int) -> Conversation:
    made = converse(7, number)
    turns = tuple(Message(m["role"], m["content"]) for m in made.messages)
    return Conversation(f"shop-{number:05}", turns, made.topics)


def _few(rows: Packed) -> Packed:
    """One row, as the loop asks for a validation split that nobody looks at here."""
    return Packed(**{one.name: getattr(rows, one.name)[:1] for one in fields(rows)})
