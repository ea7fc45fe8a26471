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
from itertools import accumulate
from typing import Any

from jinja2.exceptions import TemplateError

from chatloop.conversation import ChatMessage, Message
from chatloop.errors import UserError
from chatloop.tokens.encoding import Encoder
from chatloop.tokens.example import Example, Rendered
from chatloop.tokens.templates import trainable
from chatloop.tokens.templates.frames import Shape, Shapes
from chatloop.tokens.templates.heads import headed
from chatloop.tokens.templates.marks import (
    added_tokens,
    any_of,
    special_tokens,
    tokens_around,
    written,
)

SYSTEM, QUESTION, REPLY = "system-7351", "question-7351", "reply-7351"
MARK = "\ue000"  # a character that no template has
PROBE = (Message("user", QUESTION), Message("assistant", REPLY))
CONTENTS = ("question-1", "reply-1", "question-2", "reply-2")
TWICE = [Message(m.role, text) for m, text in zip(PROBE * 2, CONTENTS, strict=True)]


class Renderer:
    """Renders with the tokenizer's own chat template.

    `template` is that, made fit to be trained on where it is not (see templates.py); `plain_marks`
    are tokens that it sets around what is said, and that the tokenizer does not call special.

    Raises:
        UserError: the template cannot be used.
    """

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        self.template = _template_of(tokenizer)
        shown = self._probed()
        special = special_tokens(tokenizer)
        self.plain_marks = tokens_around(shown, CONTENTS, added_tokens(tokenizer)) - special
        self.special = sorted(special | self.plain_marks, key=len, reverse=True)
        self._control = any_of(self.special)
        self._defuse = _defuser(any_of({*self.special, *written(shown)}))
        self.template = trainable(self.template, tokenizer.eos_token, self._ends)
        self.template = headed(self.template, REPLY, self._asked)
        self._says_system = self._shows_system()
        self._tail = self._closing(self._apply(PROBE))
        self._span(PROBE, 1, self._apply(PROBE))
        self._encoder = Encoder(tokenizer, self.special)
        values = dict(tokenizer.special_tokens_map)
        self._shapes = Shapes(self.template, values, self._control, self._encoder.controls)

    @property
    def template_sha256(self) -> str:
        """Goes wherever the model goes: another template is another model."""
        return hashlib.sha256(self.template.encode()).hexdigest()

    def prompt_text(self, messages: Sequence[Message]) -> str:
        """What the model is to continue, up to where the assistant speaks."""
        return self._apply(self._told(messages), add_generation_prompt=True)

    def prompt(self, messages: Sequence[Message]) -> list[int]:
        """Ids of `prompt_text`: those that stand before the answer in what is trained on."""
        told = self._told(messages)
        text = self._apply(told, add_generation_prompt=True)
        spans = self._prefix_spans(text, told, _answers(told)) or []
        return self._encoder.ids(text, [begin for begin, _ in spans])

    def render(self, messages: Sequence[Message]) -> list[Rendered]:
        """Text and answer spans; several where the template does not keep earlier turns as is."""
        told, answers = self._told(messages), _answers(messages)
        if not answers:
            return []
        shape = self._shapes.of(tuple(message.role for message in told), self._apply)
        if shape is not None:
            return [self._framed(shape, told, messages, answers)]
        full, at = self._apply(told), _answers(told)
        spans = self._prefix_spans(full, told, at)
        if spans:
            return [Rendered(full, tuple(spans), tuple(answers), _bytes(messages, answers))]
        return [self._alone(told, i, answer) for i, answer in zip(at, answers, strict=True)]

    def encode(self, rendered: Sequence[Rendered]) -> Iterator[Example]:
        """Ids and supervised mask of each text, in order."""
        return self._encoder.encode(rendered)

    def _framed(
        self,
        shape: Shape,
        told: Sequence[Message],
        messages: Sequence[Message],
        answers: Sequence[int],
    ) -> Rendered:
        """What is said, put into the text that always stands around it."""
        parts = shape.frame.parts([self._defuse(message.content) for message in told])
        edges = list(accumulate(map(len, parts)))
        spans = tuple(
            [(edges[2 * i] - before, edges[2 * i + 1] + after) for i, before, after in shape.spans]
        )
        return Rendered(
            "".join(parts), spans, tuple(answers), _bytes(messages, answers), shape.anchors
        )

    def _prefix_spans(
        self, full: str, messages: Sequence[Message], at: Sequence[int]
    ) -> list[tuple[int, int]] | None:
        """Spans from rendering every prefix; None where the prefixes are not prefixes."""
        spans = []
        for i in at:
            through = self._apply(messages[: i + 1])
            if not full.startswith(through):
                return None
            spans.append(self._span(messages, i, through))
        return spans

    def _alone(self, messages: Sequence[Message], i: int, answer: int) -> Rendered:
        """One answer with all that went before it."""
        through = self._apply(messages[: i + 1])
        earlier = self._prefix_spans(through, messages, _answers(messages[:i])) or []
        spans = (self._span(messages, i, through),)
        cuts = tuple(begin for begin, _ in earlier)
        return Rendered(through, spans, (answer,), _bytes(messages, [i]), cuts=cuts)

    def _span(self, messages: Sequence[Message], i: int, through: str) -> tuple[int, int]:
        """Characters of an answer and of the token that ends it, without what follows that."""
        if i:
            prompt = self._apply(messages[:i], add_generation_prompt=True)
        else:  # a greeting: no template can be asked how it goes on after nothing
            prompt = self._apply([Message("assistant", MARK)]).partition(MARK)[0]
        if not through.startswith(prompt):
            raise UserError(
                "the chat template's generation prompt is not how its assistant turns begin; "
                "training and serving would not see the same text"
            )
        end = len(through.removesuffix(self._tail).rstrip())
        if not through[len(prompt) : end].endswith(tuple(self.special)):
            raise UserError(
                "the chat template ends some answers without an end-of-turn token; "
                "a model trained on it would never stop"
            )
        return len(prompt), end

    def _ends(self, template: str) -> bool:
        """Whether a template ends an answer with a control token."""
        through = self._run(_chat(PROBE), template=template)
        return self._control.search(_after(through)) is not None

    def _closing(self, through: str) -> str:
        """What follows the token that ends an answer: a line break, in many templates."""
        tail = _after(through)
        found = self._control.search(tail)
        return tail[found.end() :] if found else ""

    def _probed(self) -> str:
        """Two exchanges as the template writes them; nothing where it refuses."""
        try:
            return self._run(_chat(TWICE))
        except UserError:
            return ""

    def _asked(self, template: str, answered: bool, prompt: bool) -> str:
        return self._run(_chat(PROBE if answered else PROBE[:1]), prompt, template)

    def _shows_system(self) -> bool:
        """Whether the template has a place for what a system turn says."""
        try:
            return SYSTEM in self._run(_chat([Message("system", SYSTEM), *PROBE]))
        except UserError:
            return False

    def _told(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Where there is no system role, what it says goes before what the user says first."""
        if self._says_system or not messages or messages[0].role != "system":
            return messages
        system, *rest = messages
        if not rest or rest[0].role != "user":
            return [Message("user", system.content), *rest]
        return [Message("user", f"{system.content}\n\n{rest[0].content}"), *rest[1:]]

    def _apply(self, messages: Sequence[Message], add_generation_prompt: bool = False) -> str:
        chat = [ChatMessage(role=m.role, content=self._defuse(m.content)) for m in messages]
        return self._run(chat, add_generation_prompt)

    def _run(
        self, chat: list[ChatMessage], prompt: bool = False, template: str | None = None
    ) -> str:
        try:
            return str(
                self.tokenizer.apply_chat_template(
                    chat,
                    chat_template=template or self.template,
                    tokenize=False,
                    add_generation_prompt=prompt,
                )
            )
        except (TemplateError, TypeError, ValueError, KeyError, ArithmeticError) as error:
            said = str(error).strip().splitlines() or [type(error).__name__]
            raise UserError(f"the chat template refuses a conversation: {said[0]}") from error


def _template_of(tokenizer: Any) -> str:
    if not tokenizer.chat_template:
        raise UserError("the tokenizer has no chat template; run the base stage, it gives one")
    try:
        return str(tokenizer.get_chat_template())
    except ValueError as error:
        raise UserError(
            "the tokenizer has several chat templates and none of them is called default; "
            "name one in base.template"
        ) from error


def _defuser(control: re.Pattern[str]) -> Callable[[str], str]:
    """What somebody typed is text, never a control token: `<|im_end|>` becomes `< |im_end|>`."""
    return lambda text: control.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)


def _after(through: str) -> str:
    """What follows the probe's answer; nothing where the template does not show it."""
    return through.rpartition(REPLY)[2] if REPLY in through else ""


def _chat(messages: Sequence[Message]) -> list[ChatMessage]:
    return [ChatMessage(role=message.role, content=message.content) for message in messages]


def _answers(messages: Sequence[Message]) -> list[int]:
    return [i for i, message in enumerate(messages) if message.role == "assistant"]


def _bytes(messages: Sequence[Message], at: Sequence[int]) -> int:
    return sum(len(messages[i].content.encode()) for i in at)
