"""Tokens to text as they come: whole characters, and what a token says only beside its neighbours.

    push(" caf") → " caf"    push(b"\\xc3") → ""    push(b"\\xa9") → "é"

The pieces joined are what the tokenizer says of all tokens at once. To know what a token adds, it
is decoded after the last tokens that showed something: a tokenizer of SentencePiece's kind drops
the space of a first word, one of bytes needs the other bytes of a character.
"""

import re
from typing import Any

BROKEN = "�"  # what bytes are that are no character, or not yet

# SentencePiece's bytes: a run of them is characters as a whole, or none of it is.
BYTE = re.compile(r"<0x[0-9A-F]{2}>")


class Detokenizer:
    """One answer's; `tokenizer` is one of transformers'. Control tokens show nothing."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._ids: list[int] = []
        self._before = 0  # ids from here on are decoded with the next
        self._shown = 0  # ids up to here are shown
        self._run = False  # whether bytes are waiting for more of them

    def push(self, token: int) -> str:
        """What can be shown now: nothing while a character is not whole."""
        self._ids.append(token)
        if BYTE.fullmatch(str(self._tokenizer.convert_ids_to_tokens(token))):
            self._run = True
            return ""
        if self._run and not self._decode([token]):  # a control token does not end a run of bytes
            return ""
        self._run = False
        known, both = self._window()
        if both.endswith(BROKEN) or len(both) <= len(known):
            return ""
        if not both.startswith(known):
            return ""
        self._before, self._shown = self._shown, len(self._ids)
        return both[len(known) :]

    def finish(self) -> str:
        """What is left at the end: bytes that never became a character."""
        known, both = self._window()
        self._before, self._shown = self._shown, len(self._ids)
        return both[len(known) :] if both.startswith(known) else ""

    def _window(self) -> tuple[str, str]:
        """The text of the last tokens that are shown, and with those that are not yet."""
        some = self._ids[self._before :]
        return self._decode(some[: self._shown - self._before]), self._decode(some)

    def _decode(self, ids: list[int]) -> str:
        return str(
            self._tokenizer.decode(
                ids, skip_special_tokens=True, clean_up_tokenization_spaces=False
            )
        )
