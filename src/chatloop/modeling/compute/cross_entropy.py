"""Cross entropy of a language model head, without ever holding all of its logits.

1,700 supervised tokens, 50,257 in the vocabulary: 340 MB of logits, three times (logits, their
logarithms, their gradient). Here they exist for a few tokens at a time; gradients of the head are
summed in float32 as they come up (the idea of Liger Kernel, Hsu et al. 2024, for any device).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

# Logits that exist at a time; on a CPU as many as its last cache holds.
CHUNK_BYTES = {"cpu": 24 * 2**20, "cuda": 512 * 2**20}
# A probability below this is not taken the logarithm of.
SMALLEST = 1e-30


@dataclass(frozen=True)
class Head:
    """logits = cap · tanh(scale · (hidden @ weight.T + bias) / cap); weight is (vocabulary, width).

    Cohere and Granite scale their logits, Gemma 2 caps them (arXiv 2408.00118).
    """

    weight: Tensor
    bias: Tensor | None = None
    scale: float = 1.0
    cap: float | None = None

    def logits(self, hidden: Tensor) -> Tensor:
        """All of them: (n, width) to (n, vocabulary)."""
        found = torch.nn.functional.linear(hidden, self.weight, self.bias) * self.scale
        return found if self.cap is None else torch.tanh(found / self.cap) * self.cap

    def nats(self, hidden: Tensor, targets: Tensor, alike: bool = True) -> Tensor:
        """Nats of each target, (n,) float32, from (n, width) and (n,) int64.

        `alike` says that a sum is about to be taken, so that all have the same share in the loss:
        then the gradients are found on the way, and no logit is computed twice. Where it is not so
        after all the result is the same, and slower.
        """
        return _Nats.apply(hidden, self.weight, self.bias, targets, self, alike)  # type: ignore[no-any-return, no-untyped-call]

    @torch.no_grad()
    def scores(self, hidden: Tensor, targets: Tensor) -> Tensor:
        """Nats of each target, and 1 where it is the likeliest, else 0: (2, n) float32."""
        precision = _precision(hidden)
        with torch.autocast(hidden.device.type, enabled=False):
            weight, inputs = self.weight.detach().to(precision), hidden.detach().to(precision)
            found = torch.empty(2, len(hidden), dtype=torch.float32, device=hidden.device)
            for here in _chunks(hidden, weight):
                logits, _ = _logits(inputs[here], weight, self)
                found[0, here] = torch.nn.functional.cross_entropy(
                    logits, targets[here], reduction="none"
                )
                found[1, here] = (logits.argmax(1) == targets[here]).float()
        return found


@dataclass
class _Gradients:
    """Of the sum of (nats x share): hidden (n, width), weight and bias in float32, or None."""

    hidden: Tensor | None
    weight: Tensor | None
    bias: Tensor | None


class _Nats(torch.autograd.Function):
    """Gradients of the sum are computed with the loss, or, for unlike shares, anew in backward."""

    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor,
        head: Head, alike: bool,
    ) -> Tensor:  # fmt: skip
        ctx.save_for_backward(hidden, weight, bias, targets)
        ctx.head, ctx.precision = head, _precision(hidden)
        wanted = ctx.needs_input_grad[:3]
        nats, ctx.found = _pass(
            hidden, targets, head, ctx.precision, wanted if alike else (False,) * 3, None
        )
        return nats

    @staticmethod
    def backward(ctx: Any, shares: Tensor) -> tuple[Tensor | None, ...]:
        hidden, weight, bias, targets = ctx.saved_tensors
        wanted = ctx.needs_input_grad[:3]
        found, ctx.found = ctx.found, None
        done = found is not None and any(x is not None for x in vars(found).values())
        if done and bool((shares == shares[:1]).all()):
            share = shares[:1].squeeze() if len(shares) else shares.sum()
            parts = [x if x is None else x.mul_(share) for x in vars(found).values()]
        else:
            _, found = _pass(hidden, targets, ctx.head, ctx.precision, wanted, shares)
            parts = list(vars(found).values())
        like = (hidden, weight, bias)
        given = (x if x is None else x.to(y.dtype) for x, y in zip(parts, like, strict=True))
        return (*given, None, None, None)


def _precision(hidden: Tensor) -> torch.dtype:
    """What products are computed in: autocast's choice where it is on."""
    kind = hidden.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else hidden.dtype


@torch.no_grad()
def _pass(
    hidden: Tensor,
    targets: Tensor,
    head: Head,
    precision: torch.dtype,
    wanted: tuple[bool, ...],
    shares: Tensor | None,
) -> tuple[Tensor, _Gradients]:
    """Nats, and the gradients that are wanted, chunk by chunk."""
    with torch.autocast(hidden.device.type, enabled=False):
        weight, inputs = head.weight.detach().to(precision), hidden.detach().to(precision)
        nats = torch.empty(len(hidden), dtype=torch.float32, device=hidden.device)
        found = _empty(hidden, head, wanted)
        for here in _chunks(hidden, weight):
            slope = _probabilities(inputs[here], weight, head)
            probabilities, bent = slope
            nats[here] = _nats(probabilities, targets[here], inputs[here], weight, head)
            if any(wanted):
                probabilities.scatter_add_(
                    1, targets[here, None], -torch.ones_like(nats[here, None])
                )
                share = None if shares is None else shares[here, None]
                _add(found, here, _slope(probabilities, bent, head, share), inputs[here], weight)
    return nats, found


def _chunks(hidden: Tensor, weight: Tensor) -> Iterator[slice]:
    """Tokens whose logits fit at a time."""
    size = max(16, CHUNK_BYTES.get(hidden.device.type, 2**28) // (4 * len(weight)))
    return (slice(start, start + size) for start in range(0, len(hidden), size))


def _empty(hidden: Tensor, head: Head, wanted: tuple[bool, ...]) -> _Gradients:
    def zeros(like: Tensor | None, really: bool) -> Tensor | None:
        return torch.zeros_like(like, dtype=torch.float32) if really and like is not None else None

    return _Gradients(*map(zeros, (hidden, head.weight, head.bias), wanted))


def _logits(inputs: Tensor, weight: Tensor, head: Head) -> tuple[Tensor, Tensor | None]:
    """float32 logits of a chunk and, where they are capped, tanh."""
    logits = torch.mm(inputs, weight.t()).float()
    if head.bias is not None:
        logits += head.bias
    if head.scale != 1.0:
        logits *= head.scale
    if head.cap is None:
        return logits, None
    bent = logits.div_(head.cap).tanh_()
    return bent * head.cap, bent


def _probabilities(inputs: Tensor, weight: Tensor, head: Head) -> tuple[Tensor, Tensor | None]:
    logits, bent = _logits(inputs, weight, head)
    return torch.softmax(logits, 1, out=logits), bent


def _nats(
    probabilities: Tensor, targets: Tensor, inputs: Tensor, weight: Tensor, head: Head
) -> Tensor:
    """-log p; from the logits once more where a target is so unlikely that p is nothing."""
    chosen = probabilities.gather(1, targets[:, None]).squeeze(1)
    nats = -chosen.log()
    lost = chosen < SMALLEST
    if bool(lost.any()):
        logits, _ = _logits(inputs[lost], weight, head)
        nats[lost] = torch.nn.functional.cross_entropy(logits, targets[lost], reduction="none")
    return nats


def _slope(errors: Tensor, bent: Tensor | None, head: Head, share: Tensor | None) -> Tensor:
    """The gradient of hidden @ weight.T from that of the logits."""
    if bent is not None:
        errors *= bent.square_().neg_().add_(1.0)
    if head.scale != 1.0:
        errors *= head.scale
    return errors if share is None else errors.mul_(share)


def _add(found: _Gradients, here: slice, slope: Tensor, inputs: Tensor, weight: Tensor) -> None:
    slope_there = slope.to(inputs.dtype)
    if found.hidden is not None:
        found.hidden[here] = torch.mm(slope_there, weight)
    if found.weight is not None and inputs.dtype == torch.float32:
        found.weight.addmm_(slope_there.t(), inputs)
    elif found.weight is not None:
        found.weight += torch.mm(slope_there.t(), inputs)
    if found.bias is not None:
        found.bias += slope.sum(0)
