"""Whose row is which: prompts are read into new rows together, answers go on by a step each.

    row 0  anna   [412] -1042 . I       one token, and four that she may say next
    row 1  ben    [9]
    row 2  cleo   where is my order?    her prompt, of which the system's turn was known

Rows stand beside each other from 0 on; where one ends, the last takes its place. Guesses are read
with the token before them, and drawn in turn by the stream's own sampler until one is not what was
guessed: an answer is the same with and without them, whatever its settings.
"""

from collections.abc import Callable

from chatloop.serve.engines.engine import (
    Decoder,
    Draw,
    Glancing,
    Logits,
    Part,
    Rewinding,
    Ticket,
)
from chatloop.serve.engines.guessing import Guess, glanced, repeated, unguessed
from chatloop.serve.engines.rows.prefixes import LEAST, Prefixes, common

PIECE = 256  # prompt tokens that are read between two steps

Say = Callable[[Ticket, Draw | Exception | None], None]


class Table:
    """Rows of a decoder; `waiting` gives who comes next, `say` tells what was drawn."""

    def __init__(
        self,
        decoder: Decoder,
        waiting: Callable[[], Ticket | None],
        say: Say,
        prefixes: Prefixes,
        drafts: bool,
    ) -> None:
        self.rows: list[Ticket] = []  # those that are answered, by row
        self.filling: Ticket | None = None  # its prompt is read in part, in the row after them
        self._reading: list[Ticket] = []  # those whose prompts are read just now
        self._decoder, self._waiting, self._say = decoder, waiting, say
        self._rewinding = decoder if isinstance(decoder, Rewinding) else None
        self._glancing = decoder if isinstance(decoder, Glancing) else None
        self._prefixes, self._drafts = prefixes, drafts and self._rewinding is not None

    @property
    def tickets(self) -> list[Ticket]:
        """Whoever has a row."""
        return [*self.rows, *self._reading, *([self.filling] if self.filling else [])]

    def clear(self) -> None:
        """Nobody has a row any more."""
        self.rows, self._reading, self.filling = [], [], None

    def drop(self) -> None:
        """Rows of streams that are done or left; the last row takes the place of each."""
        for row in reversed(range(len(self.rows))):
            ticket = self.rows[row]
            if not (ticket.left or ticket.done):
                continue
            self._keep(ticket, row)
            last = len(self.rows) - 1
            if row != last:
                self._decoder.move(last, row, self.rows[last].read)
                self.rows[row] = self.rows[last]
            del self.rows[last]
            if self.filling is not None:
                self._decoder.move(last + 1, last, self.filling.read)
        if self.filling is not None and self.filling.left:
            self.filling = None

    def read(self) -> None:
        """Prompts, as many at once as have room; in pieces, so that others need not wait long."""
        parts = self._chosen()
        if not parts:
            return
        logits = self._decoder.read(parts)
        tickets, self._reading = self._reading, []
        for ticket, part, rows in zip(tickets, parts, logits, strict=True):
            ticket.read += len(part.ids)
            if part.asked:
                self.rows.append(ticket)
                self._draw(ticket, rows[0])
            else:
                self.filling = ticket
        self.drop()

    def step(self) -> None:
        """The next token of each row, and what it may say after."""
        guesses = self._guesses()
        parts = []
        for row, (ticket, (guess, _)) in enumerate(zip(self.rows, guesses, strict=True)):
            ids = (ticket.drawn[-1], *guess)
            parts.append(Part(row, ticket.read, ids, len(ids), ticket.plain))
        read = self._decoder.read(parts)
        for ticket, part, logits, (_, trust) in zip(
            list(self.rows), parts, read, guesses, strict=True
        ):
            trust.judge(len(part.ids) - 1, self._follow(ticket, part, logits))
        self.drop()

    def _guesses(self) -> list[Guess]:
        """Repeated text costs nothing, so it comes first."""
        guesses = repeated(self.rows) if self._drafts else unguessed(self.rows)
        ahead = self._glancing.ahead if self._glancing else 0
        if self._glancing and len(self.rows) <= ahead and not any(guess for guess, _ in guesses):
            return glanced(self.rows, self._glancing)
        return guesses

    def _follow(self, ticket: Ticket, part: Part, logits: Logits) -> int:
        """Draw for as long as what was guessed is what is drawn; how many were."""
        right = 0
        for guess, row in zip((*part.ids[1:], None), logits, strict=True):
            ticket.read += 1
            self._draw(ticket, row)
            if ticket.left or ticket.done or ticket.drawn[-1] != guess:
                break
            right += 1
        return right

    def _draw(self, ticket: Ticket, logits: Logits) -> None:
        try:
            drawn = ticket.sampler.draw(logits)
        except Exception as error:  # one stream's settings are no reason for the others to end
            self._say(ticket, error)
            ticket.left = True
            return
        ticket.take(drawn.id)
        self._say(ticket, drawn)

    def _chosen(self) -> list[Part]:
        """Whose prompts are read now: the one that was begun, then who has waited longest."""
        parts: list[Part] = []
        budget = PIECE
        while budget > 0 and len(self.rows) + len(parts) < self._decoder.rows:
            ticket, self.filling = self.filling or self._waiting(), None
            if ticket is None:
                break
            ids, row = ticket.ids, len(self.rows) + len(parts)
            ticket.read = ticket.read or self._known(ids, row)
            if self._is_read_by_another(ids, ticket.read):
                ticket.read, self.filling = 0, ticket
                break
            some = ids[ticket.read : ticket.read + budget]
            whole = ticket.read + len(some) == len(ids)
            self._reading.append(ticket)
            parts.append(Part(row, ticket.read, some, int(whole), ticket.plain))
            budget -= len(some)
        return parts

    def _is_read_by_another(self, ids: tuple[int, ...], known: int) -> bool:
        """Whether much of it is just being read; the next time it is known."""
        return self._rewinding is not None and any(
            common(ids, other.ids) >= known + LEAST for other in self._reading
        )

    def _known(self, ids: tuple[int, ...], row: int) -> int:
        """Begin the row with what another has, or had, read; how many ids that are."""
        if self._rewinding is None:
            return 0
        length, kept = self._prefixes.find(ids)
        source = None
        for at, other in enumerate(self.rows):
            if (same := min(common(ids, other.ids), other.read)) > max(length, LEAST - 1):
                length, source = same, at
        length = min(length, len(ids) - 1)  # logits after the last one are wanted
        if source is not None:
            self._decoder.move(source, row, length)
        elif kept is not None:
            self._rewinding.put(kept, row, length)
        return length

    def _keep(self, ticket: Ticket, row: int) -> None:
        """What a stream has read, for whoever goes on from there."""
        ids = ticket.ids[: ticket.read]
        if self._rewinding is not None and self._prefixes.fits(ids):
            self._prefixes.add(ids, self._rewinding.keep(row, ticket.read))
