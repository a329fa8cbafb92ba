"""What a forward pass of a network takes."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from prospect.model.structure import Structure, call, leaves

CACHE = 2**21  # bytes of the cache of one core
FEWEST = 64  # samples of a pass: with fewer the calls themselves cost more than memory does


class Cost(NamedTuple):
    """Of one sample: the most numbers a layer gives out, those of all, and all multiplications."""

    widest: int
    numbers: int
    products: int

    def cached(self, size: int) -> int:
        """Return how many samples keep the widest layer's outputs in a CPU's cache.

        `size` is that of a number in bytes.
        """
        return max(FEWEST, CACHE // (size * self.widest))


@torch.no_grad()
def cost_of(module: nn.Module, inputs: Structure, run: Callable = call) -> Cost:
    """Return what a forward pass takes of one sample, from a pass over some.

    `run` runs the module on the inputs.
    """
    sizes, products = [sum(leaf[0].numel() for leaf in leaves(inputs))], [0]

    def note(layer, _, out) -> None:
        if isinstance(out, Tensor) and out.ndim:
            sizes.append(out[0].numel())
            weight = getattr(layer, "weight", None)
            if isinstance(weight, Tensor) and weight.ndim > 1:
                products.append(out[0].numel() * weight[0].numel())

    hooks = [layer.register_forward_hook(note) for layer in module.modules()]
    run(module, inputs)
    for hook in hooks:
        hook.remove()
    return Cost(max(sizes), sum(sizes), sum(products))
