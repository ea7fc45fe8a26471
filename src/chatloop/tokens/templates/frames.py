"""The text around what is said, found once for a sequence of roles, proved to be always the same.

    (user, assistant)  →  "<|user|>\\n" … "<|end|>\\n<|assistant|>\\n" … "<|end|>\\n"

A template is a program: it can look at what is said and do as it likes. It is run with contents
that notice being looked at (compared, searched, measured, cut). Where none was, and each comes out
whole or stripped, the template did not know what is said: any other contents come out the same way.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chatloop.conversation import Message
from chatloop.tokens.example import Anchors
from chatloop.tokens.templates.watch import EDGE, Watch, core, said

MOST = 10_000  # shapes that are remembered


@dataclass(frozen=True)
class Frame:
    """`around` is the text before, between and after the contents; one more than there are.

    `stripped` says for each content whether white space goes from its left and its right end.
    """

    around: tuple[str, ...]
    stripped: tuple[tuple[bool, bool], ...]

    def parts(self, contents: Sequence[str]) -> list[str]:
        """around[0], the first content, around[1], …: joined they are the template's text."""
        parts = [self.around[0]]
        for content, (left, right), after in zip(
            contents, self.stripped, self.around[1:], strict=True
        ):
            from_left = content.lstrip() if left else content
            parts += (from_left.rstrip() if right else from_left, after)
        return parts


@dataclass(frozen=True)
class Shape:
    """A frame, and where its answers are.

    `spans` holds for each answer the index of its message, the characters of it that stand before
    that content, and those after it, up to the end of the turn.
    """

    frame: Frame
    spans: tuple[tuple[int, int, int], ...]
    anchors: Anchors | None


class Shapes:
    """The shapes of one template's conversations, by the roles in them."""

    def __init__(
        self,
        template: str,
        values: dict[str, Any],
        control: re.Pattern[str],
        safe: Mapping[str, int],
    ) -> None:
        self._watch = Watch(template, values)
        self._control, self._safe = control, safe
        longest = sorted(safe, key=len, reverse=True)
        self._anchor = re.compile("|".join(map(re.escape, longest)) or r"(?!)")
        self._known: dict[tuple[str, ...], Shape | None] = {}

    def of(self, roles: tuple[str, ...], apply: Callable[[Sequence[Message]], str]) -> Shape | None:
        """None where the text around depends on what is said, or on what follows.

        `apply` is the template as the tokenizer runs it: it has the last word.
        """
        if roles not in self._known:
            if len(self._known) >= MOST:
                self._known.clear()
            chat = [Message(role, said(i)) for i, role in enumerate(roles)]  # type: ignore[arg-type]
            self._known[roles] = self._find(roles, lambda: apply(chat))
        return self._known[roles]

    def _frame(self, roles: Sequence[str], prompt: bool = False) -> Frame | None:
        text = self._watch.run(roles, prompt)
        return None if text is None else _cut(text, len(roles))

    def _find(self, roles: tuple[str, ...], real: Callable[[], str]) -> Shape | None:
        frame = self._frame(roles)
        full = _probed(frame, roles)
        if frame is None or full is None or real() != full:
            return None
        spans = []
        for i in (i for i, role in enumerate(roles) if role == "assistant"):
            prompt = _probed(self._frame(roles[:i], prompt=True), roles[:i])
            through = _probed(self._frame(roles[: i + 1]), roles[: i + 1])
            if not (prompt and through and full.startswith(through) and through.startswith(prompt)):
                return None
            start = full.index(core(i)) - len(EDGE) * (not frame.stripped[i][0])
            end = full.index(core(i)) + len(core(i)) + len(EDGE) * (not frame.stripped[i][1])
            closing = self._control.search(through, end)
            if closing is None or start < len(prompt):
                return None
            spans.append((i, start, end, len(prompt), closing.end()))
        marks = tuple((i, start - begin, last - end) for i, start, end, begin, last in spans)
        return Shape(
            frame, marks, self._anchors(full, [(begin, last) for *_, begin, last in spans])
        )

    def _anchors(self, full: str, spans: Sequence[tuple[int, int]]) -> Anchors | None:
        """None where what stands before an answer, from a control token on, is no constant."""
        found = list(self._anchor.finditer(full))
        starts, ends = [one.start() for one in found], [one.end() for one in found]
        opens, heads, closes = [], [], []
        for begin, last in spans:
            at = bisect_right(ends, begin) - 1
            head = full[starts[at] : begin] if at >= 0 else "\ue000"
            if "\ue000" in head or last not in ends:
                return None
            opens.append(at)
            heads.append(head)
            closes.append(ends.index(last))
        return Anchors(
            len(found),
            np.asarray(opens, dtype=np.int64),
            tuple(heads),
            np.asarray(closes, dtype=np.int64),
            np.asarray([self._safe[found[at].group()] for at in closes], dtype=np.int32),
        )


def _probed(frame: Frame | None, roles: Sequence[str]) -> str | None:
    return "".join(frame.parts([said(i) for i in range(len(roles))])) if frame else None


def _cut(text: str, count: int) -> Frame | None:
    """The text cut at the contents; None where one is missing, doubled, changed or out of order."""
    around, stripped = [], []
    for i in range(count):
        before, found, text = text.partition(core(i))
        if not found or core(i) in text:
            return None
        left, right = not before.endswith(EDGE), not text.startswith(EDGE)
        around.append(before.removesuffix(EDGE))
        text = text.removeprefix(EDGE)
        stripped.append((left, right))
    around.append(text)
    return None if any(EDGE in one for one in around) else Frame(tuple(around), tuple(stripped))
