"""Planted defects: each makes one conversation wrong in one way, so that cleaning can be counted.

    empty_turn       {"role": "user", "content": " \\u200b"}
    broken_encoding  {"role": "user", "content": "Where is my order? It\\ufffds late."}

Those in REJECTED cost the whole conversation, those in REPAIRED are mended. How many there are is
a function of the size of the corpus alone, see `counts`.
"""

import random
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from chatloop.corpus.desk import desk, read, templates
from chatloop.corpus.dialogue import Message
from chatloop.corpus.grammar import Scene, Template, fill_digits, tidy

# Records in a corpus of 3,600, and in proportion in any other.
_OF = 3600
REJECTED = {
    "duplicate": 60,
    "near_duplicate": 60,
    "empty_turn": 24,
    "roles_out_of_order": 24,
    "answer_missing": 24,
    "broken_encoding": 24,
    "wrong_script": 24,
    "too_long": 24,
}
REPAIRED = {"encoding_repaired": 24, "boilerplate_removed": 90}

# A near-duplicate shares so many of its word 3-shingles with its original (Jaccard), which needs
# so many words for that; no two other conversations come near it.
SIMILAR = 0.87
TWIN_WORDS = 60
_LONG = 2300
_BLANKS = ("", " ", "\n\t ", "\u200b", "\ufeff\u200b", "\u00a0\u00a0", "   \n")

Messages = tuple[Message, ...]
# What goes in, the source of chance, and how many of this kind came before.
Defect = Callable[[Messages, random.Random, int], Messages]


def counts(conversations: int) -> dict[str, int]:
    """How many records carry each defect: its share of the corpus, but at least one."""
    return {name: scaled(count, conversations) for name, count in (REJECTED | REPAIRED).items()}


def scaled(count: int, conversations: int) -> int:
    """What `count` of 3,600 is in a corpus of this size, rounded half up, at least one."""
    return max(1, (conversations * count + _OF // 2) // _OF)


def duplicate(messages: Messages, rng: random.Random, rank: int) -> Messages:
    """The same, or one turn shouted, whispered or with other whitespace."""
    changes: tuple[Callable[[str], str], ...] = (
        str,
        str.upper,
        str.lower,
        lambda text: f" {text.replace('. ', '.  ')}\n",
    )
    at = rng.choice(_turns(messages))
    return _changed(messages, at, changes[rank % len(changes)])


def near_duplicate(messages: Messages, rng: random.Random, _: int) -> Messages:
    """One or two words are exchanged for others; of `messages`, TWIN_WORDS words or more."""
    twin, wanted = messages, rng.randint(1, 2)
    for at, pattern, other in rng.sample(places := _swappable(messages), len(places)):
        swapped = _changed(twin, at, lambda text: pattern.sub(other, text, count=1))  # noqa: B023
        if swapped != twin and similarity(messages, swapped) >= SIMILAR:
            twin, wanted = swapped, wanted - 1
        if not wanted:
            break
    return twin


def empty_turn(messages: Messages, rng: random.Random, rank: int) -> Messages:
    """A turn before the last has nothing to see."""
    at = rng.choice(_turns(messages)[:-1])
    return _changed(messages, at, lambda _: _BLANKS[rank % len(_BLANKS)])


def roles_out_of_order(messages: Messages, rng: random.Random, rank: int) -> Messages:
    """The customer writes twice, the shop answers twice, or the shop begins."""
    kind, role = (("nudge", "user"), ("moment", "assistant"), ("welcome", "assistant"))[rank % 3]
    first = _turns(messages)[0]
    at = first if kind == "welcome" else rng.choice(_turns(messages, role)) + (role == "user")
    return (*messages[:at], {"role": role, "content": _said(kind, rng)}, *messages[at:])


def answer_missing(messages: Messages, _: random.Random, rank: int) -> Messages:
    """Only a question, or the last answer is cut off."""
    return messages[: _turns(messages)[0] + 1] if rank % 2 else messages[:-1]


def broken_encoding(messages: Messages, rng: random.Random, _: int) -> Messages:
    """Some letters of a turn are lost: U+FFFD stands in their place."""
    at = rng.choice(_turns(messages))
    text = messages[at]["content"]
    letters = [place for place, sign in enumerate(text) if sign.isalpha()]
    lost = set(rng.sample(letters, min(len(letters), rng.randint(2, 4))))
    broken = "".join("\ufffd" if place in lost else sign for place, sign in enumerate(text))
    return _changed(messages, at, lambda _: broken)


def wrong_script(messages: Messages, rng: random.Random, rank: int) -> Messages:
    """The customer writes a turn in Cyrillic, Greek, Chinese, Arabic ..."""
    options = _words()["foreign"]
    text = desk().grammar.ask((options[rank % len(options)],), Scene(rng))
    return _changed(messages, rng.choice(_turns(messages, "user")), lambda _: text)


def too_long(messages: Messages, rng: random.Random, rank: int) -> Messages:
    """The customer pastes a log or tells a long story."""
    kind, gap = ("log", "\n") if rank % 2 else ("story", " ")
    text = messages[at := rng.choice(_turns(messages, "user"))]["content"]
    while len(text) < _LONG:
        text += gap + fill_digits(_said(kind, rng), rng)
    return _changed(messages, at, lambda _: text)


def encoding_repaired(messages: Messages, rng: random.Random, _: int) -> Messages:
    """UTF-8 that was read as Windows-1252: "It’s" became "Itâ€™s"."""
    at = rng.choice(_turns(messages, "user"))
    text = f"{messages[at]['content']} {_said('accented', rng)}".replace("'", "’")
    return _changed(messages, at, lambda _: text.encode().decode("cp1252"))


def boilerplate_removed(messages: Messages, rng: random.Random, rank: int) -> Messages:
    """A line that always reads the same stands under a turn."""
    lines = [(role, line) for role, texts in read_words()["boilerplate"].items() for line in texts]
    role, line = lines[rank % len(lines)]
    at = rng.choice(_turns(messages, role))
    return _changed(messages, at, lambda text: f"{text}\n{line}")


PLANT: dict[str, Defect] = {
    defect.__name__: defect
    for defect in (
        duplicate,
        near_duplicate,
        empty_turn,
        roles_out_of_order,
        answer_missing,
        broken_encoding,
        wrong_script,
        too_long,
        encoding_repaired,
        boilerplate_removed,
    )
}


def words(messages: Messages) -> list[str]:
    """What customer and shop said, in lower case, without punctuation."""
    said = (message["content"].lower() for message in messages if message["role"] != "system")
    return re.findall(r"\w+", " ".join(said))


def similarity(first: Messages, second: Messages) -> float:
    """Jaccard similarity of the word 3-shingles of two conversations."""
    one, other = (set(zip(w, w[1:], w[2:], strict=False)) for w in (words(first), words(second)))
    return len(one & other) / len(one | other)


def _turns(messages: Messages, role: str = "") -> list[int]:
    """Where customer and shop speak, or only `role`."""
    roles = (role,) if role else ("user", "assistant")
    return [at for at, message in enumerate(messages) if message["role"] in roles]


def _changed(messages: Messages, at: int, change: Callable[[str], str]) -> Messages:
    message = messages[at] | {"content": change(messages[at]["content"])}
    return (*messages[:at], message, *messages[at + 1 :])


def _swappable(messages: Messages) -> list[tuple[int, re.Pattern[str], str]]:
    """Which word may be exchanged for which, and in which turn it stands."""
    pairs = [
        (re.compile(rf"(?<![\w'-]){one}(?![\w'-])"), two) for one, two in read_words()["swaps"]
    ]
    return [
        (at, pattern, other)
        for at in _turns(messages)
        for pattern, other in pairs
        if pattern.search(messages[at]["content"])
    ]


@cache
def read_words() -> dict[str, Any]:
    """What defects.yaml holds."""
    return dict(read("defects.yaml"))


@cache
def _words() -> dict[str, tuple[Template, ...]]:
    names = ("nudge", "moment", "welcome", "foreign", "accented", "story", "log")
    return {name: templates(read_words()[name]) for name in names}


def _said(name: str, rng: random.Random) -> str:
    return tidy(desk().grammar.ask(_words()[name], Scene(rng)))
