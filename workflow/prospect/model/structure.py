"""Inputs, targets and outputs of any structure: a tensor, or tuples, lists and dicts of tensors.

The first axis of every tensor is that of the samples, N.
"""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from prospect.base.errors import brief

Structure = Any  # a tensor, or a tuple, list or dict of structures


def leaves(structure: Structure) -> list[Tensor]:
    """Return the tensors of a structure, in their order."""
    return pytree.tree_leaves(structure)


def mapped(function: Callable, structure: Structure) -> Structure:
    """Return a structure with a function applied to every tensor."""
    return pytree.tree_map(function, structure)


def is_structure(values: object) -> bool:
    """Whether something consists of tensors alone, at least one."""
    parts = leaves(values)
    return bool(parts) and all(isinstance(part, Tensor) for part in parts)


def count(structure: Structure) -> int:
    """Return N, the number of samples."""
    return len(leaves(structure)[0])


def taken(structure: Structure, index) -> Structure:
    """Return some of the samples."""
    return mapped(lambda tensor: tensor[index], structure)


def on(structure: Structure, device, dtype: torch.dtype | None = None) -> Structure:
    """Return a structure on a device, its floating point numbers in a precision."""
    return mapped(
        lambda tensor: tensor.to(device, dtype if tensor.is_floating_point() else None), structure
    )


def in_parts(structure: Structure, parts: int) -> Iterator[Structure]:
    """Yield a structure in so many parts that are as equal as may be."""
    flat, spec = pytree.tree_flatten(structure)
    for part in zip(*(tensor.tensor_split(parts) for tensor in flat), strict=True):
        yield pytree.tree_unflatten(part, spec)


def joined(parts: list[Tensor]) -> Tensor:
    """Join parts along the axis of samples; one part is returned as it is."""
    return parts[0] if len(parts) == 1 else torch.cat(parts)


def shape_of(structure: Structure) -> Structure:
    """Return the shape of one sample: a tuple, or a structure of tuples."""
    return mapped(lambda tensor: tuple(tensor.shape[1:]), structure)


def call(module: Callable | nn.Module, inputs: Structure) -> Structure:
    """Call a network: with a tensor, the entries of a tuple or list, or a dict's by their names."""
    if isinstance(inputs, dict):
        return module(**inputs)
    if isinstance(inputs, tuple | list):
        return module(*inputs)
    return module(inputs)


def in_words(structure: Structure) -> str:
    """Say the shapes of a structure, or what it is instead of one.

    >>> in_words({"logits": torch.zeros(2, 3)}), in_words(1.5)
    ("{'logits': (2, 3)}", '1.5')
    """
    if not is_structure(structure):
        return brief(structure)
    return str(mapped(lambda leaf: tuple(leaf.shape), structure))
