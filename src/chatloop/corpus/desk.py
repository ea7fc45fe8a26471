"""The words of the support desk, read once from the YAML files of this package.

    topics/returns.yaml    scenarios and follow-ups of one topic, as lists of templates
    shop.yaml              facts, values, phrases, and exchanges that belong to no topic

A topic has scenarios, each with its own way to ask and to answer, and follow-ups, which come
after some or all of its scenarios.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from chatloop.corpus.grammar import Grammar, Template, parse

# Safe loading either way; libyaml's is ten times as fast, and not every platform has it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Exchange:
    """Templates of a question and of its answer; `after` names the scenarios it may follow."""

    ask: tuple[Template, ...]
    answer: tuple[Template, ...]
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scenario:
    """A reason to write to the shop. The question is context and ask, or direct, or short.

    `vague` is asked without the order number, which the shop then asks for. `tone` names the
    phrases that may open the answer, and `extra` may close it. One of `bind` sets values.
    """

    name: str
    tone: str
    bind: tuple[Mapping[str, str], ...]
    context: tuple[Template, ...]
    ask: tuple[Template, ...]
    direct: tuple[Template, ...]
    short: tuple[Template, ...]
    vague: tuple[Template, ...]
    answer: tuple[Template, ...]
    extra: tuple[Template, ...]


@dataclass(frozen=True)
class Topic:
    """What customers ask about one thing; `weight` is its share among the topics."""

    name: str
    weight: int
    scenarios: tuple[Scenario, ...]
    followups: tuple[Exchange, ...]


@dataclass(frozen=True)
class Desk:
    """Everything the conversations are made of."""

    grammar: Grammar
    topics: Mapping[str, Topic]
    exchanges: Mapping[str, Exchange]


def read(name: str) -> Any:
    """The content of a YAML file of this package, named by its path below the package."""
    text = resources.files("chatloop.corpus").joinpath(name).read_text(encoding="utf-8")
    return yaml.load(text, Loader=_LOADER)  # noqa: S506


def templates(texts: Sequence[str]) -> tuple[Template, ...]:
    """Read a list of templates."""
    return tuple(parse(text) for text in texts)


@cache
def desk() -> Desk:
    """All words of the corpus."""
    shop = read("shop.yaml")
    values = {name: _scales(texts) for name, texts in shop["values"].items()}
    phrases = {name: templates(texts) for name, texts in shop["phrases"].items()}
    exchanges = {name: _exchange(node) for name, node in shop["exchanges"].items()}
    grammar = Grammar(shop["facts"], values, phrases)
    return Desk(grammar, {name: _topic(name) for name in _topic_names()}, exchanges)


def _scales(texts: Sequence[Any]) -> tuple[tuple[Template, ...], ...]:
    nested = isinstance(texts[0], list)
    return tuple(templates(scale) for scale in (texts if nested else [texts]))


def _topic_names() -> list[str]:
    files = resources.files("chatloop.corpus").joinpath("topics").iterdir()
    return sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml"))


def _topic(name: str) -> Topic:
    node = read(f"topics/{name}.yaml")
    scenarios = tuple(_scenario(key, value) for key, value in node["scenarios"].items())
    followups = tuple(_exchange(value) for value in node["followups"].values())
    return Topic(name, node["weight"], scenarios, followups)


def _scenario(name: str, node: Mapping[str, Any]) -> Scenario:
    kinds = ("context", "ask", "direct", "short", "vague", "answer", "extra")
    texts = {kind: templates(node.get(kind, ())) for kind in kinds}
    return Scenario(name=name, tone=node["tone"], bind=tuple(node.get("bind", ())), **texts)


def _exchange(node: Mapping[str, Any]) -> Exchange:
    after = tuple(node.get("after", ()))
    return Exchange(templates(node["ask"]), templates(node["answer"]), after)
