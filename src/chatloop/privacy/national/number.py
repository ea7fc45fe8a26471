r"""How a national number is found: by its own shape, or by a looser one beside its name.

    CA_SIN   own    046-454-286              grouped as on the card
             loose  046454286                nine digits, beside SIN or social insurance
             holds  Luhn

A shape is a regex that Rust and Python read alike: no look-around, no group.
"""

from collections.abc import Callable

from chatloop.privacy.detector import Detector, alphanumeric
from chatloop.privacy.kinds import Kind
from chatloop.privacy.suspecting.context import DIGIT, Lead, before, near, standing
from chatloop.privacy.suspecting.sketching import sketched


def _loosely(shape: str) -> str:
    """The shape for Rust, in any case, whatever is beside it: that may be a value, too, and go."""
    return f"(?i:{shape})"


def national(
    kind: Kind,
    holds: Callable[[str], bool],
    words: str,
    own: str = "",
    loose: str = "",
    fragments: tuple[str, ...] = (),
    digits: int = 8,
    lead: Lead = DIGIT,
) -> tuple[Detector, ...]:
    """Detectors of `own` anywhere and of `loose` beside one of the words.

    Args:
        kind: its name.
        holds: whether the letters and digits of a match, upper case, check out.
        words: what the number is called, a regex, matched in any case.
        own: a shape that speaks for itself.
        loose: a shape that needs a word.
        fragments: of the words, one in each, in ASCII; left out, the words themselves.
        digits: how many digits it has at least.
        lead: a class of signs, one of which stands so many signs behind the first.
    """

    def length(text: str) -> int:
        # Letters that only look like those of ASCII in another case have no place in a number.
        return len(text) if text.isascii() and holds(alphanumeric(text)) else 0

    found: tuple[Detector, ...] = ()
    if own:
        shape = _loosely(own)
        alone = (standing(own, lead),)
        found += (
            Detector(
                kind, alone, digits, (), shape, length, alphanumeric,
                sure=sketched(own, alone=True),
            ),
        )  # fmt: skip
    if loose:
        patterns = (near(words, loose), before(words, loose))
        asked = fragments or tuple(words.lower().split("|"))
        found += (
            Detector(
                kind, patterns, digits, asked, _loosely(loose), length, alphanumeric,
                sure=sketched(loose),
            ),
        )  # fmt: skip
    return found
