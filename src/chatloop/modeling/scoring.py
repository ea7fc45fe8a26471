"""How likely a model finds given answers: negative log-likelihoods in nats, on packed rows.

Attention stays within an example because positions restart with each: transformers builds the block
mask of packed sequences from them. Logits are computed for supervised positions only.
"""

import random
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from chatloop.modeling.compute.attention import packed_arguments
from chatloop.modeling.compute.compiling import Compiled
from chatloop.modeling.compute.computing import computes
from chatloop.modeling.compute.cross_entropy import Head
from chatloop.tokens.packing import Packed

Batch = tuple[Tensor, Tensor, Tensor]


class Logits(Protocol):
    """From (ids, positions, wanted) to logits (wanted, vocabulary) of next tokens.

    `wanted` (rows, context - 1) says from which positions to predict. With `targets` (wanted,) it
    gives what each of them costs, in nats, float32, and never holds all logits at a time; `alike`
    is explained at `Head.nats`.
    """

    def __call__(
        self,
        ids: Tensor,
        positions: Tensor,
        wanted: Tensor,
        targets: Tensor | None = None,
        alike: bool = True,
    ) -> Tensor:
        """Logits, or nats."""
        ...


def be_repeatable(seed: int, threads: int) -> None:
    """What is only asked, and learns nothing, needs no more for the same bits on the same CPU."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.set_num_threads(threads)


def be_deterministic(seed: int, threads: int) -> None:
    """The same seed and threads give the same bits, run after run, on the same kind of CPU.

    Costs seconds before the first step: torch loads its compiler with it.
    """
    be_repeatable(seed, threads)
    torch.use_deterministic_algorithms(True, warn_only=True)
    # Nothing here reads memory that it has not written; filling it costs an eighth of a step.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


def choose_device(wish: str) -> torch.device:
    """`auto` is the first CUDA device, where there is one, else the CPU."""
    if wish == "auto":
        wish = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(wish)


def batch_of(packed: Packed, rows: NDArray[np.int64], device: torch.device) -> Batch:
    """ids, positions (rows, context) int64 and supervised bool, on the device."""
    ids = torch.from_numpy(packed.ids[rows].astype(np.int64))
    positions = torch.from_numpy(packed.positions[rows].astype(np.int64))
    supervised = torch.from_numpy(np.ascontiguousarray(packed.supervised[rows]))
    return ids.to(device), positions.to(device), supervised.to(device)


def supervised_nats(
    logits_of: Logits,
    ids: Tensor,
    positions: Tensor,
    supervised: Tensor,
    alike: bool = True,
) -> Tensor:
    """Nats of each supervised token, in order of row and position: shape (supervised,).

    `alike`: a plain sum of them is about to be taken (see `Head.nats`).
    """
    targets = supervised[:, 1:]
    return logits_of(ids, positions, targets, ids[:, 1:][targets], alike)


class SparseLogits:
    """`Logits` that go through the language model head for wanted positions only.

    That holds as long as head(body) is what the whole model computes; where a shape does something
    else behind its body, the whole model is asked.
    """

    def __init__(self, model: Any) -> None:
        self._model, self._computes = model, computes(model)
        self._body = Compiled(self._plain_body) if self._computes.compiled else self._plain_body
        self._sparse = _agree(model, self._whole, self._through_head)

    def __call__(
        self,
        ids: Tensor,
        positions: Tensor,
        wanted: Tensor,
        targets: Tensor | None = None,
        alike: bool = True,
    ) -> Tensor:
        """Logits (wanted, vocabulary), or nats (wanted,) where there are targets."""
        with self._precision():
            if targets is not None and self._sparse:
                return self._head().nats(self._hidden(ids, positions, wanted), targets, alike)
            found = (self._through_head if self._sparse else self._whole)(ids, positions, wanted)
        if targets is None:
            return found
        return torch.nn.functional.cross_entropy(found.float(), targets, reduction="none")

    def scores(self, ids: Tensor, positions: Tensor, wanted: Tensor, targets: Tensor) -> Tensor:
        """Nats of each target, and 1 where it is the likeliest, else 0: (2, wanted)."""
        with self._precision():
            if self._sparse:
                return self._head().scores(self._hidden(ids, positions, wanted), targets)
            logits = self._whole(ids, positions, wanted).float()
        nats = torch.nn.functional.cross_entropy(logits, targets, reduction="none")
        return torch.stack([nats, (logits.argmax(dim=-1) == targets).float()])

    def _precision(self) -> torch.autocast:
        """Per thread and per call: autocast knows nothing of the threads of others."""
        precision = self._computes.precision
        return torch.autocast(
            self._model.device.type, torch.bfloat16, enabled=precision != torch.float32
        )

    def _whole(self, ids: Tensor, positions: Tensor, wanted: Tensor) -> Tensor:
        more = packed_arguments(self._model, positions)
        given = {"input_ids": ids, "position_ids": positions, "use_cache": False}
        logits = self._model(**given, **more).logits
        return logits[:, :-1][wanted]  # type: ignore[no-any-return]

    def _through_head(self, ids: Tensor, positions: Tensor, wanted: Tensor) -> Tensor:
        return self._head().logits(self._hidden(ids, positions, wanted))

    def _hidden(self, ids: Tensor, positions: Tensor, wanted: Tensor) -> Tensor:
        hidden = self._body(ids, positions, **packed_arguments(self._model, positions))
        return hidden[:, :-1][wanted]

    def _plain_body(self, ids: Tensor, positions: Tensor, **more: Any) -> Tensor:
        body = _core(self._model).base_model
        given = {"input_ids": ids, "position_ids": positions, "use_cache": False}
        return body(**given, **more).last_hidden_state  # type: ignore[no-any-return]

    def _head(self) -> Head:
        core = _core(self._model)
        layer, config = core.get_output_embeddings(), core.config
        scale = (getattr(config, "logit_scale", None) or 1.0) / (
            getattr(config, "logits_scaling", None) or 1.0
        )
        cap = getattr(config, "final_logit_softcapping", None)
        return Head(layer.weight, getattr(layer, "bias", None), scale, cap)


def supervised_nats_and_hits(
    logits_of: SparseLogits, ids: Tensor, positions: Tensor, supervised: Tensor
) -> Tensor:
    """The nats, and 1 where that token is the likeliest, else 0: shape (2, supervised)."""
    targets = supervised[:, 1:]
    return logits_of.scores(ids, positions, targets, ids[:, 1:][targets])


def sparse_logits(model: Any) -> SparseLogits:
    """Logits of chosen positions of `model`."""
    return SparseLogits(model)


def _core(model: Any) -> Any:
    """The language model itself, adapters in it or not."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


Function = Callable[[Tensor, Tensor, Tensor], Tensor]


def _agree(model: Any, whole: Function, sparse: Function) -> bool:
    """Whether both give the same logits on two packed examples of three tokens."""
    if type(_core(model).get_output_embeddings()) is not torch.nn.Linear:
        return False  # an adapter in the head, or a head of its own kind
    ids = torch.arange(6, device=model.device).unsqueeze(0) % model.config.vocab_size
    positions = torch.tensor([[0, 1, 2, 0, 1, 2]], device=model.device)
    wanted = torch.ones(1, 5, dtype=torch.bool, device=model.device)
    with torch.no_grad():
        return torch.allclose(
            whole(ids, positions, wanted), sparse(ids, positions, wanted), atol=1e-5, rtol=1e-4
        )
