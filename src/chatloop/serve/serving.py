"""What every route is given: the models, the store, the limits, the figures.

serving.record(head, model, caller, …)    an exchange on its way to the store
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from fastapi import Request

from chatloop.conversation import Message
from chatloop.feedback.record import Exchange
from chatloop.params.serving import ServeParams
from chatloop.serve.answering.prompting import Prompting
from chatloop.serve.guard.admission import Admission
from chatloop.serve.guard.gate import LOCAL
from chatloop.serve.model import Model, Models, NoModelError
from chatloop.serve.observe.metrics import Metrics
from chatloop.serve.store.keeping import Store
from chatloop.serve.wire.errors import ApiError, unknown_model


@dataclass
class Timing:
    """When one answer began and when its first token came, in seconds of a steady clock."""

    began: float = field(default_factory=time.perf_counter)
    first: float | None = None
    ended: float | None = None

    def token(self) -> None:
        """A token came."""
        self.first = self.first or time.perf_counter()

    def end(self) -> float:
        """Seconds from the beginning to now, or to when this was asked first."""
        self.ended = self.ended or time.perf_counter()
        return self.ended - self.began


@dataclass(frozen=True)
class Serving:
    """One server's parts."""

    settings: ServeParams
    models: Models
    store: Store
    metrics: Metrics
    admission: Admission
    prompting: Prompting
    started: int  # seconds since 1970

    def model(self, name: str | None, share_key: str) -> Model:
        """Who answers to this name; no name, and the first that is listed, are whom the alias says.

        Raises:
            ApiError: 404, there is no such model; 503, there is none yet.
        """
        names = list(self.models.names())
        try:
            if name is None or name == self.default_name:
                return self.models.choose(share_key)
            found = self.models.named(name)
        except NoModelError as error:
            raise ApiError(503, str(error), code="no_model", retry_after=30) from None
        if found is None:
            raise unknown_model(name, names or [self.default_name])
        return found

    @property
    def default_name(self) -> str:
        """The registered model's own name, which means whatever version the alias names."""
        return next(iter(self.models.names()), "chatloop").partition("@")[0]

    def answers_as(self, model: Model) -> str:
        """`chatloop@3`: the version is in every answer."""
        return f"{self.default_name}@{model.version}"

    def record(self, exchange: Exchange, keep_text: bool, timing: Timing) -> None:
        """Count an answer, and hand it to the store; its text only where that was asked for."""
        metrics = self.metrics
        metrics.tokens.labels(exchange.version, "prompt").inc(exchange.prompt_tokens)
        metrics.tokens.labels(exchange.version, "completion").inc(exchange.completion_tokens)
        if timing.first is not None:
            metrics.first_token.observe(timing.first - timing.began)
            later = timing.began + exchange.seconds - timing.first
            if later > 0 and exchange.completion_tokens > 1:
                metrics.speed.observe((exchange.completion_tokens - 1) / later)
        if not (keep_text or self.settings.store.exchanges):
            exchange = replace(exchange, messages=None, answer=None)
        self.store.keep(exchange)


def serving_of(request: Request) -> Serving:
    """The parts of the server that a request came to."""
    serving = request.app.state.serving
    assert isinstance(serving, Serving)
    return serving


def key_of(request: Request) -> str:
    """The id of the key that the request came with."""
    return str(getattr(request.state, "key", LOCAL))


def note(request: Request, **facts: object) -> None:
    """What the log's line of this request says besides; never a text."""
    request.state.note.update({name: fact for name, fact in facts.items() if fact is not None})


def exchange(
    identity: str,
    model: Model,
    caller: str,
    source: str,
    messages: Sequence[Message] | None,
) -> Exchange:
    """An exchange that has just begun."""
    return Exchange(
        id=identity,
        version=model.version,
        fingerprint=model.fingerprint,
        caller=caller,
        source=source,
        created=time.time(),
        prompt_tokens=0,
        completion_tokens=0,
        seconds=0.0,
        finish="",
        messages=None if messages is None else tuple(messages),
    )
