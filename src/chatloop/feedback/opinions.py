"""What the guards look at: an opinion's caller and day, what was asked, and what is to be learned.

opinions_of(rows of the snapshot, source)
    →  17 │ h:5e1… │ 20775 │ pair │ null │ where is my parcel │ it left on monday │ no idea
"""

import polars as pl

from chatloop.conversation import Message, Preference, Reject
from chatloop.feedback.guards.caps import day_of
from chatloop.formats.preference.feedback import parse
from chatloop.params.sources import Source

# `kind` is what an opinion becomes: pair, up or down; `reason` why it can become nothing.
OPINIONS = pl.Schema(
    {
        "number": pl.Int64,
        "feedback_id": pl.String,
        "exchange_id": pl.String,
        "version": pl.String,
        "source": pl.String,
        "caller": pl.String,
        "day": pl.Int64,
        "kind": pl.String,
        "reason": pl.String,
    }
)
# What the caller said, what he wants the model to say, and what the model had said.
SAID = pl.Schema({"prompt": pl.String, "answer": pl.String, "given": pl.String})
_Texts = tuple[str, str, str]


def opinions_of(rows: pl.DataFrame, source: Source) -> pl.DataFrame:
    """OPINIONS and SAID of rows of the snapshot, in their order."""
    judged = [_judged(record, source) for record in rows.iter_rows(named=True)]
    schema = dict.fromkeys(("kind", "reason", *SAID), pl.String)
    found = pl.DataFrame(judged, schema=schema, orient="row")
    named = [*OPINIONS][:6]
    return rows.select(*named, day_of()).hstack(found)


def preference_of(record: dict[str, object], source: Source) -> Preference | Reject:
    """What an opinion teaches, or why it teaches nothing."""
    (parsed,) = parse(record, source)
    assert isinstance(parsed, Preference | Reject)
    return parsed


def _judged(record: dict[str, object], source: Source) -> tuple[str | None, str | None, *_Texts]:
    parsed = preference_of(record, source)
    if isinstance(parsed, Reject):
        return None, parsed.reason, "", "", ""
    kind = "pair" if parsed.rejected and parsed.chosen else "up" if parsed.chosen else "down"
    return kind, None, *_said(parsed, str(record["answer"]))


def _said(pair: Preference, given: str) -> _Texts:
    """A caller may have written the answers of earlier turns himself: they are his words, too."""
    asked = _joined(pair.prompt, "user", "system")
    wanted = [_joined(pair.prompt, "assistant"), _joined(pair.chosen, "assistant")]
    return asked, "\n".join(filter(None, wanted)), given


def _joined(turns: tuple[Message, ...], *roles: str) -> str:
    return "\n".join(turn.content for turn in turns if turn.role in roles)
