"""Dataset formats: one file each, `parse(record)` gives a Conversation or the reason why not.

To add one, write its file and name it in FORMATS; the contract test asks for its line in the docs.
"""

from collections.abc import Callable
from dataclasses import dataclass

from chatloop.conversation import Conversation, Reject
from chatloop.errors import UserError
from chatloop.formats import messages, sgd

Parse = Callable[[object], Conversation | Reject]


@dataclass(frozen=True)
class Format:
    """`fits` looks at a record's keys alone; `parse` understands the whole record."""

    name: str
    fits: Callable[[object], bool]
    parse: Parse


FORMATS: dict[str, Format] = {
    "messages": Format("messages", messages.fits, messages.parse),
    "sgd": Format("sgd", sgd.fits, sgd.parse),
}


def format_named(name: str, at: int) -> Format:
    """The format that `ingest.sources[at]` names.

    Raises:
        UserError: there is none of that name.
    """
    if name not in FORMATS:
        known = ", ".join(sorted(FORMATS))
        raise UserError(f"ingest.sources[{at}].format: {name!r} is not known; known here: {known}")
    return FORMATS[name]


def formats_that_fit(record: object) -> list[str]:
    """Names of the formats that a record looks like, sorted."""
    return sorted(name for name, known in FORMATS.items() if known.fits(record))
