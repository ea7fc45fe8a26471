"""Tensors of which every rank has a slice (FSDP2), and the way back to whole ones.

whole_tensor(sharded_like(weight, tensor)) == tensor
"""

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from chatloop.modeling.scoring import Logits


def whole_tensor(tensor: Tensor) -> Tensor:
    """The whole of a sharded tensor, for which all ranks have to ask; any other as it is."""
    full = getattr(tensor, "full_tensor", None)
    return full() if full is not None else tensor


def sharded_like(pattern: Tensor, tensor: Tensor) -> Tensor:
    """Our slice of a whole tensor, where `pattern` is sharded; else the tensor as it is."""
    mesh, placements = (getattr(pattern, name, None) for name in ("device_mesh", "placements"))
    if mesh is None:
        return tensor
    # FSDP2 takes a second to import.
    from torch.distributed.tensor import distribute_tensor

    here = tensor.to(pattern.device)
    return distribute_tensor(here, mesh, placements, src_data_rank=None)


class _Asked(torch.nn.Module):
    """A model whose forward is `logits_of`: FSDP has the weights sent when a module is called."""

    def __init__(self, model: Any, logits_of: Logits) -> None:
        super().__init__()
        self.model, self._logits_of = model, logits_of

    def forward(self, *batch: Any) -> Tensor:
        """As `sparse_logits`."""
        return self._logits_of(*batch)


def shard(model: Any, logits_of: Logits) -> Any:
    """FSDP2, a unit a block of the model and one for the rest; gradients are sums, not means."""
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import FSDPModule, fully_shard

    mesh = init_device_mesh(model.device.type, (dist.get_world_size(),))
    blocks, asked = set(model._no_split_modules or ()), _Asked(model, logits_of)
    for module in [m for m in model.modules() if type(m).__name__ in blocks]:
        fully_shard(module, mesh=mesh)
    fully_shard(asked, mesh=mesh)
    for module in asked.modules():
        if isinstance(module, FSDPModule):
            module.set_gradient_divide_factor(1.0)
            module.set_force_sum_reduction_for_comms(True)
    return asked
