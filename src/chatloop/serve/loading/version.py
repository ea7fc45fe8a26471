"""A loaded version: its template, tokenizer and settings around an engine.

load(Path("models/candidate"), "3", EngineParams())  →  LoadedModel(version="3", context=384, …)
"""

import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from chatloop.conversation import Message
from chatloop.errors import UserError
from chatloop.io.files import fingerprint, folder_sha256, read_json
from chatloop.io.models import hub
from chatloop.params.serving import EngineParams
from chatloop.serve.engines.engine import Engine
from chatloop.serve.loading.building import engine_of
from chatloop.serve.model import Piece, Sampling
from chatloop.serve.text.answering import answer
from chatloop.tokens.rendering import PROBE, Renderer

LONGEST = 1024  # tokens of an answer where neither the version nor the caller says
UNKNOWN_CONTEXT = 2048


class LoadedModel:
    """A `chatloop.serve.model.Model`. Its engine ends when nobody holds it any more: who streams
    from it does."""

    def __init__(self, folder: Path, version: str, content: str, engine: Engine) -> None:
        self._tokenizer = hub.load_tokenizer(folder)
        self._renderer = Renderer(self._tokenizer)
        config, settings = read_json(folder / "config.json"), _settings(folder)
        self.engine = engine
        weakref.finalize(self, engine.close)
        self.version = version
        self.content = content
        self.fingerprint = fingerprint([content, self._renderer.template_sha256])[:16]
        self.context = hub.context_length(config) or UNKNOWN_CONTEXT
        self._vocabulary = int(config.get("vocab_size") or len(self._tokenizer))
        self.defaults = defaults_of(settings, self.context)
        self._ends = frozenset([*_ends(settings), *self._turn_ends()])

    def prompt(self, messages: Sequence[Message]) -> list[int]:
        """As `Model.prompt`."""
        return self._renderer.prompt(messages)

    def encode(self, text: str) -> list[int]:
        """As `Model.encode`; of no text, the token that begins or ends one."""
        ids = list(self._tokenizer(text)["input_ids"])
        start = self._tokenizer.bos_token_id
        return ids or [self._tokenizer.eos_token_id if start is None else start]

    def stream(self, prompt: Sequence[int], sampling: Sampling) -> AsyncIterator[Piece]:
        """As `Model.stream`; an answer ends where the context does.

        Raises:
            UserError: the prompt leaves no room for an answer, or a bias is for no token of it.
        """
        beyond = [token for token in sampling.logit_bias if not 0 <= token < self._vocabulary]
        if beyond:
            raise UserError(
                f"logit_bias: version {self.version} has tokens 0 to {self._vocabulary - 1:,}, "
                f"and no {beyond[0]}"
            )
        room = self.context - len(prompt)
        if room < 1 or not prompt:
            raise UserError(
                f"the prompt has {len(prompt):,} tokens; version {self.version} can look at "
                f"{self.context:,} with its answer: shorten it"
            )
        wish = replace(sampling, max_tokens=max(1, min(sampling.max_tokens, room)))
        return self._stream(prompt, wish)

    async def _stream(self, prompt: Sequence[int], wish: Sampling) -> AsyncIterator[Piece]:
        """While it is iterated, this version is held."""
        draws = self.engine.stream(prompt, wish, self._ends)
        pieces = answer(draws, self._tokenizer, wish, self._ends)
        async with aclosing(cast("AsyncGenerator[Piece, None]", pieces)) as stream:
            async for piece in stream:
                yield piece

    def _turn_ends(self) -> Iterator[int]:
        """The token that ends an answer in the template, and the tokenizer's own."""
        if self._tokenizer.eos_token_id is not None:
            yield int(self._tokenizer.eos_token_id)
        for example in self._renderer.encode(self._renderer.render(PROBE)):
            yield int(example.ids[example.supervised.nonzero()[0][-1]])


def load(folder: Path, version: str, params: EngineParams) -> LoadedModel:
    """A version from its folder, ready to answer.

    Raises:
        UserError: it cannot be loaded; the message is the reason.
    """
    content = folder_sha256(folder)
    engine = engine_of(folder, content, params)
    try:
        return LoadedModel(folder, version, content, engine)
    except BaseException:
        engine.close()
        raise


def defaults_of(settings: dict[str, Any], context: int) -> Sampling:
    """What the version's generation_config.json says; greedy where it does not sample."""
    samples = bool(settings.get("do_sample"))
    given = {
        name: settings[name]
        for name in ("temperature", "top_p", "top_k", "min_p")
        if samples and settings.get(name) is not None
    }
    return Sampling(
        max_tokens=int(settings.get("max_new_tokens") or min(context, LONGEST)),
        repetition_penalty=float(settings.get("repetition_penalty") or 1.0),
        **({"temperature": 1.0} | given if samples else {}),
    )


def _settings(folder: Path) -> dict[str, Any]:
    path = folder / "generation_config.json"
    return dict(read_json(path)) if path.is_file() else {}


def _ends(settings: dict[str, Any]) -> list[int]:
    """Tokens that end an answer: one, several, or none."""
    ends: int | list[int] | None = settings.get("eos_token_id")
    return [ends] if isinstance(ends, int) else list(ends or [])
