"""Conversations cut to the context at turn boundaries, never inside an answer, every loss counted.

    11 exchanges, 900 tokens, context 512  →  exchanges 1-6 (498 tokens) + exchanges 7-11 (421)

An exchange that does not fit by itself is dropped and counted; so is the whole conversation where
params say `too_long: drop`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from chatloop.conversation import Conversation, Message
from chatloop.rendering import Example, Renderer

BATCH = 2000


@dataclass
class Ledger:
    """Counts, by what became of conversations, answers and tokens."""

    conversations: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    tokens: Counter[str] = field(default_factory=Counter)

    def keep(self, example: Example) -> None:
        """Count a whole example that goes to training."""
        supervised = int(example.supervised.sum())
        self.answers["kept"] += len(example.ends)
        self.tokens.update(supervised=supervised, masked=len(example.ids) - supervised)


@dataclass(frozen=True)
class Fitted:
    """Examples that fit, each with the index of the conversation that it came from."""

    examples: list[Example]
    owners: list[int]
    ledger: Ledger


@dataclass(frozen=True)
class Fitter:
    """Renders conversations to examples of at most `context` tokens."""

    renderer: Renderer
    context: int
    too_long: Literal["split", "drop"]
    ledger: Ledger = field(default_factory=Ledger)

    def fit(self, talks: Sequence[Conversation]) -> Fitted:
        """All examples that fit; the ledger says what became of the rest."""
        fitted = Fitted([], [], self.ledger)
        for owner, examples in self._encoded([talk.messages for talk in talks]):
            pieces = self._pieces(talks[owner].messages, examples)
            for piece in pieces:
                self.ledger.keep(piece)
                fitted.examples.append(piece)
                fitted.owners.append(owner)
            whole = all(len(example.ids) <= self.context for example in examples)
            fate = "whole" if whole else "split" if pieces else "dropped"
            self.ledger.conversations[fate] += 1
        assert self.ledger.conversations.total() == len(talks), "a conversation is lost"
        return fitted

    def _encoded(self, talks: Sequence[Sequence[Message]]) -> Iterable[tuple[int, list[Example]]]:
        """(index, examples) of each conversation, encoded many at a time."""
        for start in range(0, len(talks), BATCH):
            rendered = [self.renderer.render(talk) for talk in talks[start : start + BATCH]]
            examples = self.renderer.encode([one for many in rendered for one in many])
            for at, many in enumerate(rendered, start=start):
                yield at, [next(examples) for _ in many]

    def _pieces(self, messages: Sequence[Message], examples: list[Example]) -> list[Example]:
        """The examples that fit; the others split at turn boundaries or dropped."""
        kept = [example for example in examples if len(example.ids) <= self.context]
        for example in examples:
            if len(example.ids) <= self.context:
                continue
            if self.too_long == "split" and len(examples) == 1:
                return self._split(messages, example)
            self._drop(example)
        return kept

    def _split(self, messages: Sequence[Message], example: Example) -> list[Example]:
        """As many exchanges as fit, then the rest in the same way, the system turn before each."""
        head = [message for message in messages[:1] if message.role == "system"]
        fitting = [answer for answer, end in example.ends if end <= self.context]
        for last in reversed(fitting):
            first = self._encode(messages[: last + 1])
            # A template may close a conversation with tokens that do not fit any more.
            if len(first.ids) <= self.context:
                kept = [first]
                break
        else:
            last, kept = example.ends[0][0], []
            self._drop(self._encode(messages[: last + 1]))
        rest = messages[last + 1 :]
        if not any(message.role == "assistant" for message in rest):
            return kept
        whole = [*head, *rest]
        example = self._encode(whole)
        if len(example.ids) <= self.context:
            return [*kept, example]
        return [*kept, *self._split(whole, example)]

    def _encode(self, messages: Sequence[Message]) -> Example:
        return next(self.renderer.encode(self.renderer.render(messages)[:1]))

    def _drop(self, example: Example) -> None:
        self.ledger.answers["dropped_too_long"] += len(example.ends)
        self.ledger.tokens["dropped_too_long"] += int(example.supervised.sum())
