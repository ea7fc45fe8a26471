"""Many streams through one decoder: a stream joins with the next step and leaves with it.

    step 41   [ anna | ben | cleo ]         dora arrives, her prompt is read a piece at a time
    step 43   [ anna | ben | cleo | dora ]  ben's client goes away
    step 44   [ anna | dora | cleo ]        his row is dora's

Iteration-level scheduling (Orca, Yu et al. 2022) with prompts read in pieces between the steps
(Sarathi, Agrawal et al. 2023). One thread makes the decoder and has it to itself; listeners are
told by their event loops, once a step.
"""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress

from chatloop.serve.engines.engine import Decoder, Draw, Ticket
from chatloop.serve.engines.lone import Lone
from chatloop.serve.engines.rows.drafting import Drafts
from chatloop.serve.engines.rows.prefixes import Prefixes
from chatloop.serve.engines.sampling import Sampler
from chatloop.serve.engines.table import Table
from chatloop.serve.model import Sampling

Made = tuple[Decoder, Lone | None]


class EngineError(RuntimeError):
    """A stream could not go on: the engine was closed, or it failed."""


class Scheduler:
    """An engine over a decoder; `lone` runs a plain greedy stream while it is the only one.

    Both are made in the thread that runs them. OpenMP gives each thread that calls it workers of
    its own, and once those of a process are more than its cores, none of them waits actively any
    more: every small product of a step would begin with waking somebody, which doubles the step.
    """

    def __init__(
        self, make: Callable[[], Made], *, prefix_bytes: int = 0, drafts: bool = True
    ) -> None:
        """Raises what `make` raises."""
        self._prefixes, self._drafts = Prefixes(prefix_bytes), drafts
        self._alone: Ticket | None = None
        self._queue: deque[Ticket] = deque()
        self._news = threading.Condition()
        self._closed = False
        self._told: list[tuple[Ticket, Draw | Exception | None]] = []
        ready: Future[None] = Future()
        self._thread = threading.Thread(
            target=self._run, args=(make, ready), name="decoder", daemon=True
        )
        self._thread.start()
        ready.result()

    @property
    def active(self) -> int:
        """Slots that are taken by somebody who still listens."""
        tickets = [*self._table.tickets, *([self._alone] if self._alone else [])]
        return sum(not ticket.left for ticket in tickets)

    @property
    def waiting(self) -> int:
        """Streams without a slot."""
        return len(self._queue)

    async def stream(
        self, prompt: Sequence[int], sampling: Sampling, ends: frozenset[int]
    ) -> AsyncIterator[Draw]:
        """As `Engine.stream`."""
        ticket = self._enter(prompt, sampling, ends)
        try:
            while (drawn := await ticket.queue.get()) is not None:
                if isinstance(drawn, Exception):
                    raise EngineError(str(drawn) or type(drawn).__name__) from drawn
                yield drawn
        finally:
            self._leave(ticket)

    def close(self) -> None:
        """As `Engine.close`; the step that runs is the last. Does not wait for it."""
        with self._news:
            self._closed = True
            self._news.notify()

    def _enter(self, prompt: Sequence[int], sampling: Sampling, ends: frozenset[int]) -> Ticket:
        queue: asyncio.Queue[Draw | Exception | None] = asyncio.Queue()
        loop, sampler = asyncio.get_running_loop(), Sampler(sampling, prompt)
        drafts = Drafts(prompt)
        ticket = Ticket(tuple(prompt), sampling, ends, sampler, loop, queue, drafts)
        with self._news:
            if self._closed:
                raise EngineError("the engine is closed")
            self._queue.append(ticket)
            self._news.notify()
        return ticket

    def _leave(self, ticket: Ticket) -> None:
        ticket.left = True
        with self._news:
            if ticket in self._queue:
                self._queue.remove(ticket)
            self._news.notify()

    def _run(self, make: Callable[[], Made], ready: "Future[None]") -> None:
        try:
            decoder, self._lone = make()
        except BaseException as error:
            ready.set_exception(error)
            return
        self.slots = decoder.rows
        self._table = Table(decoder, self._next, self._say, self._prefixes, self._drafts)
        ready.set_result(None)
        self._serve()

    def _serve(self) -> None:
        while self._wait():
            try:
                self._iterate()
            except Exception as error:  # whatever it is, its streams are told and the next ones run
                self._fail(error)
            self._tell()
        self._fail(EngineError("the engine was closed"))
        self._tell()

    def _wait(self) -> bool:
        """Until there is something to do; False when it is time to end."""
        with self._news:
            while not (self._closed or self._queue or self._table.tickets):
                self._news.wait()
            return not self._closed

    def _iterate(self) -> None:
        self._table.drop()
        if self._is_for_lone():
            self._run_alone()
            return
        self._table.read()
        self._tell()
        if self._table.rows:
            self._table.step()

    def _next(self) -> Ticket | None:
        """Who has waited longest."""
        with self._news:
            return self._queue.popleft() if self._queue else None

    def _say(self, ticket: Ticket, drawn: Draw | Exception | None) -> None:
        if not ticket.left:
            self._told.append((ticket, drawn))
            if ticket.done:
                self._told.append((ticket, None))

    def _tell(self) -> None:
        """What was drawn in this step, one call a loop."""
        told, self._told = self._told, []
        for loop in {ticket.loop for ticket, _ in told}:
            mine = [(ticket.queue, drawn) for ticket, drawn in told if ticket.loop is loop]
            with suppress(RuntimeError):  # the loop is closed: nobody listens
                loop.call_soon_threadsafe(_deliver, mine)

    def _fail(self, error: Exception) -> None:
        """Every stream that has a slot ends with this; those that wait, too, where all ends."""
        with self._news:
            tickets = self._table.tickets
            if self._closed:
                tickets += self._queue
                self._queue.clear()
        self._table.clear()
        self._told = [(ticket, error) for ticket in tickets]

    def _is_for_lone(self) -> bool:
        """Whether one stream alone is here, and just begins: it is not taken from row to row."""
        with self._news:
            if self._lone is None or self._table.tickets or len(self._queue) != 1:
                return False
            if not self._queue[0].plain:
                return False
            self._alone = self._queue.popleft()
        return True

    def _run_alone(self) -> None:
        """Until it ends or somebody else comes; then its row goes on where it was."""
        ticket, lone = self._alone, self._lone
        assert ticket is not None
        assert lone is not None

        def drawn(token: int) -> bool:
            ticket.take(token)
            self._say(ticket, Draw(token))
            self._tell()
            return ticket.left or ticket.done or bool(self._queue) or self._closed

        try:
            lone.run(ticket.prompt, ticket.sampling.max_tokens, drawn)
        finally:
            self._alone = None
            if not (ticket.left or ticket.done):
                self._table.filling = ticket


def _deliver(told: Sequence[tuple["asyncio.Queue[Draw | Exception | None]", object]]) -> None:
    for queue, drawn in told:
        queue.put_nowait(drawn)  # type: ignore[arg-type]
