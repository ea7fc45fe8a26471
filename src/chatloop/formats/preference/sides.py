"""A prompt or an answer, however it is written: text, messages, or `Human:` and `Assistant:`.

side("Hi", "user", source)  →  (Message("user", "Hi"),)
"""

import re

from chatloop.conversation import Message, Reject, Role
from chatloop.formats.chat import messages, sharegpt
from chatloop.formats.turns import kind
from chatloop.params.sources import Source

# Anthropic's HH: "\n\nHuman: Hi\n\nAssistant: Hello"
_SPOKEN = re.compile(r"(?:^|\n\n)(Human|Assistant): ?")
_ROLE: dict[str, Role] = {"Human": "user", "Assistant": "assistant"}


def side(value: object, role: Role, source: Source) -> tuple[Message, ...] | Reject:
    """The messages of one side; a text alone is said by `role`."""
    if isinstance(value, str):
        return spoken(value) or (Message(role, value),)
    turns = value if isinstance(value, list) else [value] if isinstance(value, dict) else None
    if not turns:
        return Reject(
            "no_messages", f"prompt or answer is {kind(value)}, neither text nor messages"
        )
    if isinstance(turns[0], dict) and "from" in turns[0]:
        return sharegpt.read(turns, source)
    return messages.read(turns, source)


def spoken(text: str) -> tuple[Message, ...]:
    """Turns of a text that starts with `Human:`; none for any other text."""
    opening, *rest = _SPOKEN.split(text)
    if opening.strip() or not rest or rest[0] != "Human":
        return ()
    pairs = zip(rest[::2], rest[1::2], strict=True)
    turns = tuple(Message(_ROLE[who], said.strip()) for who, said in pairs)
    # A prompt may end with `Assistant:` and nothing, which the answer is to follow.
    return turns if turns[-1].content or len(turns) == 1 else turns[:-1]
