"""What both kinds of Rasa files share: steps, and the texts that they name instead of saying them.

steps:
- intent: greet              # said in nlu.yml, `nlu: [{intent: greet, examples: "- hi"}]`
- action: utter_greet        # said in domain.yml, `responses: {utter_greet: [{text: Hello!}]}`
- user: "to [Rome](city)"    # said here
- bot: "Rome it is."
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from chatloop.conversation import Message, Reject
from chatloop.formats.format import Parsed
from chatloop.formats.turns import finished, items, not_an_object

LISTS = ("stories", "test_cases")
# Files of a Rasa project that say texts or settings, and no conversation.
COMPANIONS = {
    "nlu", "responses", "intents", "entities", "slots", "forms", "actions", "rules", "pipeline",
    "policies", "recipe", "lookup", "language", "rest", "rasa", "action_endpoint", "flows",
    "tracker_store", "assistant_id", "session_config", "event_broker", "lock_store", "nlg",
    "models", "socketio", "slack", "telegram", "facebook", "mattermost", "callback", "importers",
}  # fmt: skip
SILENT = ("action_listen", "action_session_start", "action_deactivate_loop", "action_restart")
_UNSAID = ("slot_was_set", "slot_was_not_set", "active_loop", "metadata", "assertions")
_ENTITY = re.compile(r"\[([^\[\]]+)\](?:\([^()]*\)|\{[^{}]*\})")


def texts(documents: Iterable[object]) -> dict[str, str]:
    """What intents and responses say: the first example and the first text of each."""
    said: dict[str, str] = {}
    for document in documents:
        if not isinstance(document, dict):
            continue
        for name, variants in _pairs(document.get("responses")):
            lines = [one.get("text") for one in items(variants) if isinstance(one, dict)]
            if spoken_lines := [line for line in lines if isinstance(line, str)]:
                said.setdefault(name, spoken_lines[0])
        for entry in items(document.get("nlu")):
            if isinstance(entry, dict) and (examples := _examples(entry)):
                said.setdefault(f"intent {entry.get('intent')}", examples[0])
    return said


def _pairs(value: object) -> list[tuple[str, object]]:
    held = value.items() if isinstance(value, dict) else ()
    return [(name, entry) for name, entry in held if isinstance(name, str)]


def _examples(entry: Mapping[str, object]) -> list[str]:
    examples = entry.get("examples")
    if isinstance(examples, str):
        return [spoken(line.strip()[1:].strip()) for line in examples.split("\n") if line.strip()]
    held = [one.get("text") for one in items(examples) if isinstance(one, dict)]
    return [spoken(text.strip()) for text in held if isinstance(text, str)]


def spoken(text: str) -> str:
    """Text without its entity marks: `to [Rome](city)` is `to Rome`."""
    return _ENTITY.sub(r"\1", text)


def unpack(document: object, lookup: Mapping[str, str]) -> list[object]:
    """Every story with its steps said; nothing for a project's other files."""
    if not isinstance(document, dict):
        return [document]
    stories = [story for name in LISTS for story in items(document.get(name))]
    if not stories and COMPANIONS & document.keys() and not document.keys() & set(LISTS):
        return []
    return [_said(story, lookup) for story in stories] or [document]


def _said(story: object, lookup: Mapping[str, str]) -> object:
    if not isinstance(story, dict) or not isinstance(story.get("steps"), list):
        return story
    return {**story, "steps": [_step(step, lookup) for step in story["steps"]]}


def _step(step: object, lookup: Mapping[str, str]) -> object:
    if not isinstance(step, dict):
        return step
    intent, action = step.get("intent"), step.get("action", step.get("utter"))
    if isinstance(intent, str) and "user" not in step and f"intent {intent}" in lookup:
        return {**step, "user": lookup[f"intent {intent}"]}
    if isinstance(action, str) and "bot" not in step and action in lookup:
        return {**step, "bot": lookup[action]}
    if isinstance(step.get("or"), list):
        flat = [one for one in step["or"][:1] if "or" not in _keys(one)]
        return {**step, "or": [_step(one, lookup) for one in flat]}
    return step


def steps(story: object) -> Iterator[dict[str, object]]:
    """Steps of a story, or of the first stories of a file; for a look at what kind they are."""
    held = story if isinstance(story, dict) else {}
    stories = [one for name in LISTS for one in items(held.get(name))[:20]] or [held]
    for one in stories:
        for step in items(one.get("steps")) if isinstance(one, dict) else []:
            if isinstance(step, dict):
                yield step


def parse(record: object) -> list[Parsed]:
    """A conversation of what users and bot say; all else in a story is no turn."""
    if not isinstance(record, dict):
        return [*not_an_object(record)]
    listed = record.get("steps")
    if not isinstance(listed, list) or not listed:
        return [Reject("no_messages", "neither a story nor a test case with steps")]
    messages: list[Message] = []
    for at, step in enumerate(listed):
        message = _message(step, at)
        if isinstance(message, Reject):
            return [message]
        messages += [message] if message else []
    if not messages:
        return [Reject("no_messages", "nobody says anything in it")]
    names = (record.get(key) for key in ("story", "test_case"))
    return [*finished(next((name for name in names if name), None), tuple(messages))]


def _message(step: object, at: int) -> Message | Reject | None:
    """What is said in a step; None where nothing is."""
    if not isinstance(step, dict):
        return Reject("bad_message", f"step {at} is no object")
    if isinstance(step.get("or"), list) and step["or"] and "or" not in _keys(step["or"][0]):
        return _message(step["or"][0], at)
    if "checkpoint" in step:
        return Reject(
            "fragment", f"step {at} is a checkpoint: the story is a part of a conversation"
        )
    for key in ("user", "bot"):
        if key in step:
            return _line(step[key], key, at)
    action = step.get("action", step.get("utter", step.get("intent")))
    if action in SILENT or (action is None and step.keys() & set(_UNSAID)):
        return None
    says = "its text is neither in the step nor in an nlu or domain file of the source"
    return Reject("no_text", f"step {at}: {says}")


def _keys(value: object) -> set[str]:
    return set(value) if isinstance(value, dict) else set()


def _line(text: object, key: str, at: int) -> Message | Reject:
    if not isinstance(text, str):
        return Reject("not_text", f"step {at}: `{key}` is no text")
    return Message("assistant", text) if key == "bot" else Message("user", spoken(text.strip()))
