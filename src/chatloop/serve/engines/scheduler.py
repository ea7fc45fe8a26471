"""Many streams through one decoder: a stream joins with the next step and leaves with it.

    step 41   [ anna | ben | cleo ]         dora arrives, her prompt is read a piece at a time
    step 43   [ anna | ben | cleo | dora ]  ben's client goes away
    step 44   [ anna | dora | cleo ]        his row is dora's

Iteration-level scheduling (Orca, Yu et al. 2022) with prompts read in pieces between the steps
(Sarathi, Agrawal et al. 2023). One thread has the decoder to itself; listeners are told by their
event loops, once a step.
"""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

from chatloop.serve.engines.engine import Decoder, Draw, Ticket
from chatloop.serve.engines.lone import Lone
from chatloop.serve.engines.sampling import Sampler
from chatloop.serve.model import Sampling

PIECE = 128  # prompt tokens that are read between two steps


class EngineError(RuntimeError):
    """A stream could not go on: the engine was closed, or it failed."""


class Scheduler:
    """An engine over a decoder; `lone` runs a plain greedy stream while it is the only one."""

    def __init__(self, decoder: Decoder, lone: Lone | None = None) -> None:
        self.slots = decoder.rows
        self._decoder, self._lone = decoder, lone
        self._rows: list[Ticket] = []  # those that are answered, by row
        self._filling: Ticket | None = None  # its prompt is read into the row after them
        self._alone: Ticket | None = None
        self._queue: deque[Ticket] = deque()
        self._news = threading.Condition()
        self._closed = False
        self._told: list[tuple[Ticket, Draw | Exception | None]] = []
        self._thread = threading.Thread(target=self._run, name="decoder", daemon=True)
        self._thread.start()

    @property
    def active(self) -> int:
        """Slots that are taken by somebody who still listens."""
        tickets = [*self._rows, self._filling, self._alone]
        return sum(ticket is not None and not ticket.left for ticket in tickets)

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
        ticket = Ticket(tuple(prompt), sampling, ends, sampler, loop, queue)
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

    def _run(self) -> None:
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
            while not (self._closed or self._queue or self._rows or self._filling):
                self._news.wait()
            return not self._closed

    def _iterate(self) -> None:
        self._drop()
        if self._is_for_lone():
            self._run_alone()
            return
        self._read()
        if self._rows:
            logits = self._decoder.step([ticket.drawn[-1] for ticket in self._rows])
            for ticket, row in zip(self._rows, logits, strict=True):
                self._draw(ticket, row)
            self._drop()

    def _drop(self) -> None:
        """Rows of streams that are done or left; the last row takes the place of each."""
        for row in reversed(range(len(self._rows))):
            if self._rows[row].left or self._rows[row].done:
                last = len(self._rows) - 1
                if row != last:
                    self._decoder.move(last, row)
                    self._rows[row] = self._rows[last]
                del self._rows[last]
                if self._filling is not None:
                    self._decoder.move(last + 1, last)
        if self._filling is not None and self._filling.left:
            self._filling = None

    def _read(self) -> None:
        """Prompts, a piece of them where others wait for their next token."""
        budget = PIECE
        while budget > 0 and (ticket := self._next()) is not None:
            ids = (*ticket.prompt, *ticket.drawn)
            some = ids[ticket.read : ticket.read + budget]
            logits = self._decoder.fill(len(self._rows), some, ticket.read)
            ticket.read += len(some)
            budget -= len(some)
            if ticket.read == len(ids):
                self._filling = None
                self._rows.append(ticket)
                self._draw(ticket, logits)
                self._drop()

    def _next(self) -> Ticket | None:
        """Whose prompt is read: the one that was begun, or who has waited longest."""
        with self._news:
            if self._filling is None and self._queue and len(self._rows) < self.slots:
                self._filling = self._queue.popleft()
        return self._filling

    def _draw(self, ticket: Ticket, logits: object) -> None:
        try:
            drawn = ticket.sampler.draw(logits)
        except Exception as error:  # one stream's settings are no reason for the others to end
            self._told.append((ticket, error))
            ticket.left = True
            return
        ticket.drawn.append(drawn.id)
        self._say(ticket, drawn)

    def _say(self, ticket: Ticket, drawn: Draw) -> None:
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
            tickets = [*self._rows, *([self._filling] if self._filling else [])]
            if self._closed:
                tickets += self._queue
                self._queue.clear()
        self._rows, self._filling = [], None
        self._told = [(ticket, error) for ticket in tickets]

    def _is_for_lone(self) -> bool:
        """Whether one stream alone is here, and just begins: it is not taken from row to row."""
        with self._news:
            if self._lone is None or self._rows or self._filling or len(self._queue) != 1:
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
            ticket.drawn.append(token)
            self._say(ticket, Draw(token))
            self._tell()
            return ticket.left or ticket.done or bool(self._queue) or self._closed

        try:
            lone.run(ticket.prompt, ticket.sampling.max_tokens, drawn)
        finally:
            self._alone = None
            if not (ticket.left or ticket.done):
                self._filling = ticket


def _deliver(told: Sequence[tuple["asyncio.Queue[Draw | Exception | None]", object]]) -> None:
    for queue, drawn in told:
        queue.put_nowait(drawn)  # type: ignore[arg-type]
