"""The fields that chat and text completions share, and what they do to a version's own settings.

{"temperature": 0.7, "max_tokens": 64, "stop": "\\n"}  →  Sampling(64, 0.7, …, stop=("\\n",))
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from chatloop.serve.model import Sampling

LARGEST_ID = 2**31 - 1
SEEDS = 2**32  # what every engine takes for a seed
Short = Annotated[str, Field(max_length=512)]


class Wire(BaseModel):
    """A request: no field but the declared ones, a number stays a number and a text a text."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class Whole(Wire):
    """A body whose texts are all whole characters: half of a surrogate pair can be sent to nobody,
    and kept by no database."""

    @model_validator(mode="before")
    @classmethod
    def _no_halves(cls, value: Any) -> Any:
        place = next(_halves(value, ""), None)
        if place is not None:
            raise ValueError(f"{place}: has half of a surrogate pair")
        return value


def _halves(value: object, path: str) -> Iterator[str]:
    """Where texts are that UTF-8 cannot say."""
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= one <= "\udfff" for one in value):
            yield path
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield from _halves(one, f"{path}[{at}]")
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _halves(key, path)
            yield from _halves(one, f"{path}.{key}" if path else key)


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


StopText = Annotated[str, Field(min_length=1, max_length=512)]
_STOP = {"type": "string", "minLength": 1, "maxLength": 512}
Stop = Annotated[
    list[StopText],
    Field(max_length=64),
    BeforeValidator(_listed),
    WithJsonSchema({"anyOf": [_STOP, {"type": "array", "maxItems": 64, "items": _STOP}]}),
]


def nothing_but(*accepted: Any) -> BeforeValidator:
    """A field that is not supported: refused by name, unless it asks for nothing."""

    def nothing(value: object) -> None:
        if value in (None, False, [], {}, "") or value in accepted:
            return
        raise ValueError("unsupported: is not supported")

    return BeforeValidator(nothing)


Nothing = Annotated[None, nothing_but(), WithJsonSchema({"type": "null"})]
AnyTier = Annotated[
    None, nothing_but("auto", "default"), WithJsonSchema({"enum": ["auto", "default", None]})
]


class StreamOptions(Wire):
    """`include_usage`: one more chunk with the counts of tokens, before the end."""

    include_usage: bool | None = None
    include_obfuscation: Nothing = None


class SamplingFields(Whole):
    """How tokens are drawn, in OpenAI's words; top_k, min_p and repetition_penalty besides."""

    model: Annotated[str, Field(min_length=1, max_length=256)] | None = None
    temperature: Annotated[float, Field(ge=0.0, le=2.0)] | None = None
    top_p: Annotated[float, Field(ge=0.0, le=1.0)] | None = None
    top_k: Annotated[int, Field(ge=-1, le=LARGEST_ID)] | None = None
    min_p: Annotated[float, Field(ge=0.0, le=1.0)] | None = None
    presence_penalty: Annotated[float, Field(ge=-2.0, le=2.0)] | None = None
    frequency_penalty: Annotated[float, Field(ge=-2.0, le=2.0)] | None = None
    repetition_penalty: Annotated[float, Field(gt=0.0, le=10.0)] | None = None
    logit_bias: (
        Annotated[dict[str, Annotated[float, Field(ge=-100.0, le=100.0)]], Field(max_length=1024)]
        | None
    ) = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
    stop: Stop | None = None
    n: Annotated[int, Field(ge=1, le=128)] | None = None
    max_tokens: Annotated[int, Field(ge=1, le=LARGEST_ID)] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    user: Short | None = None
    service_tier: AnyTier = None

    @field_validator("logit_bias")
    @classmethod
    def _ids(cls, value: dict[str, float] | None) -> dict[str, float] | None:
        for key in value or {}:
            if not (key.isascii() and key.isdigit() and len(key) <= 10 and int(key) <= LARGEST_ID):  # noqa: PLR2004
                raise ValueError("keys are ids of tokens, as in {'50256': -100}")
        return value

    @model_validator(mode="after")
    def _options_of_a_stream(self) -> Self:
        if self.stream_options is not None and not self.stream:
            raise ValueError("stream_options: only where stream is true")
        return self

    @property
    def stops(self) -> tuple[str, ...]:
        """The stop texts; none where none are asked for."""
        return tuple(self.stop or ())

    @property
    def choices(self) -> int:
        """How many answers to one prompt."""
        return self.n or 1

    @property
    def counts_tokens(self) -> bool:
        """True where a stream ends with the counts of its tokens."""
        return bool(self.stream_options and self.stream_options.include_usage)

    def sampling(self, defaults: Sampling, max_tokens: int | None, top: int | None) -> Sampling:
        """The version's own settings with what is asked for instead; `top` is top_logprobs."""
        asked: dict[str, Any] = {
            "max_tokens": max_tokens,
            "temperature": self.temperature,
            "top_p": self.top_p,
            "top_k": None if self.top_k is None else max(self.top_k, 0),
            "min_p": self.min_p,
            "presence_penalty": self.presence_penalty,
            "frequency_penalty": self.frequency_penalty,
            "repetition_penalty": self.repetition_penalty,
            "seed": None if self.seed is None else self.seed % SEEDS,
            "stop": self.stops or None,
            "top_logprobs": top,
        }
        if self.logit_bias:
            asked["logit_bias"] = {int(key): bias for key, bias in self.logit_bias.items()}
        return replace(defaults, **{name: v for name, v in asked.items() if v is not None})


def seeded(sampling: Sampling, count: int) -> tuple[Sampling, ...]:
    """One sampling an answer; with a seed, each has one of its own that follows from it."""
    if sampling.seed is None:
        return (sampling,) * count
    return tuple(replace(sampling, seed=(sampling.seed + at) % SEEDS) for at in range(count))


Truncation = Literal["auto", "disabled"]
