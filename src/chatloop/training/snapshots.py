"""All that the next step depends on, copied to the CPU while the training goes on.

snapshots = Snapshots(model, optimizers)
snapshot = snapshots.take()      the copying has begun; the next forward and backward may begin, too
snapshot.tensors()               {"weights.lm_head.weight": …, "optimizers.0.3.exp_avg": …, …}

Weights and optimizer state change in `optimizer.step()` and nowhere else, so a thread copies them
while gradients are computed, and the step waits for it (Mohan et al. 2021, CheckFreq): what the
training loses is what the copy takes longer than a step.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from chatloop.modeling.adapting.freezing import learning
from chatloop.training.parallel import ALONE, World
from chatloop.training.sharding import sharded_like, whole_tensor

RANDOM, RANDOM_CUDA = "random.cpu", "random.cuda"


class Snapshot:
    """Copies that are being made; `tensors` waits for them."""

    def __init__(self, copies: "Future[dict[str, Tensor]]") -> None:
        self._copies = copies

    def tensors(self) -> dict[str, Tensor]:
        """Name to tensor on the CPU; raises what went wrong, memory that ran out for instance."""
        return self._copies.result()


class Snapshots:
    """Snapshots of one training, one at a time; `close` when weights are changed by others."""

    def __init__(self, model: Any, optimizers: Sequence[Optimizer], world: World = ALONE) -> None:
        self._model, self._optimizers, self._world = model, optimizers, world
        self._thread = ThreadPoolExecutor(1, "snapshot")
        self._copying: Future[dict[str, Tensor]] | None = None
        self._hooks = [
            each.register_step_pre_hook(lambda *_: self._settle()) for each in optimizers
        ]

    def take(self, more: Mapping[str, Tensor] | None = None) -> Snapshot:
        """Begin to copy; `more` goes with the copies as it is."""
        self._settle()
        tensors = {**_tensors(self._model, self._optimizers), **_random(self._world)}
        # Other ranks are asked for their shards now: later they ask for something else.
        live = {name: whole_tensor(value.detach()) for name, value in tensors.items()}
        copy = _copier(live)
        self._copying = self._thread.submit(lambda: {**copy(), **(more or {})})
        return Snapshot(self._copying)

    def close(self) -> None:
        """Wait for the copies; from now on nobody does."""
        self._thread.shutdown(wait=True)
        for hook in self._hooks:
            hook.remove()

    def _settle(self) -> None:
        """Wait for the copies, whatever becomes of them: whoever asks for them is told."""
        if self._copying is not None:
            self._copying.exception()
            self._copying = None


@torch.no_grad()
def restore(
    model: Any,
    optimizers: Sequence[Optimizer],
    tensors: Mapping[str, Tensor],
    world: World = ALONE,
) -> None:
    """Put the copies back, wherever the model is now and however it is sharded."""
    for kind, found in (("weights", learning(model)), ("buffers", model.named_buffers())):
        for name, value in found:
            value.copy_(sharded_like(value, tensors[f"{kind}.{name}"]))
    for at, optimizer in enumerate(optimizers):
        weights = [weight for group in optimizer.param_groups for weight in group["params"]]
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in tensors.items():
            if key.startswith(f"optimizers.{at}."):
                _, _, index, name = key.split(".", 3)
                weight = weights[int(index)]
                fits = value.shape == weight.shape
                state.setdefault(int(index), {})[name] = (
                    sharded_like(weight, value) if fits else value
                )
        groups = optimizer.state_dict()["param_groups"]
        optimizer.load_state_dict({"state": state, "param_groups": groups})
    _seed(tensors, world.rank)


def _tensors(model: Any, optimizers: Sequence[Optimizer]) -> dict[str, Tensor]:
    tensors = {f"weights.{name}": value for name, value in learning(model)}
    tensors |= {f"buffers.{name}": value for name, value in model.named_buffers()}
    for at, optimizer in enumerate(optimizers):
        for index, state in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizers.{at}.{index}.{name}": each for name, each in state.items()}
    return tensors


def _random(world: World) -> dict[str, Tensor]:
    """The state of the random numbers of every rank."""
    states = {RANDOM: torch.get_rng_state()}
    if torch.cuda.is_available():
        states[RANDOM_CUDA] = torch.cuda.get_rng_state()
    return {
        f"{name}.{rank}": state
        for rank, theirs in enumerate(world.gather(states))
        for name, state in theirs.items()
    }


def _seed(tensors: Mapping[str, Tensor], rank: int) -> None:
    """A rank that was not there has no state to go back to and goes on with its own."""
    if f"{RANDOM}.{rank}" in tensors:
        torch.set_rng_state(tensors[f"{RANDOM}.{rank}"])
    if f"{RANDOM_CUDA}.{rank}" in tensors and torch.cuda.is_available():
        torch.cuda.set_rng_state(tensors[f"{RANDOM_CUDA}.{rank}"])


def _copier(live: Mapping[str, Tensor]) -> Callable[[], dict[str, Tensor]]:
    """What the thread does: on CUDA in a stream of its own, behind what was asked for so far."""
    if not any(value.is_cuda for value in live.values()):
        return lambda: _copies(live)
    aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    aside.wait_stream(torch.cuda.current_stream())

    def copy() -> dict[str, Tensor]:
        with torch.cuda.stream(aside):
            return _copies(live)

    return copy


@torch.no_grad()
def _copies(live: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {
        name: value.cpu().contiguous()
        if value.is_cuda
        else value.clone(memory_format=torch.contiguous_format)
        for name, value in live.items()
    }
