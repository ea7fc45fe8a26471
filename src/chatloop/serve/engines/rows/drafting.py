"""What an answer may say next, guessed from what it has said: no token of it is ever believed.

    …your order is A-1042. I have sent order A|     "order A" was followed by "-1042. I"

Text repeats itself: names, numbers, what the customer has asked, a list's lines. The words that
followed the last time are read with the next step, all at once, and drawn one by one as ever; a
draft that is not what is drawn costs a few rows of that step, and its places are overwritten.
(Prompt lookup decoding, Saxena 2023; speculative decoding, Leviathan et al. 2023.)
"""

from collections.abc import Sequence

SEEN = 3  # tokens that must be the same as before
LONGEST = 8  # tokens of a draft
CREDIT, MOST_CREDIT = 4.0, 16.0
EARNED = 0.125  # a drawn token's: whoever was wrong is asked again after a while


class Trust:
    """How far a stream's guesses of one kind are believed."""

    def __init__(self) -> None:
        self._credit = CREDIT

    @property
    def most(self) -> int:
        """Tokens that may be guessed now."""
        return int(self._credit)

    @property
    def proven(self) -> bool:
        """Whether guesses have been right more often than not."""
        return self._credit >= 2 * CREDIT

    def judge(self, guessed: int, right: int) -> None:
        """How many of a guess were drawn: each right one is worth two that are wrong."""
        self._credit += 2 * right - (guessed - right) + EARNED * (1 + right)
        self._credit = min(max(self._credit, 0.0), MOST_CREDIT)


class Drafts:
    """One stream's: tokens so far, where each run of three was last, and how far it is trusted."""

    def __init__(self, prompt: Sequence[int]) -> None:
        self.trust = Trust()
        self._ids: list[int] = []
        self._after: dict[tuple[int, ...], int] = {}
        self._from: int | None = None
        for token in prompt:
            self.add(token)

    def add(self, token: int) -> None:
        """One more token of prompt or answer."""
        self._ids.append(token)
        run = tuple(self._ids[-SEEN:])
        self._from = self._after.get(run)
        self._after[run] = len(self._ids)

    def guess(self, most: int) -> tuple[int, ...]:
        """At most so many tokens; none where nothing is known, or guesses were wrong too often."""
        most = min(most, LONGEST, self.trust.most)
        if self._from is None or most < 1:
            return ()
        said = list(self._ids)
        for at in range(self._from, self._from + most):
            said.append(said[at])  # a run that overlaps its own copy goes on as it did
        return tuple(said[len(self._ids) :])
