"""Data parallelism on one machine: replicas of a model share its weights, each with a thread.

Two threads that split every small matrix product meet after each of them; two that each take half
of the rows meet once a step. Replicas own their gradients and nothing else.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any, TypeVar

import torch

from chatloop.modeling.scoring import SparseLogits, sparse_logits

Item = TypeVar("Item")
Result = TypeVar("Result")


class Replicas:
    """`count` times the same model; the first is the model itself."""

    def __init__(self, model: Any, pool: ThreadPoolExecutor | None, count: int) -> None:
        self.models = [model, *(_replica(model) for _ in range(count - 1))]
        self._logits = [sparse_logits(replica) for replica in self.models]
        self._pool = pool

    def __len__(self) -> int:
        return len(self.models)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.models[0].device  # type: ignore[no-any-return]

    def each(
        self, work: Callable[[SparseLogits, Item], Result], items: Sequence[Item]
    ) -> list[Result]:
        """`work` on every item, item i by replica i modulo the count; results in order."""
        return self._shared(work, self._logits, items)

    def each_whole(
        self, work: Callable[[Any, Item], Result], items: Sequence[Item]
    ) -> list[Result]:
        """The same where the work asks for the model itself."""
        return self._shared(work, self.models, items)

    def _shared(
        self, work: Callable[[Any, Item], Result], workers: Sequence[Any], items: Sequence[Item]
    ) -> list[Result]:
        count = len(self)

        def share(i: int) -> list[Result]:
            return [work(workers[i], item) for item in items[i::count]]

        if self._pool is None:
            shares = [share(i) for i in range(count)]
        else:
            running = [self._pool.submit(share, i) for i in range(count)]
            wait(running)  # all of them, also where one failed: none works on behind our back
            shares = [one.result() for one in running]
        return [shares[i % count][i // count] for i in range(len(items))]

    def gather_gradients(self) -> None:
        """The sum of all gradients becomes the model's, always added in the same order."""
        model, *others = self.models
        for replica in others:
            for weight, same in zip(model.parameters(), replica.parameters(), strict=True):
                if same.grad is None:
                    continue
                weight.grad = same.grad if weight.grad is None else weight.grad.add_(same.grad)
                same.grad = None

    def forget(self) -> None:
        """No gradients, of nobody."""
        for replica in self.models:
            replica.zero_grad(set_to_none=True)

    def train(self, mode: bool = True) -> None:
        """Training mode (dropout) or evaluation mode, for all."""
        for replica in self.models:
            replica.train(mode)


@contextmanager
def replicas(model: Any, most: int) -> Iterator[Replicas]:
    """As many replicas as there are CPU threads, and at most `most`; one on any other device."""
    threads = torch.get_num_threads()
    count = max(1, min(threads, most)) if model.device.type == "cpu" else 1
    if count == 1:
        yield Replicas(model, None, 1)
        return
    try:
        with ThreadPoolExecutor(
            count, initializer=torch.set_num_threads, initargs=(threads // count,)
        ) as pool:
            yield Replicas(model, pool, count)
    finally:
        torch.set_num_threads(threads)


def draws_random_numbers(model: Any) -> bool:
    """Whether training mode is a matter of chance (dropout).

    All threads draw from one generator, in an order that nobody can repeat: such a model trains
    with one replica. Dropout in an adapter does not show in the first logits: it begins at zero.
    """
    if any(isinstance(m, torch.nn.Dropout) and m.p > 0 for m in model.modules()):
        return True
    ids = torch.arange(8, device=model.device).unsqueeze(0) % model.config.vocab_size
    model.train()
    with torch.no_grad():
        first, second = (model(input_ids=ids, use_cache=False).logits for _ in range(2))
    return not torch.equal(first, second)


def _replica(model: Any) -> Any:
    """A copy whose weights are the model's own memory; frozen ones, which may be of a kind of their
    own (4 bits), are the very same."""
    shared = {
        id(weight): torch.nn.Parameter(weight.detach()) if weight.requires_grad else weight
        for weight in model.parameters()
    }
    return copy.deepcopy(model, shared)
