"""How often, and how much at once, one API key may ask.

with rates.request("key-5e1c"):     # 429 with Retry-After where it asked too often
    …
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from chatloop.serve.wire.errors import ApiError

MINUTE = 60.0


class Rates:
    """A bucket of tokens for each key: it holds a minute's requests and fills all the time."""

    def __init__(
        self, per_minute: int, at_once: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._size, self._at_once, self._clock = float(per_minute), at_once, clock
        self._buckets: dict[str, tuple[float, float]] = {}
        self._open: Counter[str] = Counter()

    @contextmanager
    def request(self, key: str) -> Iterator[None]:
        """Count a request of this key as long as it is open.

        Raises:
            ApiError: 429, it asked too often, or has too many open.
        """
        if self._open[key] >= self._at_once:
            raise ApiError(
                429,
                f"This API key has {self._at_once} requests open, as many as it may",
                code="key_concurrency",
                retry_after=1,
            )
        self._spend(key)
        self._open[key] += 1
        try:
            yield
        finally:
            self._open[key] -= 1

    def _spend(self, key: str) -> None:
        now = self._clock()
        left, then = self._buckets.get(key, (self._size, now))
        left = min(self._size, left + (now - then) * self._size / MINUTE)
        if left < 1.0:
            self._buckets[key] = (left, now)
            raise ApiError(
                429,
                f"This API key may ask {self._size:.0f} times a minute",
                code="rate_limit_exceeded",
                retry_after=math.ceil((1.0 - left) * MINUTE / self._size),
            )
        self._buckets[key] = (left - 1.0, now)
