"""The section `evaluate`: what models are asked, and the judge, which is off until it is named.

params.evaluate.probe.spans.count  →  32
"""

import re
from ipaddress import ip_address
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from chatloop.params.data import Positive, Section, Seed, Several, Share
from chatloop.privacy.kinds import Kind

Money = Annotated[float, Field(ge=0.0)]
# Scheme, host, port, path: no name and password, no query, nothing that two parsers read as two.
_ADDRESS = re.compile(
    r"(https?)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~%/-]*)?"
)


class Prices(Section):
    """Of a million tokens, in any currency."""

    input: Money
    output: Money


class JudgeParams(Section):
    """An OpenAI-compatible endpoint; `url` None is off. `key_env` names the environment variable
    that holds the key; `plain_http` allows http to another machine, for anyone between to read."""

    url: str | None
    model: str | None
    key_env: str | None = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    timeout_seconds: float = Field(gt=0.0, le=3600.0)
    max_calls: Positive
    max_tokens: Positive
    prices: Prices
    plain_http: bool

    @field_validator("url")
    @classmethod
    def _is_address(cls, url: str | None) -> str | None:
        if url is not None and not _ADDRESS.fullmatch(url):
            raise ValueError("is no plain http or https address; a key belongs to key_env")
        return url

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if self.url is None:
            return self
        if self.model is None:
            raise ValueError("a judge needs a model, as its endpoint calls it")
        if not self.url.startswith("https:") and not self.is_loopback and not self.plain_http:
            raise ValueError("http sends answers for all to read; use https, or say plain_http")
        return self

    @property
    def is_loopback(self) -> bool:
        """Whether the endpoint is on this machine."""
        found = _ADDRESS.fullmatch(self.url or "")
        host = found[2].strip("[]").lower() if found else ""
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"


class Spans(Section):
    """Training answers, `count` of them: `prefix` tokens are shown, what follows is asked for, up
    to `tokens` and at least `least` of them."""

    count: Positive
    prefix: Positive
    tokens: Positive
    least: Positive


class Asked(Section):
    """Prompts, answered greedily and sampled; kinds of personal data in answers, all if null."""

    prompts: Positive
    max_new_tokens: Positive
    temperature: float = Field(gt=0.0, le=10.0)
    kinds: Several[Kind] | None


class Probe(Section):
    """What is tried on a candidate. `references` is how many other secrets a canary is ranked
    among, `texts` how many lines of general text are read; a model that needs `blank_share` of the
    bits of a blind guess, or more, knows nothing."""

    references: int = Field(ge=20, le=1_000_000)
    spans: Spans
    personal: Asked
    texts: Positive
    blank_share: Share


class Speed(Section):
    """Rounds in which each model answers each of the prompts with so many tokens."""

    prompts: Positive
    new_tokens: int = Field(ge=2)
    rounds: Positive


class EvaluateParams(Section):
    """How much is scored at a time and how much is written anew: the answers of how many
    conversations, greedy and, unless the `temperature` is 0, sampled as well. `similarity` is the
    share of their words from which two answers to behaviour cases are the same; `judged` the most
    prompts whose held-out judged answers are scored."""

    batch_rows: Positive
    generations: int = Field(ge=0)
    judged: int = Field(default=512, ge=0)
    max_new_tokens: Positive
    temperature: float = Field(ge=0.0, le=10.0)
    similarity: float = Field(gt=0.0, le=1.0)
    probe: Probe
    speed: Speed
    judge: JudgeParams
    threads: int = Field(ge=1, le=256)
    seed: Seed
