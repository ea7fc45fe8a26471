"""Figures for Prometheus, of one server: /metrics.

chatloop_first_token_seconds_bucket{le="0.25"} 812
chatloop_refusals_total{reason="queue_full"} 40
"""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
SPEEDS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)


class Metrics:
    """One registry a server, so that two in one process (tests) do not meet."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = self._counter("requests", "Requests by route and status", "route", "status")
        self.seconds = self._histogram("request_seconds", "Seconds from request to end", "route")
        self.first_token = self._histogram("first_token_seconds", "Seconds to the first token")
        self.speed = Histogram(
            "chatloop_tokens_per_second",
            "Tokens a second of one answer, from the first on",
            buckets=SPEEDS,
            registry=self.registry,
        )
        self.tokens = self._counter("tokens", "Tokens read and written", "version", "kind")
        self.refusals = self._counter("refusals", "Requests refused, by reason", "reason")
        self.fallbacks = self._counter(
            "fallbacks", "Safe sentences instead of answers, by framework and reason",
            "source", "reason",
        )  # fmt: skip
        self.feedback = self._counter("feedback", "Opinions kept, by rating and source",
                                      "rating", "source")  # fmt: skip
        self.disconnects = self._counter("disconnects", "Clients that left before the end")
        self.lost = self._counter("exchanges_lost", "Exchanges that the store could not keep")

    def watch(self, name: str, text: str, value: Callable[[], float]) -> None:
        """A figure that is asked for when somebody looks."""
        Gauge(f"chatloop_{name}", text, registry=self.registry).set_function(value)

    def page(self) -> bytes:
        """All of them, as Prometheus reads them."""
        return generate_latest(self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"chatloop_{name}", text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, *labels: str) -> Histogram:
        return Histogram(f"chatloop_{name}", text, labels, buckets=SECONDS, registry=self.registry)
