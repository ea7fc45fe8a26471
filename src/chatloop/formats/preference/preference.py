"""Two answers to one prompt, the better one named.

{"prompt": "Where is my order?", "chosen": "It left us today.", "rejected": "No idea."}
{"chosen": "\\n\\nHuman: Hi\\n\\nAssistant: Hello", "rejected": "\\n\\nHuman: Hi\\n\\nAssistant: …"}
{"input": {"messages": […]}, "preferred_output": […], "non_preferred_output": […]}
"""

from chatloop.conversation import Conversation, Message, Preference, Reject
from chatloop.formats.format import Parsed
from chatloop.formats.preference.marks import is_pair
from chatloop.formats.preference.sides import side
from chatloop.formats.turns import finished, first, not_an_object
from chatloop.params.sources import Source

OPTIONS = frozenset({"speakers", "tools", "weights"})
Turns = tuple[Message, ...]


def fits(record: object) -> bool:
    """Whether a record has the keys that this format is known by."""
    return is_pair(record)


def parse(record: object, source: Source) -> list[Parsed]:
    """A preference; where both answers are the same, the conversation alone."""
    if not isinstance(record, dict):
        return [*not_an_object(record)]
    sides = _sides(record, source)
    if isinstance(sides, Reject):
        return [sides]
    prompt, chosen, rejected = sides
    (whole,) = finished(
        first(record, "id", "prompt_id"), prompt + chosen, first(record, "topics", "topic")
    )
    if not isinstance(whole, Conversation) or chosen == rejected:
        return [whole]
    return [Preference(whole.id, prompt, chosen, rejected, whole.topics)]


def _sides(record: dict[str, object], source: Source) -> tuple[Turns, Turns, Turns] | Reject:
    """Prompt, better and worse answer."""
    chosen = side(first(record, "chosen", "preferred_output"), "assistant", source)
    rejected = side(first(record, "rejected", "non_preferred_output"), "assistant", source)
    if isinstance(chosen, Reject):
        return chosen
    if isinstance(rejected, Reject):
        return rejected
    if chosen[0].role != "assistant":
        return _parted(chosen, rejected)
    prompt = _prompt(record, source)
    if isinstance(prompt, Reject):
        return prompt
    if rejected[0].role != "assistant":
        return Reject("bad_pair", "one answer comes with its prompt and the other one without")
    return prompt, chosen, rejected


def _prompt(record: dict[str, object], source: Source) -> Turns | Reject:
    given = record.get("input")
    held = given if isinstance(given, dict) else record
    value = first(held, "prompt", "messages", "conversations", "question", "instruction")
    prompt = side(value, "user", source)
    opening = first(record, "system", "system_prompt")
    if isinstance(prompt, Reject) or opening in (None, ""):
        return prompt
    if not isinstance(opening, str):
        return Reject("not_text", "`system` is no text")
    return (Message("system", opening), *prompt)


def _parted(chosen: Turns, rejected: Turns) -> tuple[Turns, Turns, Turns] | Reject:
    """Whole conversations: what both begin with is the prompt."""
    longest = min(len(chosen), len(rejected)) - 1
    same = next((at for at in range(longest) if chosen[at] != rejected[at]), longest)
    prompt, good, bad = chosen[:same], chosen[same:], rejected[same:]
    if not prompt or good[0].role != "assistant" or bad[0].role != "assistant":
        return Reject("bad_pair", "the two do not answer the same prompt")
    return prompt, good, bad
