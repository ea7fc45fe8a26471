"""OpenTelemetry traces, where the environment names somebody to send them to; else nothing.

    OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 chatloop serve
    span "POST /v1/chat/completions" {chatloop.version: 3, gen_ai.usage.output_tokens: 41, …}

Needs opentelemetry-sdk and opentelemetry-exporter-otlp-proto-http (pip install 'chatloop[traces]').
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from chatloop.errors import UserError

ASKED_BY = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class Span(Protocol):
    """What a request fills in."""

    def set_attribute(self, key: str, value: Any) -> None:
        """One fact."""
        ...


class _NoSpan:
    def set_attribute(self, key: str, value: Any) -> None:
        """Nobody listens."""


class Traces:
    """A span a request; `tracer` None is off."""

    def __init__(self, tracer: Any = None) -> None:
        self._tracer = tracer

    @contextmanager
    def span(self, name: str, headers: Mapping[str, str]) -> Iterator[Span]:
        """Open while the request is; a child of the caller's own span where it sends one."""
        if self._tracer is None:
            yield _NoSpan()
            return
        from opentelemetry.propagate import extract

        with self._tracer.start_as_current_span(
            name, context=extract(headers), record_exception=False
        ) as span:
            yield span


def traces() -> Traces:
    """Traces that go where the environment says.

    Raises:
        UserError: it names a place, and the exporter is not installed.
    """
    if not any(os.environ.get(name) for name in ASKED_BY):
        return Traces()
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise UserError(
            f"{ASKED_BY[0]}: traces need an exporter; pip install 'chatloop[traces]', or unset it"
        ) from error
    provider = TracerProvider(resource=Resource.create({"service.name": "chatloop"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Traces(provider.get_tracer("chatloop.serve"))
