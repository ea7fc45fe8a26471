"""What formats share: from speakers and texts to turns, with one reason for each thing amiss.

conversation_of("a-1", [("human", "Hi"), ("gpt", "Hello")], CHAT, source)
    → [Conversation("a-1", (Message("user", "Hi"), Message("assistant", "Hello")))]
"""

from collections.abc import Iterable, Mapping

from chatloop.conversation import Conversation, Message, Reject, Role
from chatloop.params.sources import Source

# Names that mean one role wherever people and machines write chats down.
CHAT: dict[str, Role] = {
    "system": "system",
    "user": "user",
    "human": "user",
    "customer": "user",
    "client": "user",
    "visitor": "user",
    "caller": "user",
    "guest": "user",
    "end user": "user",
    "end-user": "user",
    "kunde": "user",
    "cliente": "user",
    "utilisateur": "user",
    "usuario": "user",
    "prompter": "user",
    "assistant": "assistant",
    "agent": "assistant",
    "bot": "assistant",
    "chatbot": "assistant",
    "virtual agent": "assistant",
    "live agent": "assistant",
    "support": "assistant",
    "support agent": "assistant",
    "customer support": "assistant",
    "customer service": "assistant",
    "operator": "assistant",
    "representative": "assistant",
    "asistente": "assistant",
    "agente": "assistant",
    "ai": "assistant",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bard": "assistant",
    "bing": "assistant",
    "model": "assistant",
}
_SHOWN = 40


def kind(value: object) -> str:
    """What JSON calls a value's type."""
    names = {dict: "an object", list: "a list", str: "a text", bool: "a boolean"}
    return names.get(type(value), "null" if value is None else "a number")


def not_an_object(record: object) -> list[Conversation | Reject]:
    """The answer of every parse to a record that is no object."""
    return [Reject("not_an_object", f"a record is a JSON object, not {kind(record)}")]


def role_of(speaker: object, known: Mapping[str, Role], source: Source, at: int) -> Role | Reject:
    """The role of a speaker: as params map it, else as the format knows it."""
    if not source.speakers and isinstance(speaker, str) and speaker in known:
        return known[speaker]
    if isinstance(speaker, bool) or not isinstance(speaker, str | int):
        return Reject("unknown_role", f"turn {at}: the speaker is {kind(speaker)}, not a text")
    # A number of thousands of digits is nobody's name, and Python refuses to write it.
    name = (
        speaker if isinstance(speaker, str) else f"{speaker:#x}" if speaker >> 64 else f"{speaker}"
    )
    if name in source.speakers:
        return source.speakers[name]
    folded = name.strip().casefold()
    if folded in known:
        return known[folded]
    shown = name[:_SHOWN]
    return Reject(
        "unknown_role",
        f"turn {at}: {shown!r} is nobody known; say in the source who it is: "
        f"speakers: {{{shown!r}: user}} (or assistant)",
    )


def text_of(content: object) -> str | None:
    """Text of a content that is text, null, or a list of text parts; None for anything else."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return None
    parts = [part.get("text") if isinstance(part, dict) else part for part in content]
    texts = [part for part in parts if isinstance(part, str)]
    return "\n".join(texts) if len(texts) == len(parts) else None


def message(
    speaker: object, content: object, known: Mapping[str, Role], source: Source, at: int
) -> Message | Reject:
    """One turn, or what is wrong with it."""
    role = role_of(speaker, known, source, at)
    if isinstance(role, Reject):
        return role
    text = text_of(content)
    if text is None:
        return Reject("not_text", f"turn {at}: its content is {_what(content)}, not text")
    return Message(role, text)


def _what(content: object) -> str:
    """What a content is; of a list, the type of the part that is no text."""
    parts = [part for part in items(content) if not isinstance(text_of([part]), str)]
    named = parts[0].get("type") if parts and isinstance(parts[0], dict) else None
    shown = named[:_SHOWN] if isinstance(named, str) else ""
    return f"a list with {shown!r}" if shown else kind(content)


def weighed(said: Message | Reject, weight: object, at: int, source: Source) -> Message | Reject:
    """Fine-tuning files mark an answer that must not be learned with `weight: 0`.

    Every answer of a conversation is learned here, so such a one is left out unless told otherwise.
    """
    if isinstance(said, Reject) or said.role != "assistant":
        return said
    if weight is None or source.weights == "ignore":
        return said
    if isinstance(weight, bool) or weight not in (0, 1):
        return Reject("bad_weight", f"turn {at}: its weight is neither 0 nor 1")
    if weight == 0:
        says = "write `weights: ignore` in the source to learn it all the same"
        return Reject("not_to_be_learned", f"turn {at}: its weight is 0; {says}")
    return said


def whole(turns: Iterable[Message | Reject]) -> tuple[Message, ...] | Reject:
    """All turns, or the first thing that is wrong with one."""
    messages: list[Message] = []
    for turn in turns:
        if isinstance(turn, Reject):
            return turn
        messages.append(turn)
    return tuple(messages) if messages else Reject("no_messages", "there is no turn in it")


def conversation_of(
    name: object,
    pairs: Iterable[tuple[object, object]],
    known: Mapping[str, Role],
    source: Source,
    topics: object = None,
) -> list[Conversation | Reject]:
    """One conversation of (speaker, content) pairs, or the first reason why not."""
    turns = whole(message(who, what, known, source, at) for at, (who, what) in enumerate(pairs))
    return finished(name, turns, topics)


def finished(
    name: object, turns: tuple[Message, ...] | Reject, topics: object = None
) -> list[Conversation | Reject]:
    """Turns under their id and topics, or the first reason why not."""
    named, about = id_of(name), topics_of(topics)
    for part in (turns, about, named):
        if isinstance(part, Reject):
            return [part]
    assert not isinstance(turns, Reject)
    assert not isinstance(about, Reject)
    assert not isinstance(named, Reject)
    return [Conversation(named, turns, about)]


def id_of(name: object) -> str | Reject:
    """An id; empty where there is none: the reader then names it after file and line."""
    if name is None:
        return ""
    if isinstance(name, str):
        return name
    if isinstance(name, bool) or not isinstance(name, int) or name >> 64 not in {0, -1}:
        return Reject("bad_id", f"the id is neither text nor a whole number but {kind(name)}")
    return str(name)


def topics_of(topics: object) -> tuple[str, ...] | Reject:
    """Topics from one text, a list of texts, or nothing; sorted."""
    if topics is None:
        return ()
    if isinstance(topics, str):
        return (topics,)
    if isinstance(topics, list):
        texts = {topic for topic in topics if isinstance(topic, str)}
        if all(isinstance(topic, str) for topic in topics):
            return tuple(sorted(texts))
    return Reject("bad_topics", "the topics are neither text nor a list of text")


def items(value: object) -> list[object]:
    """A list's entries; none where it is no list."""
    return value if isinstance(value, list) else []


def objects(value: object) -> list[dict[str, object]] | None:
    """The entries of a list of objects; None where it is something else."""
    found = [entry for entry in items(value) if isinstance(entry, dict)]
    return found if isinstance(value, list) and len(found) == len(value) else None


def first(record: Mapping[str, object], *keys: str) -> object:
    """The first value that is there and not null."""
    return next((record[key] for key in keys if record.get(key) is not None), None)
