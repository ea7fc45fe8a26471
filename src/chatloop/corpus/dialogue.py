"""One clean conversation of the support desk, as a pure function of (seed, index).

    topics    ("returns",)
    messages  ({"role": "user", "content": "I bought a lilac parka two weeks ago. Can I ..."},
               {"role": "assistant", "content": "You can return the lilac parka within ..."}, ...)

What is said is drawn from the words of the desk; how much of it, from the shares below.
"""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from chatloop.corpus.desk import Exchange, Scenario, Topic, desk
from chatloop.corpus.grammar import Scene, tidy

Message = dict[str, str]
T = TypeVar("T")

# Of 100 conversations, how many plan 1, 2, ... 8 exchanges; a topic may hold fewer follow-ups.
LENGTHS = {1: 20, 2: 27, 3: 23, 4: 14, 5: 7, 6: 5, 7: 2, 8: 2}
# How customers type, of 100: as in the data, lower-case starts, no last mark, with slips.
STYLES = {"plain": 76, "lower": 12, "bare": 8, "slips": 4}
# Exchanges that belong to no topic: their share of the conversations of so many exchanges or more.
SMALL = {"smalltalk": (0.12, 3), "offtopic": (0.06, 4), "closing": (0.35, 2)}
SYSTEM_SHARE = 0.2
# From so many exchanges on, 7 in 10 conversations have a second topic.
TWO_TOPICS, TWO_TOPICS_SHARE = 4, 0.7
# A short opening has so many exchanges to follow it, or two conversations might be near-twins.
SHORT_OPENING, SHORT_SHARE = 3, 0.2
# How many of the other openings come to the point in one sentence, in short conversations and long.
DIRECT_SHARE, LONG_DIRECT_SHARE = 0.3, 0.65


@dataclass(frozen=True)
class Conversation:
    """A conversation that has no defect; messages in OpenAI style."""

    topics: tuple[str, ...]
    messages: tuple[Message, ...]


def source(seed: int, *names: object) -> random.Random:
    """A source of chance that depends on seed and names alone, and is the same everywhere."""
    return random.Random(":".join(map(str, (seed, *names))))  # noqa: S311


def converse(seed: int, index: int) -> Conversation:
    """The conversation of this number; it depends on no other."""
    rng = source(seed, "conversation", index)
    length = _weighted(LENGTHS, rng)
    writer = _Writer(rng, _weighted(STYLES, rng))
    if writer.chance(SYSTEM_SHARE):
        writer.say("system", writer.phrase("system", Scene(rng)))
    topics = writer.body(length)
    return Conversation(topics, tuple(writer.messages))


def _weighted(shares: Mapping[T, int], rng: random.Random) -> T:
    return rng.choices(list(shares), list(shares.values()))[0]


@dataclass
class _Writer:
    rng: random.Random
    style: str
    messages: list[Message] = field(default_factory=list)

    def body(self, length: int) -> tuple[str, ...]:
        """Small talk where there is room for it, and one or two topics; returns their names."""
        small = [name for name in SMALL if length >= SMALL[name][1] and self.chance(SMALL[name][0])]
        before = [name for name in small if name == "smalltalk"]
        for name in before:
            self.exchange(desk().exchanges[name], Scene(self.rng))
        topics = self.topics(length - len(small), lead="" if before else "hello")
        for name in small[len(before) :]:
            self.exchange(desk().exchanges[name], Scene(self.rng))
        return topics

    def topics(self, length: int, lead: str) -> tuple[str, ...]:
        """One topic, or two where the conversation is long."""
        shares = {name: topic.weight for name, topic in desk().topics.items()}
        first = _weighted(shares, self.rng)
        if length < TWO_TOPICS or not self.chance(TWO_TOPICS_SHARE):
            self.topic(desk().topics[first], length, lead)
            return (first,)
        second = _weighted({name: shares[name] for name in shares if name != first}, self.rng)
        self.topic(desk().topics[first], (length + 1) // 2, lead)
        self.topic(desk().topics[second], length // 2, "also")
        return (first, second)

    def topic(self, topic: Topic, length: int, lead: str) -> None:
        """An opening and follow-ups, `length` exchanges in all where the topic has so many."""
        scene = Scene(self.rng)
        scenario = self.rng.choice(topic.scenarios)
        if scenario.bind:
            scene.bound.update(self.rng.choice(scenario.bind))
        vague = bool(scenario.vague) and length > 1 and self.chance(0.25)
        self.say(
            "user", self.question(scenario, scene, lead, vague=vague, long=length >= SHORT_OPENING)
        )
        if vague:
            self.ask_number(scene)
        self.say("assistant", self.reply(scenario, scene))
        fitting = [f for f in topic.followups if not f.after or scenario.name in f.after]
        rest = min(length - 1 - vague, len(fitting))
        for followup in self.rng.sample(fitting, rest):
            self.exchange(followup, scene, lead="and")
        if self.chance(0.3):
            self.messages[-1]["content"] += self.phrase("more", scene)

    def question(
        self, scenario: Scenario, scene: Scene, lead: str, *, vague: bool, long: bool
    ) -> str:
        """An opening; a short one only in long conversations, or they would be near-twins."""
        if vague:
            kinds = [scenario.vague]
        elif scenario.short and long and self.chance(SHORT_SHARE):
            kinds = [scenario.short]
        elif self.chance(LONG_DIRECT_SHARE if long else DIRECT_SHARE):
            kinds = [scenario.direct]
        else:
            kinds = [scenario.context, scenario.ask]
        start = self.phrase(lead, scene) if lead else ""
        body = " ".join(desk().grammar.ask(kind, scene) for kind in kinds)
        return start + body + self.phrase("tail", scene)

    def ask_number(self, scene: Scene) -> None:
        """The shop asks for the order number and gets it."""
        number = desk().exchanges["number"]
        self.say("assistant", desk().grammar.answer(number.ask, scene))
        self.say("user", desk().grammar.ask(number.answer, scene))

    def reply(self, scenario: Scenario, scene: Scene) -> str:
        """The answer to an opening, between a phrase of the right tone and something extra."""
        grammar = desk().grammar
        parts = [self.phrase(scenario.tone, scene), grammar.answer(scenario.answer, scene)]
        extra = [option for option in scenario.extra if grammar.sayable(option, scene.said)]
        if extra and self.chance(0.4):
            parts.append(grammar.answer(extra, scene))
        return " ".join(parts)

    def exchange(self, exchange: Exchange, scene: Scene, lead: str = "") -> None:
        """A question and its answer."""
        start = self.phrase(lead, scene) if lead else ""
        self.say("user", start + desk().grammar.ask(exchange.ask, scene))
        self.say("assistant", desk().grammar.answer(exchange.answer, scene))

    def phrase(self, name: str, scene: Scene) -> str:
        """One of the phrases of this name, with the blanks at its ends."""
        return desk().grammar.ask(desk().grammar.phrases[name], scene)

    def say(self, role: str, text: str) -> None:
        """Add a message; customers type in their style."""
        text = tidy(text)
        if role == "user":
            text = _typed(text, self.style, self.rng)
        self.messages.append({"role": role, "content": text})

    def chance(self, share: float) -> bool:
        """True in this share of the draws."""
        return self.rng.random() < share


def _typed(text: str, style: str, rng: random.Random) -> str:
    if style == "lower":
        return re.sub(r"(^|[.?!] )([A-Z](?![A-Z]))|\bI\b", lambda m: m[0].lower(), text)
    if style == "bare":
        return text.rstrip(".?!")
    if style == "slips":
        return _slip(text, rng)
    return text


def _slip(text: str, rng: random.Random) -> str:
    """Two letters of one plain word change places, in every second turn or so."""
    words = text.split(" ")
    long = [place for place, word in enumerate(words) if re.fullmatch(r"[a-z]{5,}", word)]
    if long and rng.randrange(2):
        place = rng.choice(long)
        word, at = words[place], rng.randrange(1, len(words[place]) - 2)
        words[place] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)
