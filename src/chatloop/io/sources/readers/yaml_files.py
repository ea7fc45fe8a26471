"""YAML documents as text, lists and objects; nothing in them is run, and nothing unfolds.

- question: Are you open?    →  {"question": "Are you open?", "answer": "Yes"}
  answer: Yes

Every value is text: in a conversation, `Yes` is an answer and 3.10 no number. Aliases are followed
as far as a document stays of an honest size; tags, double keys and deep nesting are refused.
"""

from collections.abc import Iterator
from pathlib import Path

import yaml

from chatloop.errors import UserError
from chatloop.io.sources.opening import opened
from chatloop.io.sources.record import Record, raw_of

MAX_FILE, MAX_DEPTH = 64 * 2**20, 64
# Values that the aliases of one document may add to it; a long text counts for many.
MAX_UNFOLDED, _UNIT = 100_000, 100
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_PLAIN_TAGS = tuple(f"tag:yaml.org,2002:{name}" for name in ("str", "seq", "map"))


def read_yaml_records(path: Path, encoding: str | None = None) -> Iterator[Record]:
    """Entries of a list, or documents, one a record.

    Raises:
        UserError: it is no YAML, has tags of its own, or unfolds beyond an honest size.
    """
    with opened(path, encoding) as file:
        content = file.read(MAX_FILE + 1)
    if len(content) > MAX_FILE:
        raise UserError(f"{path}: is YAML of over {MAX_FILE // 2**20} MiB; write it as JSON lines")
    try:
        text = content.decode("utf-8-sig")
        documents = list(_documents(text))
    except (yaml.YAMLError, ValueError) as error:
        raise UserError(f"{path}: is no plain YAML: {_said(error)}") from error
    records = [entry for one in documents for entry in (one if isinstance(one, list) else [one])]
    for at, value in enumerate(records, start=1):
        yield Record(path.as_posix(), at, raw_of(value), value)


def _said(error: Exception) -> str:
    """Where and what, never the content."""
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark
        return (
            f"line {mark.line + 1 if mark else '?'}: {(error.problem or 'broken').splitlines()[0]}"
        )
    return (
        "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error).splitlines()[0]
    )


class _Open:
    """A list or an object that is not yet closed; `size` counts what is in it, aliases followed."""

    def __init__(self, value: list[object] | dict[str, object], anchor: str | None) -> None:
        self.value, self.anchor, self.size = value, anchor, 1
        self._key: str | None = None

    def put(self, value: object, size: int) -> None:
        self.size += size
        if isinstance(self.value, list):
            self.value.append(value)
        elif self._key is not None:
            self.value[self._key], self._key = value, None
        elif not isinstance(value, str):
            raise ValueError("a key is no text")
        elif value in self.value:
            raise ValueError("a key stands twice in one object")
        else:
            self._key = value


class _Builder:
    """Values from libyaml's events: no recursion, so that no depth overflows a stack."""

    def __init__(self) -> None:
        self._stack = [_Open([], None)]
        self._anchors: dict[str, tuple[object, int]] = {}
        self._unfolded = 0

    def take(self, event: yaml.Event) -> None:
        """One more event of a document."""
        if isinstance(event, yaml.AliasEvent):
            self._alias(event.anchor)
        elif isinstance(event, yaml.CollectionEndEvent):
            closed = self._stack.pop()
            self._put(closed.value, closed.size, closed.anchor)
        elif isinstance(event, yaml.NodeEvent):
            if getattr(event, "tag", None) not in {None, "!", *_PLAIN_TAGS}:
                raise ValueError("a tag; only text, lists and objects are read")
            if isinstance(event, yaml.ScalarEvent):
                self._put(event.value, 1 + len(event.value) // _UNIT, event.anchor)
            else:
                listed = isinstance(event, yaml.SequenceStartEvent)
                self._stack.append(_Open([] if listed else {}, event.anchor))
                if len(self._stack) > MAX_DEPTH:
                    raise ValueError(f"nested deeper than {MAX_DEPTH}")

    def done(self) -> object:
        """The document."""
        (document,) = self._stack[0].value or [None]
        return document

    def _put(self, value: object, size: int, anchor: str | None) -> None:
        if anchor:
            self._anchors[anchor] = value, size
        self._stack[-1].put(value, size)

    def _alias(self, anchor: str | None) -> None:
        if anchor not in self._anchors:
            raise ValueError("an alias of what is not there or not yet closed")
        value, size = self._anchors[anchor]
        self._unfolded += size
        if self._unfolded > MAX_UNFOLDED:
            raise ValueError(f"its aliases unfold to over {MAX_UNFOLDED:,} values")
        self._stack[-1].put(value, size)


def _documents(text: str) -> Iterator[object]:
    """Every document of a file; empty ones aside."""
    builder = _Builder()
    for event in yaml.parse(text, Loader=_LOADER):
        try:
            if isinstance(event, yaml.DocumentStartEvent):
                builder = _Builder()
            elif isinstance(event, yaml.DocumentEndEvent):
                if builder.done() not in (None, ""):
                    yield builder.done()
            else:
                builder.take(event)
        except ValueError as error:
            mark = event.start_mark
            raise ValueError(f"line {mark.line + 1 if mark else 1}: {error}") from error
