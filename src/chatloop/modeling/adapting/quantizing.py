"""Frozen weights in 4 bits (NF4, Dettmers et al. 2023), by bitsandbytes, for QLoRA.

    weight (rows, columns) float32  →  codes of 4 bits, a scale for each 64 of them

An adapter that learned beside rounded weights belongs to these: it is merged into the rounded
weights, made float32 again, never into the ones before. Rounding is done on the CPU, whatever the
device, so that the same base gives the same bits.
"""

from collections.abc import Iterable
from typing import Any

import torch
from transformers.pytorch_utils import Conv1D

from chatloop.errors import UserError
from chatloop.modeling.adapting.adapters import is_linear

NF4 = {"blocksize": 64, "quant_type": "nf4", "compress_statistics": True}


def quantize(model: Any) -> None:
    """Every linear layer but the head in 4 bits, in place; it computes in float32.

    Raises:
        UserError: bitsandbytes is not installed.
    """
    bnb = _bitsandbytes()
    for name, layer in list(_body(model)):
        parent, _, last = name.rpartition(".")
        setattr(model.get_submodule(parent), last, _rounded(bnb, layer))
    model.is_loaded_in_4bit = True  # peft asks for it


@torch.no_grad()
def round_weights(model: Any) -> None:
    """The weights that `quantize` computes with, as float32 in ordinary layers, in place."""
    functional = _bitsandbytes().functional
    for _, layer in _body(model):
        turned = isinstance(layer, Conv1D)
        weight = layer.weight.T if turned else layer.weight
        found = functional.dequantize_4bit(*functional.quantize_4bit(weight.contiguous(), **NF4))
        layer.weight.copy_(found.T if turned else found)


def _body(model: Any) -> Iterable[tuple[str, Any]]:
    head = model.get_output_embeddings()
    return (
        (name, one) for name, one in model.named_modules() if is_linear(one) and one is not head
    )


def _rounded(bnb: Any, layer: Any) -> Any:
    weight = layer.weight.T if isinstance(layer, Conv1D) else layer.weight
    rows, columns = weight.shape
    made = bnb.nn.Linear4bit(
        columns,
        rows,
        bias=layer.bias is not None,
        compute_dtype=torch.float32,
        compress_statistics=NF4["compress_statistics"],
        quant_type=NF4["quant_type"],
    )
    made.weight = bnb.nn.Params4bit(
        weight.detach().contiguous(), requires_grad=False, module=made, **NF4
    )
    if layer.bias is not None:
        made.bias = layer.bias
    # Else evaluation on some CPUs computes in bfloat16, from a copy that threads would share.
    made.support_avx512bf16_for_cpu = False
    return made.to("cpu")


def _bitsandbytes() -> Any:
    try:
        import bitsandbytes
    except ImportError as error:
        raise UserError(
            "train.adapter.kind: qlora needs bitsandbytes; pip install 'chatloop[qlora]', "
            "or use kind: lora"
        ) from error
    return bitsandbytes
