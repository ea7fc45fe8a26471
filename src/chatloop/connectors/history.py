"""What was said, for frameworks that send a conversation's last turn alone: in memory, bounded.

histories.asked("slack:T1:C1:17…", "And when?")
    →  (Message("user", "Where is it?"), Message("assistant", "On its way."),
        Message("user", "And when?"))
"""

from collections.abc import Callable

from cachetools import TTLCache

from chatloop.conversation import Message
from chatloop.params.serving import HistoryParams

Turns = tuple[Message, ...]


class Histories:
    """Conversations by session. Gone with the process, after a silence, and the longest silent
    first where there are too many."""

    def __init__(self, limits: HistoryParams, now: Callable[[], float]) -> None:
        self._limits = limits
        self._held: TTLCache[str, Turns] = TTLCache(limits.sessions, limits.minutes * 60, now)

    def asked(self, session: str, question: str) -> Turns:
        """The conversation up to and with a new question, which is not kept yet."""
        return (*self._held.get(session, ()), Message("user", question))

    def answered(self, session: str, question: str, answer: str) -> None:
        """Keeps an exchange that somebody has seen."""
        turns = (*self.asked(session, question), Message("assistant", answer))
        kept = _within(turns, self._limits.turns, self._limits.characters)
        if kept:
            self._held[session] = kept
        else:
            self._held.pop(session, None)

    def forget(self, session: str) -> None:
        """Starts the conversation anew."""
        self._held.pop(session, None)

    def __len__(self) -> int:
        return len(self._held)


def _within(turns: Turns, most: int, characters: int) -> Turns:
    """The newest whole exchanges that both limits leave room for."""
    kept: Turns = ()
    for at in range(len(turns) - 2, -1, -2):
        longer = turns[at:]
        if len(longer) > most or sum(len(turn.content) for turn in longer) > characters:
            break
        kept = longer
    return kept
