"""What each row may say next, before it is asked: from its own text, or by a quicker model.

    anna   … order A|    "-1042."           what followed the same words before
    ben    … I will |    "send", "it", "to" what the model's int8 copy would say

No guess is believed: all are read with the next step, and drawn in turn by the stream's own sampler
until one is not what was guessed (Leviathan et al. 2023). The copy shares what rows have read, and
draws with a sampler in the same state, down to the random numbers: it is mostly right where an
answer is a matter of chance, too.
"""

from collections.abc import Sequence
from contextlib import suppress
from copy import deepcopy

from chatloop.serve.engines.engine import Glancing, Part, Ticket
from chatloop.serve.engines.rows.drafting import Trust

# Tokens of a step: so many cost little more than one, as weights are read once for all; so many are
# worth it where a stream's guesses have been right.
TOGETHER, PROVEN = 16, 32
AHEAD = 3  # tokens that the copy is asked for

Guess = tuple[tuple[int, ...], Trust]


def repeated(rows: Sequence[Ticket]) -> list[Guess]:
    """What their own texts say."""
    guesses: list[Guess] = []
    drafted = len(rows)
    for row, ticket in enumerate(rows):
        trust = ticket.drafts.trust
        spare = (PROVEN if trust.proven else TOGETHER) - drafted
        draft = ticket.drafts.guess(min(spare // (len(rows) - row), _wanted(ticket)))
        drafted += len(draft)
        guesses.append((draft, trust))
    return guesses


def glanced(rows: Sequence[Ticket], decoder: Glancing) -> list[Guess]:
    """What the copy says, of all rows or of none."""
    length = min((min(AHEAD, row.glances.most, _wanted(row)) for row in rows), default=0)
    said = [[ticket.drawn[-1]] for ticket in rows]
    samplers = [deepcopy(ticket.sampler) for ticket in rows] if length > 0 else []
    with suppress(ValueError):  # settings that leave nothing to draw: that is said when it is drawn
        for at in range(length):
            parts = [Part(row, one.read + at, (said[row][-1],)) for row, one in enumerate(rows)]
            drawn = zip(samplers, decoder.glance(parts), strict=True)
            for ids, (sampler, logits) in zip(said, drawn, strict=True):
                ids.append(sampler.draw(logits[0]).id)
    return [(tuple(ids[1:]), row.glances) for ids, row in zip(said, rows, strict=True)]


def unguessed(rows: Sequence[Ticket]) -> list[Guess]:
    """Nothing of nobody."""
    return [((), ticket.drafts.trust) for ticket in rows]


def _wanted(ticket: Ticket) -> int:
    """Nothing is needed after the last token that is asked for."""
    return ticket.sampling.max_tokens - len(ticket.drawn) - 1
