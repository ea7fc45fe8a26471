"""Stop strings in a text that comes in pieces: no part of one is ever shown.

Stops(("\\nUser:",)):  push("Sure.\\nUs") → "Sure.", False    push("er: and") → "", True
"""

from collections.abc import Sequence


class Stops:
    """Holds back what may become a stop string."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = [stop for stop in stops if stop]
        self._held = ""

    def push(self, text: str) -> tuple[str, bool]:
        """What can be shown, and whether a stop string has come: then that is the end."""
        text = self._held + text
        found = [at for stop in self._stops if (at := text.find(stop)) >= 0]
        if found:
            self._held = ""
            return text[: min(found)], True
        shown = len(text) - max((_begun(text, stop) for stop in self._stops), default=0)
        self._held = text[shown:]
        return text[:shown], False

    def finish(self) -> str:
        """What was held back and did not become one."""
        held, self._held = self._held, ""
        return held


def _begun(text: str, stop: str) -> int:
    """Characters at the end of the text that are how the stop string begins."""
    most = min(len(stop) - 1, len(text))
    return next((n for n in range(most, 0, -1) if text.endswith(stop[:n])), 0)
