"""What a forward pass of a network takes."""

from typing import NamedTuple

import torch
from torch import Tensor, nn


class Cost(NamedTuple):
    """Of one sample: the most numbers a layer gives out, those of all, and all multiplications."""

    widest: int
    numbers: int
    products: int


@torch.no_grad()
def cost_of(module: nn.Module, inputs: Tensor) -> Cost:
    """Return what a forward pass takes of one sample, from a pass over some."""
    sizes, products = [inputs[0].numel()], [0]

    def note(layer, _, out) -> None:
        if isinstance(out, Tensor):
            sizes.append(out[0].numel())
            weight = getattr(layer, "weight", None)
            if isinstance(weight, Tensor) and weight.ndim > 1:
                products.append(out[0].numel() * weight[0].numel())

    hooks = [layer.register_forward_hook(note) for layer in module.modules()]
    module(inputs)
    for hook in hooks:
        hook.remove()
    return Cost(max(sizes), sum(sizes), sum(products))
