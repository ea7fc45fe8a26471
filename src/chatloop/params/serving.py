"""How answers are served: the engine that computes them."""

from typing import Literal

from pydantic import Field

from chatloop.params.data import Positive, Section, Share


class EngineParams(Section):
    """What runs a version, how exactly, and how it follows the registry.

    `auto` is CTranslate2 on a CPU and transformers on a GPU. `follow_seconds` is how often the
    registry is asked; `candidate_share` of the traffic goes to the newest version that is not the
    champion.
    """

    engine: Literal["auto", "ctranslate2", "transformers", "vllm"] = "auto"
    quantization: Literal["float32", "int8"] = "float32"
    threads: int | None = Field(default=None, ge=1, le=256)
    max_streams: Positive = 32
    follow_seconds: float = Field(default=5.0, ge=0.1, le=3600.0)
    candidate_share: Share = 0.0


class ServeParams(Section):
    """All of the section `serve`."""

    engine: EngineParams = EngineParams()
