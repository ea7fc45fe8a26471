"""One answer with a thumb up or down, as for KTO (Kahneman-Tversky Optimization).

{"prompt": "Where is my order?", "completion": "It left us today.", "label": true}
{"prompt": "Where is my order?", "completion": "No idea.", "label": false}
"""

from chatloop.conversation import Conversation, Preference, Reject
from chatloop.formats.format import Parsed
from chatloop.formats.preference.marks import is_thumb, may_be_thumb, numbered, thumb
from chatloop.formats.preference.preference import Turns
from chatloop.formats.preference.sides import side
from chatloop.formats.turns import finished, first, not_an_object
from chatloop.params.sources import Source

OPTIONS = frozenset({"speakers", "tools", "weights"})


def fits(record: object) -> bool:
    """Whether a record has the keys that this format is known by; 1 and 0 may mean it too."""
    return is_thumb(record) or may_be_thumb(record)


def parse(record: object, source: Source) -> list[Parsed]:
    """A preference with one answer: chosen with a thumb up, rejected with a thumb down."""
    if not isinstance(record, dict):
        return [*not_an_object(record)]
    label = first(record, "label", "kto_tag")
    good = thumb(label) if numbered(label) is None else numbered(label)
    if good is None:
        return [Reject("bad_label", "`label` is neither true nor false, nor 1 or 0")]
    sides = _sides(record, source)
    if isinstance(sides, Reject):
        return [sides]
    prompt, answer = sides
    (whole,) = finished(record.get("id"), prompt + answer, first(record, "topics", "topic"))
    if not isinstance(whole, Conversation):
        return [whole]
    chosen, rejected = (answer, ()) if good else ((), answer)
    return [Preference(whole.id, prompt, chosen, rejected, whole.topics)]


def _sides(record: dict[str, object], source: Source) -> tuple[Turns, Turns] | Reject:
    """Prompt and answer; of messages, the last one is the answer."""
    listed = first(record, "messages", "conversations")
    if listed is not None:
        turns = side(listed, "user", source)
        if isinstance(turns, Reject):
            return turns
        if len(turns) < 2 or turns[-1].role != "assistant":  # noqa: PLR2004
            return Reject("no_answer", "`messages` does not end with an answer to a prompt")
        return turns[:-1], turns[-1:]
    prompt = side(record.get("prompt"), "user", source)
    answer = side(record.get("completion"), "assistant", source)
    if isinstance(prompt, Reject):
        return prompt
    return answer if isinstance(answer, Reject) else (prompt, answer)
