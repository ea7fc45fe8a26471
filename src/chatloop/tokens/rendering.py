"""The only place where messages become ids: (messages, template, tokenizer) → (ids, supervised).

    <|im_start|>user\\nHi<|im_end|>\\n<|im_start|>assistant\\nHello!<|im_end|>\\n
                                                         ^^^^^^^^^^^^^^^^ supervised

Training, evaluation and serving all come here. The supervised mask needs no marks in the template:
an answer begins where the prompt before it ends (rendered with the generation prompt) and goes up
to the token that ends the turn. Where earlier turns are rendered differently once later ones follow
(templates that drop reasoning), each answer becomes an example of its own.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jinja2.exceptions import TemplateError
from numpy.typing import NDArray

from chatloop.conversation import ChatMessage, Message
from chatloop.errors import UserError

Ids = NDArray[np.int32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Rendered:
    """A text with the character spans of its answers, and which messages these are."""

    text: str
    spans: tuple[tuple[int, int], ...]
    answers: tuple[int, ...]
    answer_bytes: int


@dataclass(frozen=True)
class Example:
    """ids (n,) int32; supervised (n,) bool: True where the token is to be predicted.

    `ends` holds, for each answer, the index of its message (in the whole conversation, once this is
    a piece that was fitted to a context) and the tokens up to its end;
    `answer_bytes` counts the UTF-8 bytes of the answers' text.
    """

    ids: Ids
    supervised: Mask
    ends: tuple[tuple[int, int], ...]
    answer_bytes: int


class Renderer:
    """Renders with the tokenizer's own chat template."""

    def __init__(self, tokenizer: Any) -> None:
        if not tokenizer.chat_template:
            raise UserError("the tokenizer has no chat template; run the base stage, it gives one")
        self.tokenizer = tokenizer
        self.special = sorted(_special_tokens(tokenizer), key=len, reverse=True)
        self._defuse = _defuser(self.special)
        self._around = self._constant_marks()

    @property
    def template_sha256(self) -> str:
        """Goes wherever the model goes: another template is another model."""
        return hashlib.sha256(str(self.tokenizer.chat_template).encode()).hexdigest()

    def prompt_text(self, messages: Sequence[Message]) -> str:
        """What the model is to continue, up to where the assistant speaks."""
        return self._apply(messages, add_generation_prompt=True)

    def prompt(self, messages: Sequence[Message]) -> list[int]:
        """Ids of `prompt_text`."""
        text = self.prompt_text(messages)
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def render(self, messages: Sequence[Message]) -> list[Rendered]:
        """Text and answer spans; several where the template does not keep earlier turns as is."""
        at = [i for i, message in enumerate(messages) if message.role == "assistant"]
        full = self._apply(messages)
        spans = self._find_spans(full, messages, at) or self._prefix_spans(full, messages, at)
        if spans:
            return [Rendered(full, tuple(spans), tuple(at), _bytes(messages, at))]
        return [self._alone(messages, i) for i in at]

    def _find_spans(
        self, full: str, messages: Sequence[Message], at: Sequence[int]
    ) -> list[tuple[int, int]] | None:
        """Spans by the text around an answer, where the template has a constant one.

        What closes an answer ends with a control token, and no content can hold one: what is found
        is an answer. One real prompt is compared, in case the template looks at the whole.
        """
        if self._around is None or not full.startswith(self.prompt_text(messages[: at[-1]])):
            return None
        before, after = self._around
        spans, start = [], 0
        for i in at:
            content = self._defuse(messages[i].content)
            begin = full.find(before + content + after, start)
            if begin < 0:
                content = content.strip()
                begin = full.find(before + content + after, start)
            if begin < 0:
                return None
            start = begin + len(before) + len(content) + len(after)
            spans.append((begin + len(before), start))
        return spans

    def _prefix_spans(
        self, full: str, messages: Sequence[Message], at: Sequence[int]
    ) -> list[tuple[int, int]] | None:
        """Spans from rendering every prefix; None where the prefixes are not prefixes."""
        pairs = [(self.prompt_text(messages[:i]), self._apply(messages[: i + 1])) for i in at]
        if not all(full.startswith(through) for _, through in pairs):
            return None
        return [self._span(prompt, through) for prompt, through in pairs]

    def _alone(self, messages: Sequence[Message], i: int) -> Rendered:
        """One answer with all that went before it."""
        through = self._apply(messages[: i + 1])
        span = self._span(self.prompt_text(messages[:i]), through)
        return Rendered(through, (span,), (i,), _bytes(messages, [i]))

    def _constant_marks(self) -> tuple[str, str] | None:
        """What stands before and after every answer, up to the token that ends the turn."""
        user, answer = Message("user", "question"), Message("assistant", "reply")
        asked, prompt = self._apply([user]), self.prompt_text([user])
        through = self._apply([user, answer])
        _, end = self._span(prompt, through)
        opened = prompt + answer.content
        if not (prompt.startswith(asked) and through.startswith(opened) and prompt != asked):
            return None
        return prompt[len(asked) :], through[len(opened) : end]

    def encode(self, rendered: Sequence[Rendered]) -> Iterator[Example]:
        """Ids and supervised mask of each text, in order."""
        texts = [one.text for one in rendered]
        if not texts:
            return
        encoded = self.tokenizer(texts, add_special_tokens=False, return_offsets_mapping=True)
        columns = zip(encoded["input_ids"], encoded["offset_mapping"], rendered, strict=True)
        for ids, offsets, one in columns:
            yield _example(ids, np.asarray(offsets, dtype=np.int64).reshape(-1, 2), one)

    def _apply(self, messages: Sequence[Message], add_generation_prompt: bool = False) -> str:
        chat = [ChatMessage(role=m.role, content=self._defuse(m.content)) for m in messages]
        try:
            return self._template(chat, add_generation_prompt)
        except TemplateError as error:
            if len(chat) < 2 or chat[0]["role"] != "system":  # noqa: PLR2004 system and one more
                raise UserError(f"the chat template refuses a conversation: {error}") from error
        # Some templates know no system role: what it says goes before the first user turn.
        head = ChatMessage(role="user", content=f"{chat[0]['content']}\n\n{chat[1]['content']}")
        try:
            return self._template([head, *chat[2:]], add_generation_prompt)
        except TemplateError as error:
            raise UserError(f"the chat template refuses a conversation: {error}") from error

    def _template(self, chat: list[ChatMessage], add_generation_prompt: bool) -> str:
        return str(
            self.tokenizer.apply_chat_template(
                chat, tokenize=False, add_generation_prompt=add_generation_prompt
            )
        )

    def _span(self, prompt: str, through: str) -> tuple[int, int]:
        """Characters of an answer and of the token that ends it, without what follows that."""
        if not through.startswith(prompt):
            raise UserError(
                "the chat template's generation prompt is not how its assistant turns begin; "
                "training and serving would not see the same text"
            )
        end = len(through.rstrip())
        if not through[:end].endswith(tuple(self.special)):
            raise UserError(
                "the chat template ends an answer without an end-of-turn token; "
                "a model trained on it would never stop"
            )
        return len(prompt), end


def _special_tokens(tokenizer: Any) -> set[str]:
    """Texts that the tokenizer turns into control tokens wherever they stand."""
    added = tokenizer.added_tokens_decoder.values()
    return {str(t) for t in tokenizer.all_special_tokens} | {t.content for t in added if t.special}


def _defuser(special: Sequence[str]) -> Callable[[str], str]:
    """What somebody typed is text, never a control token: `<|im_end|>` becomes `< |im_end|>`."""
    if not special:
        return lambda text: text
    pattern = re.compile("|".join(re.escape(token) for token in special))
    return lambda text: pattern.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)


def _bytes(messages: Sequence[Message], at: Sequence[int]) -> int:
    return sum(len(messages[i].content.encode()) for i in at)


def _example(ids: Sequence[int], offsets: NDArray[np.int64], rendered: Rendered) -> Example:
    """A token is supervised when it begins within an answer's span."""
    starts = offsets[:, 0]
    supervised = np.zeros(len(ids), dtype=np.bool_)
    ends = []
    for answer, (begin, end) in zip(rendered.answers, rendered.spans, strict=True):
        first, last = np.searchsorted(starts, [begin, end])
        supervised[first:last] = True
        ends.append((answer, int(last)))
    ids32 = np.asarray(ids, dtype=np.int32)
    return Example(ids32, supervised, tuple(ends), rendered.answer_bytes)
