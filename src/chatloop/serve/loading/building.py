"""The engine for a folder: what the params ask for, or what can run it, with the reason in the log.

WARNING chatloop.serve: transformers runs this version, not CTranslate2: No conversion is registered
"""

import logging
from pathlib import Path

from chatloop.io import hub
from chatloop.params.serving import EngineParams
from chatloop.serve.engines.decoder import RowDecoder
from chatloop.serve.engines.engine import Engine
from chatloop.serve.engines.lone import CTranslate2Lone
from chatloop.serve.engines.scheduler import Scheduler
from chatloop.serve.loading.conversion import UnknownShapeError, converted

log = logging.getLogger("chatloop.serve")


def engine_of(folder: Path, content: str, params: EngineParams) -> Engine:
    """An engine that runs the model in a folder; `content` is the hash of what is in it.

    Raises:
        UserError: the engine that the params name is not installed, or the model cannot be loaded.
    """
    import torch

    on_gpu = torch.cuda.is_available()
    kind = params.engine
    if kind == "auto":
        kind = "transformers" if on_gpu else "ctranslate2"
    if params.threads is not None:
        torch.set_num_threads(params.threads)
    model = hub.load_model(folder)
    if on_gpu:
        model = model.cuda()
    lone = _lone(folder, content, params) if kind == "ctranslate2" else None
    return Scheduler(RowDecoder(model, params.max_streams), lone)


def _lone(folder: Path, content: str, params: EngineParams) -> CTranslate2Lone | None:
    """CTranslate2 on the converted model; None where it cannot run it."""
    import torch

    threads = params.threads or torch.get_num_threads()
    try:
        made = converted(folder, content, params.quantization)
        return CTranslate2Lone(made, params.quantization, threads)
    except (UnknownShapeError, RuntimeError) as error:
        log.warning("transformers runs this version, not CTranslate2: %s", error)
        return None
