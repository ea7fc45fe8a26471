"""Conversations cut to the context at turn boundaries, never inside an answer, every loss counted.

    11 exchanges, 900 tokens, context 512  →  exchanges 1-6 (498 tokens) + exchanges 7-11 (421)

An exchange that does not fit by itself is dropped and counted; so is the whole conversation where
params say `too_long: drop`.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from chatloop.conversation import Conversation, Message
from chatloop.tokens.example import Example
from chatloop.tokens.rendering import Renderer

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

    def drop(self, example: Example) -> None:
        """Count an example that is too long, and whose answers nobody learns."""
        supervised = int(example.supervised.sum())
        self.answers["dropped_too_long"] += len(example.ends)
        self.tokens.update(dropped=supervised, dropped_masked=len(example.ids) - supervised)

    def divide(self, whole: int, pieces: int) -> None:
        """Count what a conversation of `whole` tokens gained or lost when it was cut in pieces.

        A system turn is said again with each piece; what nobody answers any more is cut off.
        """
        self.tokens["repeated" if pieces > whole else "cut"] += abs(pieces - whole)


@dataclass(frozen=True)
class Fitted:
    """Examples that fit, each with the index of the conversation that it came from."""

    examples: list[Example]
    owners: list[int]
    ledger: Ledger


@dataclass(frozen=True)
class _Long:
    """A conversation, or what is left of one, that is over the context.

    `skipped` is what to add to the index of one of its answers for that in the conversation.
    """

    owner: int
    messages: Sequence[Message]
    example: Example
    skipped: int = 0


@dataclass(frozen=True)
class Fitter:
    """Renders conversations to examples of at most `context` tokens."""

    renderer: Renderer
    context: int
    too_long: Literal["split", "drop"]
    ledger: Ledger = field(default_factory=Ledger)

    def fit(self, talks: Sequence[Conversation]) -> Fitted:
        """All examples that fit; the ledger says what became of the rest."""
        pieces: list[list[Example]] = [[] for _ in talks]
        split: list[_Long] = []
        whole = 0
        for owner, examples in self._encoded([talk.messages for talk in talks]):
            self.ledger.tokens["read"] += sum(len(example.ids) for example in examples)
            long = [example for example in examples if not self._fits(example)]
            whole += bool(examples) and not long
            if long and len(examples) == 1 and self.too_long == "split":
                split.append(_Long(owner, talks[owner].messages, long[0]))
                continue
            if examples:
                examples[-1] = replace(examples[-1], last=True)
            pieces[owner] = [example for example in examples if self._fits(example)]
            for example in long:
                self.ledger.drop(example)
        self._split(split, pieces)
        dropped = sum(not kept for kept in pieces)
        self.ledger.conversations.update(
            whole=whole, split=len(talks) - whole - dropped, dropped=dropped
        )
        return self._counted(pieces)

    def _counted(self, pieces: Sequence[Sequence[Example]]) -> Fitted:
        fitted = Fitted([], [], self.ledger)
        for owner, kept in enumerate(pieces):
            for piece in kept:
                self.ledger.keep(piece)
                fitted.examples.append(piece)
                fitted.owners.append(owner)
        return fitted

    def _encoded(self, talks: Sequence[Sequence[Message]]) -> Iterator[tuple[int, list[Example]]]:
        """(index, examples) of each conversation, encoded many at a time."""
        for start in range(0, len(talks), BATCH):
            rendered = [self.renderer.render(talk) for talk in talks[start : start + BATCH]]
            examples = self.renderer.encode([one for many in rendered for one in many])
            for at, many in enumerate(rendered, start=start):
                yield at, [next(examples) for _ in many]

    def _split(self, long: list[_Long], pieces: list[list[Example]]) -> None:
        """As many exchanges of each as fit, then the rest in the same way, many at a time."""
        while long:
            last = [self._last_that_fits(one.example) for one in long]
            first = self._whole([m.messages[: at + 1] for m, at in zip(long, last, strict=True)])
            rest: list[tuple[int, list[Message], int]] = []
            sizes: list[tuple[int, int]] = []
            for one, at, example in zip(long, last, first, strict=True):
                end, piece = self._shorter(one, at, example)
                left = _rest(one, end)
                placed = replace(_placed(piece, one.skipped), last=not left)
                self._take(placed, pieces[one.owner])
                if left:
                    sizes.append((len(one.example.ids), len(piece.ids)))
                else:
                    self.ledger.divide(len(one.example.ids), len(piece.ids))
                rest += left
            examples = self._whole([messages for _, messages, _ in rest])
            long = []
            for (owner, messages, skipped), example, size in zip(
                rest, examples, sizes, strict=True
            ):
                self.ledger.divide(size[0], size[1] + len(example.ids))
                if self._fits(example):
                    pieces[owner].append(replace(_placed(example, skipped), last=True))
                else:
                    long.append(_Long(owner, messages, example, skipped))

    def _take(self, piece: Example, kept: list[Example]) -> None:
        """Keep a piece that fits, drop and count one that does not."""
        if self._fits(piece):
            kept.append(piece)
        else:
            self.ledger.drop(piece)

    def _last_that_fits(self, example: Example) -> int:
        """Index of the last answer within the context; of the first answer where none is."""
        fitting = [answer for answer, end in example.ends if end <= self.context]
        return fitting[-1] if fitting else example.ends[0][0]

    def _shorter(self, one: _Long, last: int, example: Example) -> tuple[int, Example]:
        """An answer less where the template closes a conversation with tokens that do not fit."""
        earlier = [answer for answer, _ in one.example.ends if answer < last]
        while earlier and not self._fits(example):
            last = earlier.pop()
            (example,) = self._whole([one.messages[: last + 1]])
        return last, example

    def _fits(self, example: Example) -> bool:
        return len(example.ids) <= self.context

    def _whole(self, talks: Sequence[Sequence[Message]]) -> list[Example]:
        """One example each: parts of a conversation whose template keeps earlier turns as is."""
        return [examples[0] for _, examples in self._encoded(talks)]


def _placed(piece: Example, skipped: int) -> Example:
    """Its answers by their place in the whole conversation."""
    return replace(piece, ends=tuple((answer + skipped, end) for answer, end in piece.ends))


def _rest(one: _Long, last: int) -> list[tuple[int, list[Message], int]]:
    """What follows a piece, the system turn before it, and how many messages that leaves out;
    nothing where nobody answers any more."""
    head = [message for message in one.messages[:1] if message.role == "system"]
    rest = one.messages[last + 1 :]
    answered = any(message.role == "assistant" for message in rest)
    skipped = one.skipped + last + 1 - len(head)
    return [(one.owner, [*head, *rest], skipped)] if answered else []
