"""What somebody said about a served answer: a row of the snapshot of feedback.

{"feedback_id": "fb-01J…", "exchange_id": "chatcmpl-9f…", "version": "3", "rating": "down",
 "correction": "Returns take 30 days.", "messages": [{"role": "user", …}], "answer": "No idea."}

A correction is a conversation and a pair (the correction over the answer), a thumb a judged answer;
the options `corrections` and `thumbs` say whether either is a conversation.
"""

from chatloop.conversation import Message, Preference, Reject
from chatloop.formats.chat import messages
from chatloop.formats.format import Parsed
from chatloop.formats.preference.marks import is_opinion
from chatloop.formats.turns import not_an_object
from chatloop.params.sources import Source

OPTIONS = frozenset({"thumbs", "corrections"})
# Nobody corrects an answer with a book.
LONGEST = 32_000


def fits(record: object) -> bool:
    """Whether a record has the keys that this format is known by."""
    return is_opinion(record)


def parse(record: object, source: Source) -> list[Parsed]:
    """A preference under an id that carries version, completion and opinion."""
    if not isinstance(record, dict):
        return [*not_an_object(record)]
    if record.get("version") is None:
        return [Reject("unknown_exchange", "the store has no such completion")]
    prompt, answer = record.get("messages"), record.get("answer")
    if not prompt or not isinstance(prompt, list) or not isinstance(answer, str):
        return [Reject("not_stored", "the completion's text was not kept")]
    turns = messages.read(prompt, source)
    if isinstance(turns, Reject):
        return [turns]
    if turns[-1].role != "user":
        return [Reject("no_prompt", "the prompt does not end with a user's turn")]
    return [_judged(record, turns, answer, source)]


def _judged(
    record: dict[str, object], prompt: tuple[Message, ...], answer: str, source: Source
) -> Parsed:
    """A pair where there is a correction, else a thumb."""
    name = "/".join(str(record.get(key)) for key in ("version", "exchange_id", "feedback_id"))
    name, given = f"feedback/{name}", (Message("assistant", answer),) if answer.strip() else ()
    rating, correction = record.get("rating"), record.get("correction")
    if isinstance(correction, str) and len(correction) > LONGEST:
        return Reject("too_large", f"a correction of more than {LONGEST:,} characters")
    said = correction.strip() if isinstance(correction, str) else ""
    if said and said != answer.strip():
        wanted, learned = (Message("assistant", said),), source.corrections == "teach"
        return Preference(name, prompt, wanted, given, learned=learned)
    if rating not in ("up", "down"):
        return Reject("unchanged" if said else "nothing_said", "neither a thumb nor a correction")
    if not given:
        return Reject("no_answer", "a thumb for an empty answer")
    if rating == "down":
        return Preference(name, prompt, (), given)
    return Preference(name, prompt, given, (), learned=source.thumbs == "teach")
