"""What the model will see, for a person: the first packed rows, token by token.

Token("It", 412, supervised=True), Token(" left", 96, supervised=True), …
"""

from collections.abc import Callable
from dataclasses import dataclass

from chatloop.tokens.packing import Packed


@dataclass(frozen=True)
class Token:
    """One token as it reads by itself; a part of a character reads as U+FFFD."""

    text: str
    id: int
    supervised: bool


def preview(
    packed: Packed, rows: int, decode: Callable[[list[int]], str]
) -> list[list[list[Token]]]:
    """The first `rows` rows, each a list of its examples, each a list of tokens; no padding."""
    return [_examples(packed, row, decode) for row in range(min(rows, len(packed)))]


def _examples(packed: Packed, row: int, decode: Callable[[list[int]], str]) -> list[list[Token]]:
    found: dict[int, list[Token]] = {}
    columns = (packed.ids[row], packed.supervised[row], packed.examples[row])
    for token, supervised, owner in zip(*(column.tolist() for column in columns), strict=True):
        if owner >= 0:
            found.setdefault(owner, []).append(Token(decode([token]), token, supervised))
    return list(found.values())
