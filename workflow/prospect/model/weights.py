"""Weight space: the trainable parameters of a module as one flat vector θ of P numbers.

Axis letters, here and everywhere: P parameters, D directions, G points of a grid, K points of a
curve, N samples, C classes, S seeds.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor, nn

from prospect.base.errors import ProspectError


class Block(NamedTuple):
    """Where one parameter tensor lies in the flat vector: θ[start:stop] has this shape."""

    name: str
    shape: torch.Size
    start: int
    stop: int


def layout(module: nn.Module) -> list[Block]:
    """Return the blocks of the flat vector: the trainable parameters in their own order."""
    blocks, start = [], 0
    for name, parameter in module.named_parameters():
        if parameter.requires_grad:
            blocks.append(Block(name, parameter.shape, start, start + parameter.numel()))
            start += parameter.numel()
    return blocks


def flatten(tensors: Mapping[str, Tensor], blocks: list[Block]) -> Tensor:
    """Join named tensors to one flat vector (P,)."""
    return torch.cat([tensors[block.name].detach().reshape(-1) for block in blocks])


def put(module: nn.Module, theta: Tensor, fixed: Mapping[str, Tensor]) -> None:
    """Put a module at a center: θ (P,), and what is not trained by name.

    Raises ProspectError where the center is one of another network.
    """
    blocks = layout(module)
    if len(theta) != blocks[-1].stop:
        raise ProspectError(
            f"a center of {len(theta)} weights does not fit a network of {blocks[-1].stop}"
        )
    parts = {block.name: theta[block.start : block.stop].view(block.shape) for block in blocks}
    # one after the other: a shared tensor has a second name, and may be among those not trained
    for tensors in (fixed, parts):
        module.load_state_dict(tensors, strict=False)


def filters(vector: Tensor, blocks: list[Block]) -> list[Tensor]:
    """Return views of a flat vector, one a block, with a filter a row.

    A filter is a row of a weight tensor with two or more axes (all weights that lead into one
    unit or channel); a tensor with one axis (a bias, a BatchNorm weight) is one filter as a whole.
    """
    rows = []
    for block in blocks:
        part = vector[block.start : block.stop]
        rows.append(part.view(block.shape[0] if len(block.shape) > 1 else 1, -1))
    return rows


class FlatModule:
    """A module whose parameters and gradients are views of two flat vectors.

    `weights` and `gradient` have shape (P,). Writing into `weights` in place moves the module
    through weight space; a backward pass adds to `gradient`.
    """

    def __init__(self, module: nn.Module):
        self.module = module
        self.blocks = layout(module)
        self.weights = flatten(dict(module.named_parameters()), self.blocks)
        for block, parameter in zip(self.blocks, self.parameters, strict=True):
            parameter.data = self._part(self.weights, block)

    @property
    def parameters(self) -> list[nn.Parameter]:
        """The module's trainable parameters, in the order of the flat vector."""
        parameters = dict(self.module.named_parameters())
        return [parameters[block.name] for block in self.blocks]

    @cached_property
    def gradient(self) -> Tensor:
        """The gradient (P,), zero at first; evaluation alone never makes room for it."""
        gradient = torch.zeros_like(self.weights)
        for block, parameter in zip(self.blocks, self.parameters, strict=True):
            parameter.grad = self._part(gradient, block)
        return gradient

    @staticmethod
    def _part(vectors: Tensor, block: Block) -> Tensor:
        """Return a view of vectors (…, P) with the shape of one parameter tensor."""
        return vectors[..., block.start : block.stop].unflatten(-1, block.shape)

    def parts(self, vectors: Tensor) -> dict[str, Tensor]:
        """Return views of vectors (…, P), one a parameter tensor, by name.

        All from one split, whose gradient is written once: every slice would add a whole one.
        """
        sizes = [block.stop - block.start for block in self.blocks]
        pieces = zip(self.blocks, vectors.split(sizes, dim=-1), strict=True)
        return {block.name: piece.unflatten(-1, block.shape) for block, piece in pieces}

    def move_to(self, theta: Tensor, directions: Iterable[Tensor], point: Iterable[float]) -> None:
        """Set the weights to θ + Σ_d point_d ε_d in place; always from θ, never by steps.

        `theta` (P,), `directions` (D, P), `point` D numbers in units of the directions; they may
        lie on another device.
        """
        start = theta = theta.to(self.weights.device)
        for direction, coordinate in zip(directions, point, strict=True):
            along = direction.to(self.weights.device)
            torch.add(start, along, alpha=float(coordinate), out=self.weights)
            start = self.weights
        if start is theta:
            self.weights.copy_(theta)
