"""How likely a model finds given answers: negative log-likelihoods in nats, on packed rows.

Attention stays within an example because positions restart with each: transformers builds the block
mask of packed sequences from them. Logits are computed for supervised positions only.
"""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from chatloop.tokens.packing import Packed

Logits = Callable[[Tensor, Tensor, Tensor], Tensor]


def be_deterministic(seed: int, threads: int) -> None:
    """The same seed and threads give the same bits, run after run, on the same kind of CPU."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True, warn_only=True)
    # Nothing here reads memory that it has not written; filling it costs an eighth of a step.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


def choose_device(wish: str) -> torch.device:
    """`auto` is the first CUDA device, where there is one, else the CPU."""
    if wish == "auto":
        wish = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(wish)


def batch_of(packed: Packed, rows: NDArray[np.int64], device: torch.device) -> tuple[Tensor, ...]:
    """ids, positions (rows, context) int64 and supervised bool, on the device."""
    ids = torch.from_numpy(packed.ids[rows].astype(np.int64))
    positions = torch.from_numpy(packed.positions[rows].astype(np.int64))
    supervised = torch.from_numpy(np.ascontiguousarray(packed.supervised[rows]))
    return ids.to(device), positions.to(device), supervised.to(device)


def supervised_nats(
    logits_of: Logits, ids: Tensor, positions: Tensor, supervised: Tensor
) -> Tensor:
    """Nats of each supervised token, in order of row and position: shape (supervised,)."""
    targets = supervised[:, 1:]
    logits = logits_of(ids, positions, targets)
    return torch.nn.functional.cross_entropy(logits.float(), ids[:, 1:][targets], reduction="none")


def supervised_nats_and_hits(
    logits_of: Logits, ids: Tensor, positions: Tensor, supervised: Tensor
) -> Tensor:
    """The same, and 1 where that token is the likeliest, else 0: shape (2, supervised)."""
    targets = supervised[:, 1:]
    logits, wanted = logits_of(ids, positions, targets).float(), ids[:, 1:][targets]
    nats = torch.nn.functional.cross_entropy(logits, wanted, reduction="none")
    return torch.stack([nats, (logits.argmax(dim=-1) == wanted).to(nats.dtype)])


def sparse_logits(model: Any) -> Logits:
    """A function from (ids, positions, wanted) to logits (wanted, vocabulary) of next tokens.

    `wanted` (rows, context - 1) says from which positions to predict. Only those go through the
    language model head, as long as head(body) is what the whole model computes: some shapes scale
    or cap their logits, and for these the whole model is asked.
    """

    def whole(ids: Tensor, positions: Tensor, wanted: Tensor) -> Tensor:
        logits = model(input_ids=ids, position_ids=positions, use_cache=False).logits
        return logits[:, :-1][wanted]  # type: ignore[no-any-return]

    def sparse(ids: Tensor, positions: Tensor, wanted: Tensor) -> Tensor:
        hidden = model.base_model(input_ids=ids, position_ids=positions, use_cache=False)
        chosen = hidden.last_hidden_state[:, :-1][wanted]
        return model.get_output_embeddings()(chosen)  # type: ignore[no-any-return]

    return sparse if _agree(model, whole, sparse) else whole


def _agree(model: Any, whole: Logits, sparse: Logits) -> bool:
    """Whether both give the same logits on two packed examples of three tokens."""
    ids = torch.arange(6, device=model.device).unsqueeze(0) % model.config.vocab_size
    positions = torch.tensor([[0, 1, 2, 0, 1, 2]], device=model.device)
    wanted = torch.ones(1, 5, dtype=torch.bool, device=model.device)
    with torch.no_grad():
        return torch.allclose(
            whole(ids, positions, wanted), sparse(ids, positions, wanted), atol=1e-5, rtol=1e-4
        )
