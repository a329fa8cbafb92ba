"""Checkpoints: a network's tensors at one epoch, as safetensors (no pickle)."""

import json
from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import Tensor

from prospect.base.errors import ProspectError
from prospect.base.files import atomic
from prospect.model.weights import Block, flatten


def write(path: str | Path, state: dict[str, Tensor], attrs: dict) -> None:
    """Write a network's tensors by name; `attrs` as one JSON text in the file's metadata."""
    tensors = {name: tensor.contiguous() for name, tensor in state.items()}
    with atomic(path) as temporary:
        save_file(tensors, temporary, {"prospect": json.dumps(attrs, sort_keys=True)})


def midpoint(one: str | Path, other: str | Path) -> dict[str, Tensor]:
    """Return the mean of two checkpoints' tensors; whole numbers are those of the first."""
    first, second = load_file(one), load_file(other)
    return {
        name: (tensor + second[name]) / 2 if tensor.is_floating_point() else tensor
        for name, tensor in first.items()
    }


def read(path: str | Path, blocks: list[Block]) -> tuple[Tensor, dict[str, Tensor]]:
    """Read θ (P,), and by name the tensors that are not trained.

    Raises ProspectError where the file does not fit the network.
    """
    state = load_file(path)
    names = {block.name for block in blocks}
    if missing := names - state.keys():
        raise ProspectError(f"{path}: the network's parameter '{sorted(missing)[0]}' is missing")
    return flatten(state, blocks), {k: v for k, v in state.items() if k not in names}
