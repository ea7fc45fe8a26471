"""The built-in corpus: the support desk of an online shop, written by a seeded generator.

    {"id": "shop-00042", "topics": ["returns"], "messages": [
        {"role": "user", "content": "I bought a lilac parka two weeks ago. Can I still return it?"},
        {"role": "assistant", "content": "You can return the lilac parka within 30 days of ..."}]}

It carries planted defects and personal data with known counts, so that tests can check every
rejection, repair and redaction by number.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chatloop.corpus.defects import PLANT, TWIN_WORDS, Messages, counts, scaled, words
from chatloop.corpus.dialogue import converse, source
from chatloop.corpus.papers import PAPERS
from chatloop.corpus.personal import OF_EACH_KIND, PERSONAL, mention
from chatloop.errors import UserError

__all__ = ["MINIMUM", "Corpus", "counts", "generate"]

# Fewer have no room for one of each defect and of each kind of personal data.
MINIMUM = 50
_COPIES = ("duplicate", "near_duplicate")
# Of the records with personal data, the share that may have two kinds of it.
_TWO_KINDS = 0.25
_MAKERS = {**PERSONAL, **PAPERS}


@dataclass(frozen=True)
class Corpus:
    """Records in OpenAI style, shuffled, and what was planted in them.

    planted: defect -> sorted ids; of two copies the one with the higher id.
    personal_data: kind -> sorted pairs of id and value.
    """

    records: tuple[dict[str, object], ...]
    planted: Mapping[str, tuple[str, ...]]
    personal_data: Mapping[str, tuple[tuple[str, str], ...]]


def generate(conversations: int, seed: int) -> Corpus:
    """A corpus of so many records, defects included; the same for the same arguments.

    Raises:
        UserError: fewer than MINIMUM records.
    """
    if conversations < MINIMUM:
        raise UserError(f"the built-in corpus needs {MINIMUM} conversations, not {conversations}")
    writer = _Writer(conversations, seed)
    records = [writer.record(number) for number in range(1, conversations + 1)]
    writer.rng.shuffle(records)
    planted = {name: tuple(map(_id, sorted(at))) for name, at in writer.planted.items()}
    personal = {kind: tuple(sorted(pairs)) for kind, pairs in writer.personal_data.items()}
    return Corpus(tuple(records), planted, personal)


def _id(number: int) -> str:
    return f"shop-{number:05}"


class _Writer:
    """Deals the defects to the numbers 1 to `conversations`, then writes each record."""

    def __init__(self, conversations: int, seed: int) -> None:
        self.seed = seed
        self.rng = source(seed, "plan")
        self.planted: dict[str, list[int]] = {}
        self.personal_data: dict[str, list[tuple[str, str]]] = {kind: [] for kind in _MAKERS}
        clean = self._deal_copies(list(range(1, conversations + 1)), counts(conversations))
        for name, count in counts(conversations).items():
            if name not in _COPIES:
                self.planted[name], clean = clean[:count], clean[count:]
        hands = self._hands(scaled(OF_EACH_KIND, conversations))
        self.kinds = dict(zip(clean, hands, strict=False))
        self.originals = dict(self._originals(clean[len(hands) :], conversations // 2))
        self._deal_papers(clean[len(hands) :], scaled(OF_EACH_KIND, conversations))
        self.defect = {
            number: (name, rank)
            for name, at in self.planted.items()
            for rank, number in enumerate(at)
        }

    def _deal_copies(self, numbers: list[int], count: Mapping[str, int]) -> list[int]:
        """Copies stand in the second half, their originals in the first; returns the others."""
        later = numbers[len(numbers) // 2 :]
        self.rng.shuffle(later)
        for name in _COPIES:
            self.planted[name], later = later[: count[name]], later[count[name] :]
        others = numbers[: len(numbers) // 2] + later
        self.rng.shuffle(others)
        return others

    def _hands(self, count: int) -> list[tuple[str, ...]]:
        """`count` values of each kind of personal data, one or two to a record."""
        deck = [kind for kind in PERSONAL for _ in range(count)]
        self.rng.shuffle(deck)
        hands = []
        while deck:
            two = len(deck) > 1 and deck[0] != deck[1] and self.rng.random() < _TWO_KINDS
            hands.append(tuple(deck[: 1 + two]))
            deck = deck[1 + two :]
        return hands

    def _deal_papers(self, clean: list[int], count: int) -> None:
        """One value to a record that is no original, from the last on, with dice of their own.

        So the plan of all else is what it would be without them.
        """
        originals = set(self.originals.values())
        free = [number for number in reversed(clean) if number not in originals]
        deck = [kind for kind in PAPERS for _ in range(count)]
        source(self.seed, "papers").shuffle(deck)
        self.kinds |= {number: (kind,) for number, kind in zip(free, deck, strict=False)}

    def _originals(self, clean: list[int], half: int) -> Iterator[tuple[int, int]]:
        """Pairs of a copy and what it is a copy of: clean, and long enough for a near-twin."""
        early = iter([number for number in clean if number <= half])
        for name in _COPIES:
            for copy in self.planted[name]:
                least = TWIN_WORDS if name == "near_duplicate" else 1
                fitting = (at for at in early if len(words(self._messages(at))) >= least)
                yield copy, next(fitting)

    def _messages(self, number: int) -> Messages:
        return converse(self.seed, number).messages

    def record(self, number: int) -> dict[str, object]:
        """The record of this number, with what was dealt to it."""
        talk = converse(self.seed, self.originals.get(number, number))
        rng = source(self.seed, "planted", number)
        messages = talk.messages
        if number in self.defect:
            name, rank = self.defect[number]
            messages = PLANT[name](messages, rng, rank)
        for kind in self.kinds.get(number, ()):
            value = _MAKERS[kind](rng)
            self.personal_data[kind].append((_id(number), value))
            messages = mention(messages, kind, value, rng)
        return {"id": _id(number), "topics": list(talk.topics), "messages": list(messages)}
