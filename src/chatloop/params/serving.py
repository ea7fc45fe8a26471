"""The serve section: what `chatloop serve` answers with, how much of it, and what is kept.

params.serve.limits.waiting  →  8
"""

from typing import Literal, Self

from pydantic import Field, model_validator

from chatloop.params.data import OwnName, Positive, Section, Several, Share


class HistoryParams(Section):
    """What is kept in memory of a conversation whose framework sends its last turn alone.

    The oldest turns go first beyond `turns` or `characters`, the longest silent session beyond
    `sessions`, and a session after so many `minutes` of silence.
    """

    turns: int = Field(default=20, ge=0, le=1000)
    characters: Positive = 20_000
    sessions: Positive = 10_000
    minutes: float = Field(default=60.0, gt=0.0, le=10_080.0)


class ConnectorParams(Section):
    """Frameworks by name, each with options of its own; none without a name."""

    use: dict[OwnName, dict[str, object]] = Field(default_factory=dict)
    history: HistoryParams = HistoryParams()


class EngineParams(Section):
    """What runs a version, how exactly, and how it follows the registry.

    `auto` is transformers, and CTranslate2 for a stream alone where that is far faster.
    `follow_seconds` is how often the registry is asked; `candidate_share` of the traffic goes to
    the newest version that is not the champion. `drafts` guesses repeated text ahead; `ahead`
    asks an int8 copy first where streams are few and answers float32; `prefix_mib` of memory, for
    each loaded version, hold what was read of conversations that may go on. None of them changes an
    answer.
    """

    engine: Literal["auto", "ctranslate2", "transformers", "vllm"] = "auto"
    quantization: Literal["float32", "int8"] = "float32"
    threads: int | None = Field(default=None, ge=1, le=256)
    max_streams: Positive = 32
    drafts: bool = True
    ahead: bool = True
    prefix_mib: int = Field(default=256, ge=0)
    follow_seconds: float = Field(default=5.0, ge=0.1, le=3600.0)
    candidate_share: Share = 0.0


class LimitParams(Section):
    """What one request, one key and all of them together may take."""

    body_bytes: int = Field(ge=1024)
    messages: Positive
    tokens: Positive
    choices: int = Field(ge=1, le=128)
    stop: int = Field(ge=0, le=64)
    correction_chars: Positive
    waiting: int = Field(ge=0)
    wait_seconds: float = Field(gt=0.0)
    requests: Positive
    requests_per_minute: Positive
    at_once: Positive
    body_seconds: float = Field(gt=0.0)
    send_seconds: float = Field(gt=0.0)


class StoreParams(Section):
    """Where exchanges and feedback go. `url` null is SQLite in `folder`, which holds the API keys
    and the secret of the callers' hashes as well; `exchanges` keeps the text of all of them."""

    folder: str = Field(min_length=1)
    url: str | None = Field(default=None, min_length=1)
    exchanges: bool
    pending: Positive


class ServeParams(Section):
    """The server. `model` pins a version; `api_keys` auto asks for them beyond loopback."""

    host: str = Field(min_length=1)
    port: int = Field(ge=0, le=65_535)
    model: str | None = Field(default=None, min_length=1)
    api_keys: Literal["auto", "on", "off"]
    hosts: Several[str]
    origins: Several[str]
    fallback: str = Field(min_length=1)
    shutdown_seconds: float = Field(gt=0.0)
    engine: EngineParams
    limits: LimitParams
    store: StoreParams
    connectors: ConnectorParams

    @property
    def loopback(self) -> bool:
        """True where nobody but this machine can ask."""
        return self.host in ("localhost", "::1") or self.host.startswith("127.")

    @property
    def asks_for_keys(self) -> bool:
        """True where a request without an API key is refused."""
        return self.api_keys == "on" or (self.api_keys == "auto" and not self.loopback)

    @model_validator(mode="after")
    def _no_star(self) -> Self:
        if "*" in self.origins:
            raise ValueError("origins: name each one; * lets every page use what a browser may")
        return self
