"""A model's body as compiled code: fewer passes over memory, after a wait of a minute.

Code is made for one shape of batch, the first that is trained on; any other (the last rows of an
epoch, validation) goes the plain way. What follows the body varies in length and is never compiled.
"""

import logging
import shutil
from collections.abc import Callable
from os import environ
from typing import Any

import torch
from torch import Tensor

# Operations (6 x weights x tokens) of a training that the wait is worth: some ten minutes.
WORTH = {"cpu": 6e13, "cuda": 1e17}
log = logging.getLogger("chatloop.training")


def choose_compiling(wish: bool | str, device: torch.device, operations: float) -> bool:
    """Whether to compile; says why where it was left to us, and what is missing."""
    if wish is False or (wish == "auto" and operations < WORTH[device.type]):
        return False
    compiler = environ.get("CXX") or "g++"
    if device.type == "cpu" and shutil.which(compiler) is None:
        log.warning("torch.compile needs a C++ compiler (%s): goes on without it", compiler)
        return False
    why = "asked for" if wish is True else f"{operations:.1e} operations are worth it"
    log.warning("compiles the model, a minute or so: %s", why)
    return True


class Compiled:
    """`body` for batches of one shape, compiled at the first of them; plain for all others."""

    def __init__(self, body: Callable[..., Any], backend: str = "inductor") -> None:
        self._plain = body
        self._fast: Callable[..., Any] | None = torch.compile(body, dynamic=False, backend=backend)
        self._shape: tuple[int, ...] | None = None

    def __call__(self, ids: Tensor, positions: Tensor, **more: Any) -> Tensor:
        """Hidden states (rows, context, width)."""
        if self._fast is None or not torch.is_grad_enabled() or not self._fits(ids):
            return self._plain(ids, positions, **more)  # type: ignore[no-any-return]
        try:
            return self._fast(ids, positions, **more)  # type: ignore[no-any-return]
        except (torch._dynamo.exc.TorchDynamoException, torch._inductor.exc.InductorError) as error:
            line = str(error).strip().splitlines()[0]
            log.warning("torch.compile failed (%s): goes on without it", line)
            self._fast = None
            return self._plain(ids, positions, **more)  # type: ignore[no-any-return]

    def _fits(self, ids: Tensor) -> bool:
        self._shape = self._shape or tuple(ids.shape)
        return self._shape == tuple(ids.shape)
