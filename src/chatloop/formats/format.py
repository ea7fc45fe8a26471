"""What a format is: how it is known, how a record of it becomes conversations.

Format("alpaca", alpaca.fits, alpaca.parse)
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from chatloop.conversation import Conversation, Preference, Reject
from chatloop.params.sources import Source

Parsed = Conversation | Preference | Reject
Texts = Mapping[str, str]


@dataclass(frozen=True)
class Format:
    """`fits` looks at a record's keys; `parse` understands the whole record and never raises.

    What `parse` gives is never empty: conversations, preferences, or a Reject with a stable reason.
    `options` are those of a source that the format knows, beside path and format; `text` says that
    its files are text, a conversation a few lines. The rest is for formats whose records are not
    simply one after the other in a file:

    unpack: the records in one document of a file.
    key: the conversation that a row belongs to; its rows reach `parse` together, as a list. None
        where a record stands alone.
    lookup: texts by name from all documents of a source, which `unpack` is then given.
    """

    name: str
    fits: Callable[[object], bool]
    parse: Callable[[object, Source], list[Parsed]]
    options: frozenset[str] = frozenset()
    text: bool = False
    unpack: Callable[[object, Texts], list[object]] | None = None
    key: Callable[[object, Source], str | None] | None = None
    lookup: Callable[[Iterable[object]], Texts] | None = None
