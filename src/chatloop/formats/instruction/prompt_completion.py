"""A prompt and what follows it, as text or as messages.

{"prompt": "What are your opening hours?", "completion": "Nine to five, Monday to Saturday."}
{"prompt": [{"role": "user", "content": "Hi"}], "completion": [{"role": "assistant", …}]}
"""

from chatloop.conversation import Message, Reject
from chatloop.formats.chat import messages
from chatloop.formats.format import Parsed
from chatloop.formats.preference.marks import is_pair, is_thumb
from chatloop.formats.preference.sides import side
from chatloop.formats.turns import finished, first, not_an_object
from chatloop.params.sources import Source

OPTIONS = frozenset({"speakers"})


def fits(record: object) -> bool:
    """Whether a record has the keys that this format is known by, and no thumb."""
    if not isinstance(record, dict) or is_pair(record) or is_thumb(record):
        return False
    held = {"completion", "response"} & record.keys()
    return "prompt" in record and bool(held) and not messages.fits(record)


def parse(record: object, source: Source) -> list[Parsed]:
    """Prompt and completion as one exchange; a `system` text comes first."""
    if not isinstance(record, dict):
        return [*not_an_object(record)]
    prompt = side(record.get("prompt"), "user", source)
    answer = side(first(record, "completion", "response"), "assistant", source)
    if isinstance(prompt, Reject):
        return [prompt]
    if isinstance(answer, Reject):
        return [answer]
    opening = first(record, "system", "system_prompt")
    if not isinstance(opening, str | None):
        return [Reject("not_text", "`system` is no text")]
    first_turn = (Message("system", opening),) if opening else ()
    name, topics = first(record, "id", "prompt_id"), first(record, "topics", "topic", "category")
    return [*finished(name, first_turn + prompt + answer, topics)]
