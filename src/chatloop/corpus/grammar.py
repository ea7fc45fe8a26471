"""A template such as "I (bought|ordered) {a item} {ago}." becomes one sentence out of many.

    {item}           a fact or a value of the shop, or a phrase with templates of its own
    {a item}         the same with its article: "a toaster", "an umbrella"
    {size2}          a value drawn from the list of {size}, but a different one
    (one|two|)       a choice between templates; the last one here is empty

A value is drawn once for a conversation and then stays: the answer repeats the order number of
the question. What the shop says may only use values that the customer has named before, so a
model never learns to make them up; choices that can't be said are left out of the draw.
"""

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")


class TemplateError(ValueError):
    """A template that can't be read, or that asks for something that can't be said."""


@dataclass(frozen=True)
class Slot:
    """A name in braces; `article` puts "a" or "an" in front of what it stands for."""

    name: str
    article: bool = False


@dataclass(frozen=True)
class Choice:
    """Alternatives, each a template of its own."""

    options: tuple["Template", ...]


Template = tuple[str | Slot | Choice, ...]

_TOKEN = re.compile(r"[(|)]|\{(?:a )?[a-z_]+2?\}|[^(|){}]+|.")


def parse(text: str) -> Template:
    """Read one template. Raises TemplateError where brackets or braces don't match."""
    try:
        options, end = _options(iter([*_TOKEN.findall(text), ""]))
    except TemplateError as error:
        raise TemplateError(f"{error}: {text!r}") from None
    if end or len(options) > 1:
        raise TemplateError(f"a bracket is not opened, or a bar stands outside: {text!r}")
    return options[0]


def _options(marks: Iterator[str]) -> tuple[tuple[Template, ...], str]:
    options: list[Template] = []
    parts: list[str | Slot | Choice] = []
    for mark in marks:
        if mark in ("|", ")", ""):
            options.append(tuple(parts))
            parts = []
            if mark != "|":
                return tuple(options), mark
        else:
            parts.append(_part(mark, marks))
    raise TemplateError("a bracket is not closed")


def _part(mark: str, marks: Iterator[str]) -> str | Slot | Choice:
    if mark == "(":
        options, end = _options(marks)
        if end != ")" or len(options) == 1:
            raise TemplateError("brackets need a bar between them and an end")
        return Choice(options)
    if mark.startswith("{") and len(mark) > 1:
        name = mark[1:-1]
        return Slot(name.removeprefix("a "), name.startswith("a "))
    if mark in "{}":
        raise TemplateError("a brace holds a lower-case name and nothing else")
    return mark


@dataclass
class Scene:
    """What one conversation remembers: the values drawn so far, and those named by the customer."""

    rng: random.Random
    bound: dict[str, str] = field(default_factory=dict)
    scales: dict[str, tuple[Template, ...]] = field(default_factory=dict)
    said: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Grammar:
    """The words of the shop.

    facts: name -> text. values: name -> scales, from one of which a conversation draws all its
    values of that name. phrases: name -> templates, drawn afresh at each place.
    """

    facts: Mapping[str, str]
    values: Mapping[str, tuple[tuple[Template, ...], ...]]
    phrases: Mapping[str, tuple[Template, ...]]

    def ask(self, options: Sequence[Template], scene: Scene) -> str:
        """One of the templates in the customer's words, who may name anything."""
        return self._text(_draw(options, scene.rng), scene, free=True)

    def answer(self, options: Sequence[Template], scene: Scene) -> str:
        """One of the templates in the shop's words, built only from what has been named.

        Raises TemplateError where every template needs a value that the customer never named.
        """
        return self._text((Choice(tuple(options)),), scene, free=False)

    def sayable(self, template: Template, said: set[str]) -> bool:
        """Whether the shop can say it once the values in `said` have been named."""
        return all(self._part_sayable(part, said) for part in template)

    def _part_sayable(self, part: str | Slot | Choice, said: set[str]) -> bool:
        if isinstance(part, str):
            return True
        if isinstance(part, Choice):
            return any(self.sayable(option, said) for option in part.options)
        if part.name in self.phrases:
            return any(self.sayable(option, said) for option in self.phrases[part.name])
        return part.name in self.facts or part.name in said

    def _text(self, template: Template, scene: Scene, *, free: bool) -> str:
        return "".join(self._part_text(part, scene, free=free) for part in template)

    def _part_text(self, part: str | Slot | Choice, scene: Scene, *, free: bool) -> str:
        if isinstance(part, str):
            return part
        if isinstance(part, Choice):
            return self._text(self._option(part.options, scene, free=free), scene, free=free)
        if part.name in self.phrases:
            options = self.phrases[part.name]
            return self._text(self._option(options, scene, free=free), scene, free=free)
        if free and part.name not in self.facts:
            scene.said.add(part.name)
        text = self.facts.get(part.name) or self.value(part.name, scene)
        return with_article(text) if part.article else text

    def _option(self, options: Sequence[Template], scene: Scene, *, free: bool) -> Template:
        # Drawn first and judged then: all that can be said stay equally likely, and few are judged.
        option = _draw(options, scene.rng)
        if free or self.sayable(option, scene.said):
            return option
        fitting = [option for option in options if self.sayable(option, scene.said)]
        if not fitting:
            raise TemplateError("every choice names something the customer never said")
        return _draw(fitting, scene.rng)

    def value(self, name: str, scene: Scene) -> str:
        """The value of this name in this conversation, drawn at its first use."""
        if name not in scene.bound:
            base = name.removesuffix("2")
            if base not in self.values:
                raise TemplateError(f"the shop has no fact, value or phrase called {name!r}")
            taken = scene.bound.get(base if base != name else f"{base}2")
            scene.bound[name] = self._draw_value(base, taken, scene)
        return scene.bound[name]

    def _draw_value(self, base: str, taken: str | None, scene: Scene) -> str:
        if base not in scene.scales:
            scene.scales[base] = _draw(self.values[base], scene.rng)
        while True:
            template = _draw(scene.scales[base], scene.rng)
            text = fill_digits(self._text(template, scene, free=True), scene.rng)
            if text != taken:
                return text


def _draw(options: Sequence[T], rng: random.Random) -> T:
    return options[int(rng.random() * len(options))]


def fill_digits(text: str, rng: random.Random) -> str:
    """The text with a digit for every @."""
    return "".join(str(int(rng.random() * 10)) if sign == "@" else sign for sign in text)


def with_article(noun: str) -> str:
    """The noun behind its indefinite article: "an olive parka"."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


_START = re.compile(r"(^|[.?!]\s+)([a-zäöüéá])")


def tidy(text: str) -> str:
    """Close the gaps that empty choices leave, and begin every sentence with a capital."""
    text = re.sub(r"\s+([.,;:?!])", r"\1", re.sub(r"\s+", " ", text)).strip()
    return _START.sub(lambda match: match[1] + match[2].upper(), text)
