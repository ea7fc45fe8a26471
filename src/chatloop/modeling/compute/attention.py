"""Attention over packed rows as over so many sequences, without a mask.

positions 0 1 2 0 1 │ 0 1 0 1 2   →   sequences begin at 0, 3, 5, 7; the longest has 3 tokens

On CUDA by the variable-length kernel that comes with torch: its work grows with the conversations,
not with the square of the context. On a CPU transformers' SDPA with its block mask stays: measured
on real dialogues at 384 and 512 tokens, a kernel call for each conversation is no faster.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from transformers import AttentionInterface

NAME = "chatloop_varlen"
WIDEST_HEAD = 256  # dimensions that the kernel holds
APART = 0.05  # of the logits' size, between two kernels in half precision


def boundaries(positions: Tensor) -> dict[str, Any]:
    """What the kernel asks for, under transformers' names: int32 offsets (sequences + 1,) of all
    rows end to end, and the length of the longest; from positions (rows, context)."""
    begins = torch.nonzero(positions.flatten() == 0).flatten()
    ends = torch.cat((begins, begins.new_tensor([positions.numel()]))).int()
    longest = int(ends.diff().max())
    return {
        "cu_seq_lens_q": ends,
        "cu_seq_lens_k": ends,
        "max_length_q": longest,
        "max_length_k": longest,
    }


def by_sequence(
    query: Tensor, key: Tensor, value: Tensor, cu_seq_q: Tensor, _cu_seq_k: Tensor,
    _max_q: int, _max_k: int, *, scale: float | None, window_size: tuple[int, int],
    enable_gqa: bool, softcap: float | None = None,
) -> Tensor:  # fmt: skip
    """What `torch.nn.attention.varlen.varlen_attn` computes, from its definition, on any device.

    query (tokens, heads, width), key and value (tokens, fewer heads, width); causal, `window_size`
    (left, 0) or (-1, 0) for no limit.
    """
    groups = query.shape[1] // key.shape[1] if enable_gqa else 1
    found = []
    for start, end in zip(cu_seq_q.tolist(), cu_seq_q[1:].tolist(), strict=False):
        q, k, v = (one[start:end].transpose(0, 1) for one in (query, key, value))
        k, v = (one.repeat_interleave(groups, 0) for one in (k, v))
        scores = (q @ k.mT) * (query.shape[-1] ** -0.5 if scale is None else scale)
        scores = scores if softcap is None else torch.tanh(scores / softcap) * softcap
        at = torch.arange(end - start, device=query.device)
        back = at[:, None] - at
        hidden = (back < 0) | ((back > window_size[0]) if window_size[0] >= 0 else (back < 0))
        weights = scores.float().masked_fill(hidden, float("-inf")).softmax(-1)
        found.append((weights.to(v.dtype) @ v).transpose(0, 1))
    return torch.cat(found)


def _forward(
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    sliding_window: int | None = None,
    softcap: float | None = None,
    **more: Any,
) -> tuple[Tensor, None]:
    """transformers' interface: (rows, heads, context, width) to (rows, context, heads, width)."""
    assert attention_mask is None, "positions say what belongs together"
    if more.get("s_aux") is not None or more.get("dropout"):
        raise ValueError(f"{NAME} has no attention sinks and no dropout")
    rows, heads, context, _ = query.shape
    q, k, v = (one.transpose(1, 2).flatten(0, 1) for one in (query, key, value))
    given = {} if softcap is None else {"softcap": softcap}
    kernel = by_sequence if softcap is not None else _kernel(query)
    out = kernel(
        q, k.to(q.dtype), v.to(q.dtype),
        more["cu_seq_lens_q"], more["cu_seq_lens_k"], more["max_length_q"], more["max_length_k"],
        scale=scaling, window_size=(-1 if sliding_window is None else sliding_window - 1, 0),
        enable_gqa=k.shape[1] != heads, **given,
    )  # fmt: skip
    return out.view(rows, context, heads, -1), None


def _kernel(query: Tensor) -> Callable[..., Any]:
    if query.is_cuda and query.dtype in (torch.bfloat16, torch.float16):
        from torch.nn.attention.varlen import varlen_attn  # noqa: PLC0415 only where there is CUDA

        return varlen_attn
    return by_sequence


AttentionInterface.register(NAME, _forward)


def choose_attention(model: Any, precision: torch.dtype) -> str:
    """The name of what this model attends with while it trains; its own where nothing is faster."""
    config, own = model.config, str(model.config._attn_implementation)
    capped = getattr(config, "attn_logit_softcapping", None) is not None
    if model.device.type != "cuda" or not model._supports_attention_backend:
        return own
    if capped:
        return "flex_attention" if model._supports_flex_attn else own
    drops = any(getattr(config, name, 0) for name in ("attention_dropout", "attn_pdrop"))
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    half = precision == torch.bfloat16
    return NAME if half and not drops and width <= WIDEST_HEAD else own


@contextmanager
def attending(model: Any, name: str) -> Iterator[bool]:
    """Inside the block the model attends by this name, if its logits stay what they were.

    Gives whether they do; what it had is put back.
    """
    own = model.config._attn_implementation
    if name == own:
        yield True
        return
    before = _packed_logits(model)
    model.set_attn_implementation(name)
    try:
        after = _packed_logits(model)
        same = bool((after - before).norm() <= APART * before.norm())
        if not same:
            model.set_attn_implementation(own)
        yield same
    finally:
        model.set_attn_implementation(own)


def packed_arguments(model: Any, positions: Tensor) -> dict[str, Any]:
    """What the model's forward is given beside ids and positions."""
    return boundaries(positions) if model.config._attn_implementation == NAME else {}


@torch.no_grad()
def _packed_logits(model: Any) -> Tensor:
    """Logits (12, vocabulary) float32 of two packed examples, in bfloat16 where that is on CUDA."""
    ids = torch.arange(12, device=model.device).unsqueeze(0) % model.config.vocab_size
    positions = torch.cat([torch.arange(5), torch.arange(7)]).unsqueeze(0).to(model.device)
    cuda = model.device.type == "cuda"
    with torch.autocast(model.device.type, torch.bfloat16, enabled=cuda):
        more = packed_arguments(model, positions)
        logits = model(input_ids=ids, position_ids=positions, use_cache=False, **more).logits
    return logits[0].float()  # type: ignore[no-any-return]
