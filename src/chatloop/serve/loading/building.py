"""The engine for a folder: what the params ask for, or what can run it, with the reason in the log.

WARNING chatloop.serve: transformers alone runs this version: CTranslate2: No conversion is …
"""

import copy
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from chatloop.io.models import hub
from chatloop.params.serving import EngineParams
from chatloop.serve.engines.engine import Decoder, Engine, Logits, Part
from chatloop.serve.engines.lone import CTranslate2Lone, Lone
from chatloop.serve.engines.rows.decoder import RowDecoder
from chatloop.serve.engines.rows.head import LikeliestHead, can_look_first
from chatloop.serve.engines.rows.linears import can_pack, pack
from chatloop.serve.engines.scheduler import Made, Scheduler
from chatloop.serve.engines.serial import SerialDecoder
from chatloop.serve.loading.comparing import (
    FAR,
    is_sparing,
    rows_ahead,
    seconds_alone,
    seconds_in_rows,
)
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
    room = params.prefix_mib * 2**20
    return Scheduler(
        lambda: _made(folder, content, params), prefix_bytes=room, drafts=params.drafts
    )


def _made(folder: Path, content: str, params: EngineParams) -> Made:
    if params.threads is not None:
        torch.set_num_threads(params.threads)
    on_gpu = torch.cuda.is_available() and params.engine != "ctranslate2"
    model = hub.load_model(folder)
    decoder = _decoder(model.cuda() if on_gpu else model, params)
    if params.engine == "ctranslate2":
        return decoder, _lone(folder, content, params, decoder, torch.get_num_threads())
    if params.engine == "auto" and not on_gpu:
        return decoder, _far_faster(folder, content, params, decoder)
    return decoder, None


def _far_faster(folder: Path, content: str, params: EngineParams, decoder: Decoder) -> Lone | None:
    """CTranslate2 where it is. With one thread, as models are small where it is; and workers of
    its own would be in the way of the decoder's (see `Scheduler`), which is timed before."""
    in_rows = seconds_in_rows(decoder)
    lone = _lone(folder, content, params, decoder, threads=1)
    return lone if lone is not None and FAR * seconds_alone(lone) < in_rows else None


def _decoder(model: Any, params: EngineParams) -> Decoder:
    """The fastest that says what the model says."""
    right = _own_logits(model)
    if model.device.type == "cpu":
        if can_pack(params.quantization):
            decoder = _packed_in_rows(model, right, params)
            if decoder is not None:
                return decoder
        log.warning("%s: is run in float32, its products not packed", type(model).__name__)
    decoder = _in_rows(_copied(model), {}, right, "float32", params.max_streams)
    if decoder is not None:
        return decoder
    log.warning("%s: its rows are run one after the other", type(model).__name__)
    return SerialDecoder(model, params.max_streams)


def _packed_in_rows(model: Any, right: Logits, params: EngineParams) -> RowDecoder | None:
    """In float32 with two heads, one of them for whoever wants the likeliest token alone, and
    with an int8 copy that is asked first, where that is worth its time."""
    packed, exact = _copied(model), params.quantization == "float32"
    pack(packed, params.quantization)
    likeliest = quick = None
    if exact and can_look_first(model):
        likeliest, head = _copied(packed), model.get_output_embeddings()
        bias = None if head.bias is None else head.bias.detach()
        likeliest.set_output_embeddings(LikeliestHead(head.weight.detach(), bias))
    if exact and params.ahead and can_pack("int8"):
        quick = _copied(model)
        pack(quick, "int8")
    given = {"likeliest": likeliest, "quick": quick}
    decoder = _in_rows(packed, given, right, params.quantization, params.max_streams)
    if decoder is not None and likeliest is not None and not is_sparing(decoder):
        decoder.read_all()
    if decoder is not None and quick is not None:
        decoder.look_ahead(rows_ahead(decoder))
    return decoder


def _in_rows(
    model: Any, others: Mapping[str, Any], right: Logits, quantization: str, rows: int
) -> RowDecoder | None:
    """As a graph, or from Python where it is no graph; None where its logits are others."""
    for graph in (True, False):
        try:
            decoder = RowDecoder(model, rows, **others, graph=graph)
            if _agrees(decoder, _probe(model), right, quantization):
                return decoder
            said = "its logits in rows are not its own"
        except (RuntimeError, TypeError, AttributeError, ValueError, LookupError) as error:
            said = " ".join(str(error).split())[:200]
        log.warning("%s: %s", type(model).__name__, said)
    return None


def _copied(model: Any) -> Any:
    """The same modules, to be changed; the tensors of what is not replaced are shared."""
    shared = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
    return copy.deepcopy(model, shared)


def _lone(
    folder: Path, content: str, params: EngineParams, decoder: Decoder, threads: int
) -> Lone | None:
    """CTranslate2 on the converted model; None where it cannot run it, or answers otherwise."""
    own = torch.get_num_threads()
    try:
        made = converted(folder, content, params.quantization)
        lone = CTranslate2Lone(made, params.quantization, threads)
        if _follows(lone, decoder, params.quantization):
            return lone
        said: object = "its answers are not the model's"
    except (UnknownShapeError, RuntimeError) as error:
        said = error
    finally:
        torch.set_num_threads(own)  # CTranslate2 sets its own for both
    log.warning("transformers alone runs this version: CTranslate2: %s", said)
    return None


def _follows(lone: Lone, decoder: Decoder, quantization: str) -> bool:
    """Whether each of its tokens is, by the decoder's logits, as good as the likeliest."""
    probe = list(range(PROBE))
    drawn: list[int] = []
    lone.run(probe, FOLLOWED, lambda token: bool(drawn.append(token)))  # type: ignore[func-returns-value]
    (rows,) = decoder.read([Part(0, 0, (*probe, *drawn), 1 + len(drawn))])
    for token, logits in zip(drawn, rows, strict=False):
        if logits[token] < logits.max() - CLOSE[quantization] * np.abs(logits).max():
            return False
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


def _agrees(decoder: Decoder, probe: list[int], right: Logits, quantization: str) -> bool:
    """Whether a row beside others, read in pieces, has the logits that it should have."""
    *most, last = probe
    first, second = max(decoder.rows - 2, 0), decoder.rows - 1
    for begin, end in ((0, 9), (9, len(most) - 1)):
        beside = [] if first == second else [Part(first, 0, tuple(most[:5]))]
        decoder.read([*beside, Part(second, begin, tuple(most[begin:end]))])
    near = CLOSE[quantization] * np.abs(right).max()
    whole, largest = (
        decoder.read([Part(second, len(most) - 1, (most[-1], last), 2, likeliest)])[0]
        for likeliest in (False, True)
    )
    drawn = np.take_along_axis(right, largest.argmax(-1)[:, None], -1)[:, 0]
    return bool(np.abs(whole - right).max() <= near and (right.max(-1) - drawn).max() <= near)
