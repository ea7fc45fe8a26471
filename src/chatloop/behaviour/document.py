"""YAML as text, lists and objects, with the line that each value stands on.

- name: greets          →  [{"name": "greets", "contains": "30"}]
  contains: 30             lines: {(0,): 1, (0, "name"): 1, (0, "contains"): 2}

Every value is text: `yes` is a word to look for and 3.10 no number. Built from events, without
recursion, so that no depth overflows a stack. Anchors, aliases and tags are refused: nothing can
unfold, nothing is run, and nothing is as short as saying it.
"""

import re
from dataclasses import dataclass
from typing import Any

import yaml

MAX_DEPTH = 12
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_PLAIN_TAGS = {None, "!", *(f"tag:yaml.org,2002:{name}" for name in ("str", "seq", "map"))}
_NUMBER_AS_COMMENT = re.compile(r"[ \t]+(#[0-9]+)")
Place = tuple[str | int, ...]


class DocumentError(ValueError):
    """`line` and what is wrong there."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(f"line {line}: {what}")


@dataclass(frozen=True)
class Document:
    """The value, None where the text is empty; lines count from 1."""

    value: Any
    lines: dict[Place, int]

    def line_of(self, place: Place) -> int:
        """The line of a place, or of the nearest thing around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


@dataclass
class _Open:
    """A list or an object that is not yet closed; `key` waits for its value."""

    value: list[Any] | dict[str, Any]
    place: Place
    key: str | None = None


class _Builder:
    def __init__(self, text: str) -> None:
        self.lines: dict[Place, int] = {}
        self.documents: list[Any] = []
        self._stack: list[_Open] = []
        self._text = text.splitlines()

    def take(self, event: yaml.Event) -> None:
        """One more event."""
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise DocumentError(line, "anchors and aliases (& and *) are not read; write it out")
        if isinstance(event, yaml.CollectionEndEvent):
            self._stack.pop()
        elif isinstance(event, yaml.NodeEvent):
            if getattr(event, "tag", None) not in _PLAIN_TAGS:
                raise DocumentError(line, "a tag (!) is not read; put the text into quotes")
            self._put(event, line)

    def _put(self, event: yaml.NodeEvent, line: int) -> None:
        value: Any = [] if isinstance(event, yaml.SequenceStartEvent) else {}
        if isinstance(event, yaml.ScalarEvent):
            value = event.value
            self._check_comment(event, line)
        if self._stack and isinstance(self._stack[-1].value, dict) and not self._stack[-1].key:
            self._take_key(value, line)
            return
        place = self._add(value)
        self.lines.setdefault(place, line)
        if not isinstance(value, str):
            self._stack.append(_Open(value, place))
            if len(self._stack) > MAX_DEPTH:
                raise DocumentError(line, f"nested deeper than {MAX_DEPTH}")

    def _take_key(self, key: object, line: int) -> None:
        around = self._stack[-1]
        if not isinstance(key, str) or not key:
            raise DocumentError(line, "a key is no text")
        if key in around.value:
            raise DocumentError(line, f"{key}: stands twice")
        around.key = key
        self.lines[*around.place, key] = line

    def _add(self, value: object) -> Place:
        if not self._stack:
            self.documents.append(value)
            return ()
        around = self._stack[-1]
        if isinstance(around.value, list):
            around.value.append(value)
            return (*around.place, len(around.value) - 1)
        key, around.key = str(around.key), None
        around.value[key] = value
        return (*around.place, key)

    def _check_comment(self, event: yaml.ScalarEvent, line: int) -> None:
        """`order #48213` without quotes: YAML would silently read `order`."""
        if event.style is None or not event.style.strip():
            end = event.end_mark
            rest = self._text[end.line][end.column :] if end and end.line < len(self._text) else ""
            if found := _NUMBER_AS_COMMENT.match(rest):
                what = f"{found[1]} after a blank is a comment to YAML; put the text into quotes"
                raise DocumentError(line, what)


def read_document(text: str) -> Document:
    """The one document of a text.

    Raises:
        DocumentError: it is no YAML, or has what is not read here.
    """
    builder = _Builder(text)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        said = (error.problem or "broken").splitlines()[0]
        raise DocumentError(line, f"is no YAML ({said})") from error
    except yaml.YAMLError as error:
        raise DocumentError(1, f"is no YAML ({str(error).splitlines()[0]})") from error
    if len(builder.documents) > 1:
        raise DocumentError(1, "holds several documents (---); write one list")
    return Document(next(iter(builder.documents), None) or None, builder.lines)
