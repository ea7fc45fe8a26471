"""One behaviour case, strict: what is asked, and what the answer has to be like.

Case(name="returns_take_30_days", messages=(Message("user", "Can I send it back?"),),
     contains=(("30 days",),), not_contains=(), max_words=60, must=False, …)
"""

from typing import Annotated, Any, Literal, Self, get_args

import polars as pl
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from chatloop.conversation import ROLES, Message
from chatloop.privacy.kinds import KINDS

Kind = Literal["minimum_function", "invariance", "direction", "refusal", "injection", "privacy"]
CASE_KINDS: tuple[Kind, ...] = get_args(Kind)
LONGEST_PATTERN = 1000

Text = Annotated[str, Field(min_length=1, max_length=10_000, pattern=r"\S")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,79}$")]
# All of the groups, of each group any: (("refund", "money back"), ("30 days",)).
Groups = tuple[tuple[Text, ...], ...]


def _listed(value: object) -> object:
    return tuple(value) if isinstance(value, list) else (value,)


def _groups(value: object) -> object:
    """A text; a list, of which all; {any: […]}, {all: […]}; and a list of those."""
    found: list[tuple[object, ...]] = []
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str):
            found.append((one,))
        elif isinstance(one, dict) and set(one) == {"any"} and isinstance(one["any"], list):
            found.append(tuple(one["any"]))
        elif isinstance(one, dict) and set(one) == {"all"} and isinstance(one["all"], list):
            found += [(each,) for each in one["all"]]
        else:
            raise ValueError("is a text, a list, {any: [...]} or {all: [...]}")
    if not found or not all(found):
        raise ValueError("an empty list asks for nothing")
    return tuple(found)


def _check_patterns(groups: Groups) -> Groups:
    for group in groups:
        _each_a_pattern(group)
    return groups


def _each_a_pattern(patterns: tuple[str, ...]) -> tuple[str, ...]:
    for pattern in patterns:
        if len(pattern) > LONGEST_PATTERN:
            raise ValueError(f"a pattern has over {LONGEST_PATTERN} characters")
        try:
            pl.Series([""]).str.contains(pattern)
        except pl.exceptions.PolarsError as error:
            whys = [line for line in str(error).splitlines() if line.startswith("error: ")]
            why = whys[-1].removeprefix("error: ") if whys else "the engine refuses it"
            raise ValueError(f"{pattern!r} is no pattern ({why})") from error
    return patterns


def _kinds(value: object) -> object:
    """`true` is every kind of personal data."""
    if isinstance(value, str):
        if value.lower() not in {"true", "yes"}:
            raise ValueError("is `true` or a list of kinds of personal data")
        return KINDS
    if not isinstance(value, list) or not value:
        raise ValueError("is `true` or a list of kinds of personal data")
    if unknown := [one for one in value if one not in KINDS]:
        raise ValueError(f"{unknown[0]} is no kind of personal data; docs/data.md names them")
    return tuple(value)


def _turns(value: object) -> object:
    """`- user: text`, or role and content; text alone is a question."""
    if isinstance(value, list):
        return tuple(_turn(one) for one in value)
    raise ValueError("is a list of turns: `- user: text`")


def _turn(value: Any) -> Message:
    if isinstance(value, dict) and len(value) == 1:
        ((role, content),) = value.items()
    elif isinstance(value, dict) and set(value) == {"role", "content"}:
        role, content = value["role"], value["content"]
    else:
        raise ValueError("a turn is `user: text`, `assistant: text` or `system: text`")
    if role not in ROLES:
        raise ValueError(f"{role} is no role; known are {', '.join(ROLES)}")
    if not isinstance(content, str) or not content.strip():
        raise ValueError(f"the {role} says nothing")
    return Message(role, content)


Wishes = Annotated[Groups, BeforeValidator(_groups)]
Patterns = Annotated[Groups, BeforeValidator(_groups), AfterValidator(_check_patterns)]
Several = Annotated[tuple[Text, ...], BeforeValidator(_listed)]
Names = Annotated[tuple[Name, ...], BeforeValidator(_listed)]
Words = Annotated[int, Field(ge=0, le=100_000)]


class Case(BaseModel):
    """Values arrive as text. What is None or empty is not asked for; letters' case is ignored
    unless `case_sensitive`; patterns are Polars' regexes, whose time is linear."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    name: Name
    kind: Kind | None = None
    question: Text | None = None
    messages: Annotated[tuple[Message, ...], BeforeValidator(_turns)] = ()
    contains: Wishes = ()
    not_contains: Several = ()
    matches: Patterns = ()
    not_matches: Annotated[Several, AfterValidator(_each_a_pattern)] = ()
    min_words: Words | None = None
    max_words: Words | None = None
    no_personal_data: Annotated[tuple[str, ...], BeforeValidator(_kinds)] = ()
    same_as: Names = ()
    differs_from: Names = ()
    similarity: float | None = Field(default=None, gt=0.0, le=1.0)
    case_sensitive: bool = False
    must: bool = False
    rubric: Text | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.question is None) == (not self.messages):
            raise ValueError("needs either a question or messages")
        if self.messages and self.messages[-1].role != "user":
            raise ValueError("messages end with a user's turn: the answer to it is judged")
        if not self.checked and self.rubric is None:
            raise ValueError(f"checks nothing; give it one of {', '.join(CHECKS)} or a rubric")
        if self.max_words is not None and (self.min_words or 0) > self.max_words:
            raise ValueError("min_words is above max_words")
        if self.must and not self.checked:
            raise ValueError("a must needs a check; a rubric is no check")
        return self

    @property
    def checked(self) -> bool:
        """Whether anything is checked; a rubric alone is for the judge."""
        return any(getattr(self, name) not in (None, ()) for name in CHECKS)

    @property
    def asked(self) -> tuple[Message, ...]:
        """What the model is to answer."""
        return self.messages or (Message("user", self.question or ""),)

    @property
    def sort(self) -> Kind:
        """The kind, from the relation where none was said."""
        told = "invariance" if self.same_as else "direction" if self.differs_from else None
        return self.kind or told or "minimum_function"  # type: ignore[return-value]

    @property
    def related(self) -> tuple[str, ...]:
        """Cases whose answers this one is compared with."""
        return (*self.same_as, *self.differs_from)


CHECKS = (
    "contains", "not_contains", "matches", "not_matches", "min_words", "max_words",
    "no_personal_data", "same_as", "differs_from",
)  # fmt: skip
