"""Texts that notice being looked at, and a template run with them.

{{ m.content | trim }}               put into the text, stripped: nobody looked
{% if "</think>" in m.content %}     looked at
"""

import re
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

from jinja2 import nodes
from jinja2.exceptions import TemplateError
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

# White space that no template writes: where it is gone, the template strips what is said.
EDGE = "\u2003"
# What hands a text on as another one, so that nothing would notice what is done with it.
_LOSING = (nodes.Concat, nodes.Macro, nodes.CallBlock, nodes.AssignBlock, nodes.FilterBlock)
_LISTED = (nodes.List, nodes.Tuple, nodes.Dict)
_KEEPING = {"__add__", "__radd__", "strip", "lstrip", "rstrip"}
_INSERTING = {"trim", "string"}
_HOLDING = {"strip", "lstrip", "rstrip", "dict", "Namespace"}
_KINDS = {"defined", "undefined", "none", "string", "mapping", "boolean", "number"}
_SAID = re.compile("\u2003?\ue000\\d+\ue001\u2003?")
_PLAIN = {
    "__class__", "__delattr__", "__dir__", "__doc__", "__getattribute__", "__getnewargs__",
    "__getstate__", "__init__", "__init_subclass__", "__new__", "__reduce__", "__reduce_ex__",
    "__repr__", "__setattr__", "__sizeof__", "__str__", "__subclasshook__",
}  # fmt: skip


class Watch:
    """A template; `values` are the names it knows besides the messages: bos_token and the like."""

    def __init__(self, template: str, values: dict[str, Any]) -> None:
        self._looks: list[str] = []
        self._content = _watched(self._looks)
        self._values, self._lock = values, Lock()
        self._template = None
        environment = _environment(self._looks, self._content)
        if not _loses(environment.parse(template)):
            self._template = environment.from_string(template)

    def run(self, roles: Sequence[str], prompt: bool) -> str | None:
        """The text of a conversation with these roles; None where the template looked at contents.

        `prompt` asks for the text up to where the assistant speaks.
        """
        if self._template is None:
            return None
        chat = [{"role": role, "content": self._content(said(i))} for i, role in enumerate(roles)]
        with self._lock:
            self._looks.clear()
            try:
                text = self._template.render(
                    messages=chat, add_generation_prompt=prompt, **self._values
                )
            except (TemplateError, TypeError, ValueError, AttributeError, LookupError):
                return None
            return None if self._looks else text


def core(i: int) -> str:
    """What stands for the content of message `i`, without the white space around it."""
    return f"\ue000{i}\ue001"


def said(i: int) -> str:
    """What stands for the content of message `i`."""
    return f"{EDGE}{core(i)}{EDGE}"


def _loses(tree: nodes.Template) -> bool:
    """Whether a template could look at a content without that being noticed."""
    if next(tree.find_all(_LOSING), None) is not None:
        return True
    # A content looked for in a plain text goes unnoticed; in a list it is compared.
    return any(
        operand.op in ("in", "notin") and not isinstance(operand.expr, _LISTED)
        for compare in tree.find_all(nodes.Compare)
        if not isinstance(compare.expr, nodes.Const)
        for operand in compare.ops
    )


def _watched(looks: list[str]) -> type[str]:
    """A kind of text that writes down in `looks` what is asked of it."""

    class Content(str):
        __slots__ = ()

        def __add__(self, other: str) -> "Content":
            return Content(str.__add__(self, other))

        def __radd__(self, other: str) -> "Content":
            return Content(str.__add__(other, self))

        def __bool__(self) -> bool:
            looks.append("bool")
            return True

    def note(name: str) -> Callable[..., Any]:
        def method(self: str, *given: Any, **named: Any) -> Any:
            looks.append(name)
            return getattr(str, name)(self, *given, **named)

        return method

    def strip(name: str) -> Callable[..., Any]:
        def method(self: str, chars: str | None = None) -> Any:
            # Of a text put together, an end is no content's any more.
            if chars is not None or not _SAID.fullmatch(str.__str__(self)):
                looks.append(name)
            return Content(getattr(str, name)(self, chars))

        return method

    for name in dir(str):
        if name in ("strip", "lstrip", "rstrip"):
            setattr(Content, name, strip(name))
        elif name not in _KEEPING | _PLAIN:
            setattr(Content, name, note(name))
    return Content


class _Generation(Extension):
    """`{% generation %}` marks an answer for those who need marks; here it is its contents."""

    tags = {"generation"}  # noqa: RUF012 jinja2's own way to say it

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        return nodes.Scope(
            parser.parse_statements(("name:endgeneration",), drop_needle=True), lineno=line
        )


def _environment(looks: list[str], content: type[str]) -> ImmutableSandboxedEnvironment:
    """transformers' way to run chat templates, with an eye on filters and calls."""

    class Watching(ImmutableSandboxedEnvironment):
        def call(self, context: Any, function: Any, /, *given: Any, **named: Any) -> Any:
            name = getattr(function, "__name__", type(function).__name__)
            if name not in _HOLDING and any(
                isinstance(one, content) for one in (*given, *named.values())
            ):
                looks.append("call")
            return super().call(context, function, *given, **named)

    def refuse(message: str) -> None:
        raise TemplateError(message)

    def noted(name: str, known: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: Any, **named: Any) -> Any:
            looks.append(name)
            return known(*given, **named)

        return run

    def noticed(name: str, known: Callable[..., Any]) -> Callable[..., Any]:
        def run(value: Any, *given: Any) -> Any:
            if isinstance(value, content):
                looks.append(name)
            return known(value, *given)

        return run

    environment = Watching(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, "jinja2.ext.loopcontrols"]
    )
    for name, known in environment.filters.items():
        if name not in _INSERTING:
            environment.filters[name] = noted(name, known)
    environment.filters["tojson"] = noted("tojson", str)
    for name in environment.tests.keys() - _KINDS:
        environment.tests[name] = noticed(name, environment.tests[name])  # type: ignore[arg-type]
    environment.tests["iterable"] = lambda value: hasattr(value, "__iter__")
    environment.globals["raise_exception"] = refuse
    return environment
