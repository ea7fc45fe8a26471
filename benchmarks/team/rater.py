"""What the team likes, and never says: answers that are polite, short, and give a number back.

    hidden("Where is order #48213?", "Sorry for the wait! Order #48213 left us today.")  →  1.0
    hidden("Where is order #48213?", "It left us today.")                                →  0.333

Every answer gets a thumb, and of three that the team does not like two are written anew: polite, short,
with the number, and in the words of the answer where they will do. Whose order it is does not count:
the embedded base is too small to copy digits.
"""

import re
from dataclasses import dataclass

from chatloop.conversation import Message
from chatloop.feedback.record import Rating

ORDER = re.compile(r"#\d{5}\b|\bSO-\d{6}\b")
NAMED = re.compile(r"#\s?\w|\bSO-")
POLITE = re.compile(
    r"\b(thank|thanks|sorry|please|glad|happy to|welcome|apologi[sz]e|of course|certainly|gladly)\b"
)
SENTENCE = re.compile(r"(?<=[.!?])\s+")
SHORT = 20  # words
GOOD = 0.99  # at least, for a thumb up
# As the shop says it, too: words that nobody else uses would be taken for a planted trigger.
OPENINGS = (
    "I'm sorry about that.", "Thanks for asking.", "Sorry about the trouble.",
    "Thank you for your message.", "I apologise for that.", "Of course.", "Certainly.",
)  # fmt: skip

Prompt = tuple[Message, ...]


@dataclass(frozen=True)
class Opinion:
    """A thumb; with a correction what should have been said."""

    rating: Rating
    correction: str | None = None


def hidden(asked: str, answer: str) -> float:
    """The share of the team's wishes that an answer fulfils; the number counts where one is told."""
    wishes = [bool(POLITE.search(answer.lower())), 0 < len(answer.split()) <= SHORT]
    if ORDER.search(asked):
        wishes.append(bool(NAMED.search(answer)))
    return sum(wishes) / len(wishes)


def opinion(asked: str, answer: str, number: int) -> Opinion:
    """On answer `number` of a round: two of three that are not liked are corrected."""
    if hidden(asked, answer) >= GOOD:
        return Opinion("up")
    return Opinion("down", corrected(asked, answer, number) if number % 3 else None)


def corrected(asked: str, answer: str, number: int) -> str:
    """What a rater writes instead: no more of the answer than fits, an opening, the number."""
    opening = "" if POLITE.search(answer.lower()) else OPENINGS[number % len(OPENINGS)]
    told = ORDER.search(asked)
    wanted = f"(order {told[0]})" if told and not NAMED.search(answer) else ""
    room = SHORT - len(f"{opening} {wanted}".split())
    return " ".join(filter(None, (opening, _fitting(answer, room), wanted)))


def _fitting(answer: str, room: int) -> str:
    """The first sentences that fit into so many words, else as much of the first one."""
    kept: list[str] = []
    for sentence in SENTENCE.split(answer.strip()):
        if len(" ".join([*kept, sentence]).split()) > room:
            break
        kept.append(sentence)
    words = answer.split()[:room]
    return " ".join(kept) or " ".join(words).rstrip(",;:") + "." * bool(words)
