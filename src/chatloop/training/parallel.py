"""Several devices, each with a process of its own: ranks that train one model together.

train.devices: 4     each rank takes every fourth part of a step's rows; gradients are summed
train.parallel       ddp: every rank has the whole model      fsdp: every rank has a slice of it
"""

import copy
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from chatloop.errors import UserError
from chatloop.io.ranks import LOST, RENDEZVOUS, is_rank, live_with_the_supervisor
from chatloop.modeling.replicas import Replicas, replicas
from chatloop.modeling.scoring import Logits
from chatloop.params import TrainParams
from chatloop.training.memory import ran_out
from chatloop.training.sharding import shard, whole_tensor

Value = TypeVar("Value")
Item = TypeVar("Item")
Result = TypeVar("Result")
BUCKET = 1 << 24  # floats that are sent at once
LOST_ANOTHER = re.compile(r"gloo|NCCL|[Cc]onnection (closed|reset)|Broken pipe")


@dataclass(frozen=True)
class World:
    """All ranks, and which of them we are. `words` is their gloo group: it carries Python values,
    whatever the devices are."""

    rank: int = 0
    size: int = 1
    words: Any = None

    def gather(self, value: Value) -> list[Value]:
        """Everybody's value, by rank; all ranks have to ask."""
        if self.size == 1:
            return [value]
        found: list[Any] = [None] * self.size
        dist.all_gather_object(found, value, group=self.words)
        return found

    def first(self, value: Value) -> Value:
        """What the first rank says."""
        return self.gather(value)[0]

    def any(self, value: bool) -> bool:
        """Whether anybody says yes."""
        return any(self.gather(value))


ALONE = World()


def count_devices(params: TrainParams, device: torch.device) -> int:
    """How many the training uses.

    Raises:
        UserError: more than there are, or than a step has rows.
    """
    there = torch.cuda.device_count() if device.type == "cuda" else None
    if params.devices == "auto":
        return there or 1
    if there is not None and params.devices > there:
        raise UserError(f"train.devices: {params.devices}, but {there} CUDA devices are here")
    if params.devices > params.batch_rows:
        raise UserError(
            f"train.devices: {params.devices} devices share a step of {params.batch_rows} rows; "
            "raise train.batch_rows"
        )
    return params.devices


@contextmanager
def joined(device: torch.device) -> Iterator[World]:
    """All ranks, once each is there; a process that was started alone is alone."""
    if not is_rank():
        yield ALONE
        return
    rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    live_with_the_supervisor()
    if device.type == "cuda":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    backend = "nccl" if device.type == "cuda" else "gloo"
    try:
        dist.init_process_group(
            backend, os.environ.get(RENDEZVOUS, "env://"), rank=rank, world_size=size
        )
        words = dist.new_group(backend="gloo") if backend != "gloo" else None
        yield World(rank, size, words)
        dist.destroy_process_group()
    except RuntimeError as error:
        if isinstance(error, dist.DistError) or LOST_ANOTHER.search(str(error)):
            sys.exit(LOST)  # whoever has started us knows who went first
        raise


class Ranks:
    """A team of several ranks that looks like the `Replicas` of one: `local` are our own."""

    def __init__(self, local: Replicas, world: World) -> None:
        self._local, self._world = local, world

    @property
    def models(self) -> list[Any]:
        """Ours; the first is updated."""
        return self._local.models

    @property
    def device(self) -> torch.device:
        """Where our weights are."""
        return self._local.device

    def __len__(self) -> int:
        return len(self._local) * self._world.size

    def each(self, work: Callable[[Logits, Item], Result], items: Sequence[Item]) -> list[Result]:
        """`work` on every item, item i by rank i modulo the ranks; everybody has all results.

        Raises:
            MemoryError: a rank ran out of it; all ranks raise it, so that all try with less.
        """
        own = items[self._world.rank :: self._world.size]
        try:
            mine: list[Result] | None = self._work(work, own, items)
        except (MemoryError, RuntimeError) as error:
            if not ran_out(error):
                raise
            mine = None
        shares = self._world.gather(mine)
        if any(share is None for share in shares):
            raise MemoryError
        size = self._world.size
        return [(shares[i % size] or [])[i // size] for i in range(len(items))]

    def gather_gradients(self) -> None:
        """The sum of everybody's gradients becomes everybody's."""
        self._local.gather_gradients()
        _sum_gradients(list(self.models[0].parameters()), self._world)

    def forget(self) -> None:
        """No gradients, of nobody."""
        self._local.forget()

    def train(self, mode: bool = True) -> None:
        """Training mode (dropout) or evaluation mode, for all."""
        self._local.train(mode)

    def _work(
        self, work: Callable[[Logits, Item], Result], own: Sequence[Item], _items: Sequence[Item]
    ) -> list[Result]:
        return self._local.each(work, own)


class ShardedRanks(Ranks):
    """Ranks that hold a slice of each weight and have the others' sent when they need it.

    A slice can only be had while its owner computes, too: who has less to do than others computes
    something that counts for nothing.
    """

    def __init__(self, local: Replicas, world: World) -> None:
        super().__init__(local, world)
        (whole,) = local.each(lambda logits_of, _: logits_of, [None])
        self._sharded = shard(local.models[0], whole)

    def gather_gradients(self) -> None:
        """They are summed where they are made."""

    def _work(
        self, work: Callable[[Logits, Item], Result], own: Sequence[Item], items: Sequence[Item]
    ) -> list[Result]:
        logits_of = self._sharded
        found = [work(logits_of, item) for item in own]
        if len(own) < -(-len(items) // self._world.size):
            work(lambda *batch: logits_of(*batch) * 0.0, items[0])
        return found


@contextmanager
def teams(model: Any, most: int, world: World, how: str) -> Iterator[Any]:
    """Who trains the model: replicas on one device, or ranks. At the end it has all the weights."""
    if world.size == 1:
        with replicas(model, most) as team:
            yield team
    elif how == "ddp":
        with replicas(model, -(-most // world.size)) as local:
            yield Ranks(local, world)
    else:
        twin = copy.deepcopy(model)
        model.cpu()  # it waits for the weights where there is room for them
        with replicas(twin, 1) as local:
            yield ShardedRanks(local, world)
        with torch.no_grad():
            for weight, sliced in zip(model.parameters(), twin.parameters(), strict=True):
                weight.copy_(whole_tensor(sliced.detach()))


def _sum_gradients(weights: Sequence[Tensor], world: World) -> None:
    """One sum a step, after all parts of its rows: whoever runs out of memory on the way may try
    again by itself. A rank that had no row has no gradient and adds nothing."""
    has = [weight.grad is not None for weight in weights]
    for weight, *somebody in zip(weights, *world.gather(has), strict=True):
        if weight.grad is None and any(somebody):
            weight.grad = torch.zeros_like(weight)
    summed = [weight.grad for weight in weights if weight.grad is not None]
    for bucket in _buckets(summed):
        flat = torch.cat([gradient.reshape(-1) for gradient in bucket])
        dist.all_reduce(flat)
        parts = torch.split(flat, [gradient.numel() for gradient in bucket])
        for gradient, part in zip(bucket, parts, strict=True):
            gradient.copy_(part.view_as(gradient))


def _buckets(gradients: Sequence[Tensor]) -> Iterator[list[Tensor]]:
    """Neighbours of one type, together about as large as a transfer should be."""
    bucket: list[Tensor] = []
    for gradient in gradients:
        full = sum(each.numel() for each in bucket) + gradient.numel() > BUCKET
        if bucket and (full or bucket[0].dtype != gradient.dtype):
            yield bucket
            bucket = []
        bucket.append(gradient)
    if bucket:
        yield bucket
