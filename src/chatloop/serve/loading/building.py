"""The engine for a folder: what the params ask for, or what can run it, with the reason in the log.

WARNING chatloop.serve: transformers alone runs this version: CTranslate2: No conversion is …
"""

import copy
import logging
from pathlib import Path
from typing import Any

import numpy as np
import torch

from chatloop.io.models import hub
from chatloop.params.serving import EngineParams
from chatloop.serve.engines.decoder import RowDecoder
from chatloop.serve.engines.engine import Decoder, Engine, Logits
from chatloop.serve.engines.linears import can_pack, pack
from chatloop.serve.engines.lone import CTranslate2Lone, Lone
from chatloop.serve.engines.scheduler import Scheduler
from chatloop.serve.engines.serial import SerialDecoder
from chatloop.serve.loading.conversion import UnknownShapeError, converted

log = logging.getLogger("chatloop.serve")
PROBE = 24  # tokens that a decoder is asked about before it is trusted
FOLLOWED = 8  # tokens that CTranslate2 draws before it is
# Of the largest logit: the same in other orders of summing, and rounded to int8.
CLOSE = {"float32": 1e-3, "int8": 0.35}


def engine_of(folder: Path, content: str, params: EngineParams) -> Engine:
    """An engine that runs the model in a folder; `content` is the hash of what is in it.

    Raises:
        UserError: the engine that the params name is not installed, or the model cannot be loaded.
    """
    if params.engine == "vllm":
        from chatloop.serve.engines.vllm import VLLMEngine

        return VLLMEngine(folder, params.max_streams)
    if params.threads is not None:
        torch.set_num_threads(params.threads)
    on_gpu = torch.cuda.is_available() and params.engine != "ctranslate2"
    model = hub.load_model(folder)
    decoder = _decoder(model.cuda() if on_gpu else model, params)
    wants_lone = params.engine == "ctranslate2" or (params.engine == "auto" and not on_gpu)
    return Scheduler(decoder, _lone(folder, content, params, decoder) if wants_lone else None)


def _decoder(model: Any, params: EngineParams) -> Decoder:
    """The fastest that says what the model says."""
    right = _own_logits(model)
    if not _agrees(RowDecoder(model, 2), right, "float32"):
        log.warning("%s: its rows are run one after the other", type(model).__name__)
        return SerialDecoder(model, params.max_streams)
    if model.device.type == "cpu" and can_pack(params.quantization):
        packed = _packed(model, params.quantization)
        if _agrees(RowDecoder(packed, 2), right, params.quantization):
            return RowDecoder(packed, params.max_streams)
    if model.device.type == "cpu":
        log.warning("%s: is run in float32, its products not packed", type(model).__name__)
    return RowDecoder(model, params.max_streams)


def _packed(model: Any, quantization: str) -> Any:
    """The same modules with other products; the tensors of what is not replaced are shared."""
    shared = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
    other = copy.deepcopy(model, shared)
    pack(other, quantization)
    return other


def _lone(folder: Path, content: str, params: EngineParams, decoder: Decoder) -> Lone | None:
    """CTranslate2 on the converted model; None where it cannot run it, or answers otherwise."""
    try:
        made = converted(folder, content, params.quantization)
        lone = CTranslate2Lone(made, params.quantization, torch.get_num_threads())
        if _follows(lone, decoder, params.quantization):
            return lone
        said: object = "its answers are not the model's"
    except (UnknownShapeError, RuntimeError) as error:
        said = error
    log.warning("transformers alone runs this version: CTranslate2: %s", said)
    return None


def _follows(lone: Lone, decoder: Decoder, quantization: str) -> bool:
    """Whether each of its tokens is, by the decoder's logits, as good as the likeliest."""
    probe = list(range(PROBE))
    drawn: list[int] = []
    lone.run(probe, FOLLOWED, lambda token: bool(drawn.append(token)))  # type: ignore[func-returns-value]
    logits = decoder.fill(0, probe, 0)
    for token in drawn:
        if logits[token] < logits.max() - CLOSE[quantization] * np.abs(logits).max():
            return False
        logits = decoder.step([token])[0]
    return len(drawn) == FOLLOWED


def _probe(model: Any) -> list[int]:
    """Random ids, the same every time."""
    size = len(model.get_input_embeddings().weight)
    return [int(token) for token in np.random.default_rng(0).integers(0, size, PROBE)]


@torch.inference_mode()
def _own_logits(model: Any) -> Logits:
    """What the model says at once, of the last two places (2, vocabulary)."""
    ids = torch.tensor([_probe(model)], device=model.device)
    return model(input_ids=ids).logits[0, -2:].float().cpu().numpy()  # type: ignore[no-any-return]


def _agrees(decoder: RowDecoder, right: Logits, quantization: str) -> bool:
    """Whether the second of two rows, read in pieces, has the logits that it should have."""
    try:
        *most, last = _probe(decoder.model)
        decoder.fill(0, most[:5], 0)
        decoder.fill(1, most[:9], 0)
        found = np.stack([decoder.fill(1, most[9:], 9), decoder.step([last, last])[1]])
    except (RuntimeError, TypeError, AttributeError, ValueError, IndexError, KeyError) as error:
        log.warning("%s", " ".join(str(error).split())[:200])
        return False
    return bool(np.abs(found - right).max() <= CLOSE[quantization] * np.abs(right).max())
