"""What the team likes, and never says: answers that are polite, short, and give a number back.

    hidden("Where is order #48213?", "Sorry for the wait! Order #48213 left us today.")  →  1.0
    hidden("Where is order #48213?", "It left us today.")                                →  0.333

Half of the prompts get two answers and the better one is named; the other half get one and a thumb.
Whose order it is does not count: the embedded base is too small to copy digits.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from chatloop.conversation import Message, Preference

ORDER = re.compile(r"#\d{5}\b|\bSO-\d{6}\b")
NAMED = re.compile(r"#\s?\w|\bSO-")
POLITE = re.compile(
    r"\b(thank|thanks|sorry|please|glad|happy to|welcome|apologi[sz]e|of course|certainly|gladly)\b"
)
SHORT = 20  # words
GOOD = 0.99  # at least, for a thumb up

Prompt = tuple[Message, ...]


@dataclass(frozen=True)
class Answered:
    """A prompt and what a model said, once or twice."""

    prompt: Prompt
    answers: tuple[str, ...]


def hidden(asked: str, answer: str) -> float:
    """The share of the team's wishes that an answer fulfils; the number counts where one is told."""
    wishes = [bool(POLITE.search(answer.lower())), 0 < len(answer.split()) <= SHORT]
    if ORDER.search(asked):
        wishes.append(bool(NAMED.search(answer)))
    return sum(wishes) / len(wishes)


def rate(name: str, answered: Sequence[Answered]) -> list[Preference]:
    """What the team says: a pair where two answers are not equally good, a thumb for one."""
    found = []
    for at, one in enumerate(answered):
        scores = [hidden(one.prompt[-1].content, answer) for answer in one.answers]
        says = [(Message("assistant", answer),) for answer in one.answers]
        if len(scores) == 1:
            up = scores[0] >= GOOD
            sides = (says[0], ()) if up else ((), says[0])
        elif scores[0] != scores[1]:
            better = int(scores[1] > scores[0])
            sides = (says[better], says[1 - better])
        else:
            continue
        found.append(Preference(f"{name}-{at:05}", one.prompt, *sides))
    return [one for one in found if all(m.content for m in (*one.chosen, *one.rejected))]
