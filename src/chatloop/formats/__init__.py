"""Dataset formats: one file each; `parse(record, source)` gives conversations or says why not.

To add one, write its file and name it in FORMATS; the contract test asks for its line in the docs.
"""

from collections.abc import Iterable, Mapping

from chatloop.errors import UserError
from chatloop.formats.chat import messages, sharegpt
from chatloop.formats.format import Format, Parsed
from chatloop.formats.frameworks import dialogflow_cx, rasa, rasa_stories, rasa_tests
from chatloop.formats.instruction import alpaca, prompt_completion, questions
from chatloop.formats.plain import table, transcript
from chatloop.formats.preference import feedback, kto, preference
from chatloop.formats.research import oasst, sgd, taskmaster, topical_chat
from chatloop.params.sources import Source

__all__ = [
    "FORMATS",
    "Format",
    "Parsed",
    "check_options",
    "detect",
    "format_named",
    "formats_that_fit",
]

_ALL = (
    Format("alpaca", alpaca.fits, alpaca.parse),
    Format(
        "dialogflow_cx",
        dialogflow_cx.fits,
        dialogflow_cx.parse,
        unpack=dialogflow_cx.unpack,
        key=dialogflow_cx.key,
    ),
    Format("feedback", feedback.fits, feedback.parse, feedback.OPTIONS),
    Format("kto", kto.fits, kto.parse, kto.OPTIONS),
    Format("messages", messages.fits, messages.parse, messages.OPTIONS),
    Format("oasst", oasst.fits, oasst.parse, oasst.OPTIONS, key=oasst.key),
    Format("preference", preference.fits, preference.parse, preference.OPTIONS),
    Format(
        "prompt_completion",
        prompt_completion.fits,
        prompt_completion.parse,
        prompt_completion.OPTIONS,
    ),
    Format("questions", questions.fits, questions.parse, unpack=questions.unpack),
    Format(
        "rasa_stories",
        rasa_stories.fits,
        rasa_stories.parse,
        unpack=rasa.unpack,
        lookup=rasa.texts,
    ),
    Format("rasa_tests", rasa_tests.fits, rasa_tests.parse, unpack=rasa.unpack, lookup=rasa.texts),
    Format("sgd", sgd.fits, sgd.parse, sgd.OPTIONS),
    Format("sharegpt", sharegpt.fits, sharegpt.parse, sharegpt.OPTIONS),
    Format("table", table.fits, table.parse, table.OPTIONS, key=table.key),
    Format("taskmaster", taskmaster.fits, taskmaster.parse, taskmaster.OPTIONS),
    Format(
        "topical_chat",
        topical_chat.fits,
        topical_chat.parse,
        topical_chat.OPTIONS,
        unpack=topical_chat.unpack,
    ),
    Format("transcript", transcript.fits, transcript.parse, transcript.OPTIONS, text=True),
)
FORMATS: dict[str, Format] = {known.name: known for known in _ALL}
# Options that some formats know and others do not.
_OPTIONS = frozenset().union(*(known.options for known in _ALL))


def format_named(name: str, at: int) -> Format:
    """The format that `ingest.sources[at]` names.

    Raises:
        UserError: there is none of that name.
    """
    if name not in FORMATS:
        known = ", ".join(sorted(FORMATS))
        raise UserError(f"ingest.sources[{at}].format: {name!r} is not known; known here: {known}")
    return FORMATS[name]


def check_options(chosen: Format, source: Source, at: int) -> None:
    """That every option of a source means something to its format.

    Raises:
        UserError: one does not.
    """
    for option in sorted((source.model_fields_set & _OPTIONS) - chosen.options):
        users = ", ".join(known.name for known in _ALL if option in known.options)
        raise UserError(
            f"ingest.sources[{at}].{option}: format {chosen.name} has no such option; for: {users}"
        )


def formats_that_fit(record: object) -> list[str]:
    """Names of the formats that a record looks like, sorted."""
    return sorted(name for name, known in FORMATS.items() if known.fits(record))


def detect(sample: Iterable[tuple[str, object]], source: Source, at: int) -> Format | None:
    """The one format that records look like; `sample` is where each stands and what it is.

    Records that look like nothing known have no say: they are quarantined later. None where there
    is no record at all.

    Raises:
        UserError: none fits, or several do; one line names them and where.
    """
    if source.columns is not None:
        return FORMATS["table"]
    found: dict[str, str] = {}
    seen = ""
    for where, record in sample:
        seen = seen or where
        for name in formats_that_fit(record):
            found.setdefault(name, where)
    if not seen:
        return None
    if len(found) == 1:
        return FORMATS[next(iter(found))]
    raise UserError(f"ingest.sources[{at}]: {source.path}: {_unclear(found, seen)}")


def _unclear(found: Mapping[str, str], seen: str) -> str:
    if found:
        fits = " and ".join(f"{name} ({found[name]})" for name in sorted(found))
        return f"fits {fits}; name its format, or one source for each"
    known = ", ".join(sorted(FORMATS))
    return f"{seen} fits no known format; name its format: {known}; or, of a table, its columns"
