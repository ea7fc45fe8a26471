"""Answers as OpenAI's API gives them, whole or in chunks of one id.

{"id": "chatcmpl-9f…", "object": "chat.completion", "created": 1782000000, "model": "chatloop@3",
 "choices": [{"index": 0, "message": {"role": "assistant", "content": "It left us today.",
 "refusal": null}, "logprobs": null, "finish_reason": "stop"}], "usage": {…}, …}
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from chatloop.serve.model import Finish, Piece, Token

LEAST = -9999.0  # ln 0 is no number of JSON's; this is what OpenAI sends
Json = dict[str, Any]


@dataclass
class Collected:
    """All that one choice said."""

    texts: list[str] = field(default_factory=list)
    tokens: list[Token] = field(default_factory=list)
    count: int = 0
    finish: Finish | None = None

    def add(self, piece: Piece, keep_tokens: bool) -> None:
        """Take in what is new; tokens are kept only where somebody asked for them."""
        self.texts.append(piece.text)
        self.count += len(piece.tokens)
        self.finish = piece.finish or self.finish
        if keep_tokens:
            self.tokens += piece.tokens

    @property
    def text(self) -> str:
        """The whole answer so far."""
        return "".join(self.texts)


@dataclass(frozen=True)
class Head:
    """What every chunk of an answer repeats."""

    id: str
    created: int  # whole seconds since 1970
    model: str
    fingerprint: str
    dropped: int  # messages that were left out to make room
    logprobs: bool
    counts: bool  # the usage comes in a chunk of its own, and the others have a null

    def body(self, kind: str, choices: list[Json]) -> Json:
        """The frame around choices."""
        body: Json = {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "system_fingerprint": self.fingerprint,
            "choices": choices,
        }
        if self.dropped:
            body["dropped_messages"] = self.dropped
        return body


def usage(prompt: int, completion: int) -> Json:
    """Counts of tokens."""
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }


class Reply(Protocol):
    """One protocol's way to write answers."""

    @property
    def head(self) -> Head:
        """What every chunk repeats."""
        ...

    def opening(self, index: int) -> Json | None:
        """The chunk before the first words of a choice."""
        ...

    def chunk(self, index: int, piece: Piece, finish: Finish | None) -> Json:
        """New words of a choice, or its end."""
        ...

    def counted(self, counts: Json) -> Json:
        """The chunk with the usage."""
        ...

    def whole(self, choices: Sequence[Collected], counts: Json) -> Json:
        """The answer at once."""
        ...


@dataclass(frozen=True)
class ChatReply:
    """chat.completion and chat.completion.chunk."""

    head: Head

    def opening(self, index: int) -> Json:
        """Says who speaks."""
        return self._chunk(index, {"role": "assistant", "content": ""}, None, None)

    def chunk(self, index: int, piece: Piece, finish: Finish | None) -> Json:
        """A delta with new words; without any where it is the end."""
        shown = bool(piece.text or piece.tokens)
        delta = {"content": piece.text} if shown else {}
        logprobs = _chat_logprobs(piece.tokens) if self.head.logprobs and shown else None
        return self._chunk(index, delta, logprobs, finish)

    def counted(self, counts: Json) -> Json:
        """No choices, and the usage."""
        return {**self.head.body("chat.completion.chunk", []), "usage": counts}

    def whole(self, choices: Sequence[Collected], counts: Json) -> Json:
        """One message a choice."""
        rows = [
            {
                "index": at,
                "message": {"role": "assistant", "content": one.text, "refusal": None},
                "logprobs": _chat_logprobs(one.tokens) if self.head.logprobs else None,
                "finish_reason": one.finish,
            }
            for at, one in enumerate(choices)
        ]
        return {**self.head.body("chat.completion", rows), "usage": counts}

    def _chunk(self, index: int, delta: Json, logprobs: Json | None, finish: str | None) -> Json:
        choice = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
        body = self.head.body("chat.completion.chunk", [choice])
        return {**body, "usage": None} if self.head.counts else body


@dataclass
class TextReply:
    """text_completion, whole and in chunks alike."""

    head: Head
    offsets: dict[int, int] = field(default_factory=dict)

    def opening(self, index: int) -> None:
        """Nothing stands before bare text."""
        return

    def chunk(self, index: int, piece: Piece, finish: Finish | None) -> Json:
        """New words of a choice, or its end."""
        start = self.offsets.get(index, 0)
        logprobs = _text_logprobs(piece.tokens, start) if self.head.logprobs else None
        self.offsets[index] = start + sum(len(token.text) for token in piece.tokens)
        choice = {"index": index, "text": piece.text, "logprobs": logprobs, "finish_reason": finish}
        body = self.head.body("text_completion", [choice])
        return {**body, "usage": None} if self.head.counts else body

    def counted(self, counts: Json) -> Json:
        """No choices, and the usage."""
        return {**self.head.body("text_completion", []), "usage": counts}

    def whole(self, choices: Sequence[Collected], counts: Json) -> Json:
        """One text a choice."""
        rows = [
            {
                "index": at,
                "text": one.text,
                "logprobs": _text_logprobs(one.tokens, 0) if self.head.logprobs else None,
                "finish_reason": one.finish,
            }
            for at, one in enumerate(choices)
        ]
        return {**self.head.body("text_completion", rows), "usage": counts}


def _chat_logprobs(tokens: Sequence[Token]) -> Json:
    rows = [
        {
            **_likely(token.text, token.logprob),
            "top_logprobs": [_likely(text, logprob) for _, text, logprob in token.top],
        }
        for token in tokens
    ]
    return {"content": rows, "refusal": None}


def _likely(text: str, logprob: float | None) -> Json:
    return {"token": text, "logprob": _finite(logprob), "bytes": [*text.encode()]}


def _text_logprobs(tokens: Sequence[Token], start: int) -> Json:
    offsets = []
    for token in tokens:
        offsets.append(start)
        start += len(token.text)
    return {
        "tokens": [token.text for token in tokens],
        "token_logprobs": [_finite(token.logprob) for token in tokens],
        "top_logprobs": [{text: _finite(p) for _, text, p in token.top} for token in tokens],
        "text_offset": offsets,
    }


def _finite(logprob: float | None) -> float:
    return LEAST if logprob is None or not logprob > LEAST else logprob
