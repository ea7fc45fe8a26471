"""Matrix products of a model on a CPU, packed once for few rows at a time; float32 or int8.

In int8 each weight row has a scale of its own, and each row of activations as well: what a stream
gets does not depend on whose rows stand beside it. (PyTorch's dynamic quantization has one scale
for all of them, so that one loud row takes the others' precision.)
"""

import warnings
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from transformers.activations import NewGELUActivation
from transformers.pytorch_utils import Conv1D

INT8 = "fbgemm"  # the engine of torch that knows int8 weights with a scale a row
LEAST = 1e-12  # so that a row of zeros has a scale
# A graph of torch's cannot be told the empty list that this product takes, but it can call one that
# has it inside.
PRODUCT = """graph(%rows : Tensor, %weight : Tensor, %bias : Tensor?):
  %attribute : str = prim::Constant[value="none"]()
  %scalars : Scalar?[] = prim::ListConstruct()
  %algorithm : str = prim::Constant[value=""]()
  %product : Tensor = mkldnn::_linear_pointwise(
    %rows, %weight, %bias, %attribute, %scalars, %algorithm)
  return (%product)"""


@cache
def _product() -> Any:
    return torch._C._create_function_from_graph("product", torch._C.parse_ir(PRODUCT))


class Float32Linear(nn.Module):
    """Weights in the blocks that oneDNN reads."""

    _bias: Tensor | None

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        packed = torch.ops.mkldnn._reorder_linear_weight(weight)
        self.register_buffer("_weight", packed, persistent=False)
        self.register_buffer("_bias", bias, persistent=False)

    def forward(self, rows: Tensor) -> Tensor:
        """(…, in) to (…, out)."""
        product: Tensor = _product()(rows, self._weight, self._bias)
        return product


class Int8Linear(nn.Module):
    """Weights as int8 with a scale an output."""

    _bias: Tensor | None

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        scales = weight.abs().amax(1).clamp_min(LEAST).double() / 127
        zeros = torch.zeros(len(scales), dtype=torch.long)
        with warnings.catch_warnings():  # torch is pinned; a later one has it elsewhere
            warnings.simplefilter("ignore", UserWarning)
            whole = torch.quantize_per_channel(weight, scales, zeros, 0, torch.qint8)
        self._packed = torch.ops.quantized.linear_prepack(whole, None)
        self.register_buffer("_bias", bias, persistent=False)

    def forward(self, rows: Tensor) -> Tensor:
        """(…, in) to (…, out); activations within -1 and 1, in steps of 1/127."""
        scales = rows.abs().amax(-1, keepdim=True).clamp_min_(LEAST)
        product: Tensor = torch.ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32(
            rows / scales, 1 / 127, 128, self._packed
        )
        product *= scales
        return product if self._bias is None else product.add_(self._bias)


def can_pack(quantization: str) -> bool:
    """Whether this build of torch, on this machine, has the products."""
    if quantization == "int8":
        return INT8 in torch.backends.quantized.supported_engines
    return bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]


@torch.no_grad()
def pack(model: Any, quantization: str) -> None:
    """Replace the linear layers of a model on a CPU, in place. It cannot learn any more.

    GPT-2's activation, eight operations of its own, becomes the one that torch has for it.
    """
    kind = Int8Linear if quantization == "int8" else Float32Linear
    for module in list(model.modules()):
        for name, child in module.named_children():
            if type(child) is nn.Linear:
                setattr(module, name, kind(child.weight.detach(), _bias(child)))
            elif type(child) is Conv1D:  # GPT-2's, whose weights are (in, out)
                weight = child.weight.detach().t().contiguous()
                setattr(module, name, kind(weight, _bias(child)))
            elif type(child) is NewGELUActivation:
                setattr(module, name, nn.GELU(approximate="tanh"))


def _bias(layer: Any) -> Tensor | None:
    return None if layer.bias is None else layer.bias.detach()
