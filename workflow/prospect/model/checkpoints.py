"""Checkpoints: a network's tensors at one epoch, as safetensors (no pickle)."""

import json
from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import Tensor, nn

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
    for block in blocks:
        there = _shape(state, block.name)
        if there != str(tuple(block.shape)):
            raise ProspectError(
                f"{path}: the network's parameter '{block.name}' is {tuple(block.shape)}, and "
                f"{there} there; want a center of a network with the same parameters"
            )
    return flatten(state, blocks), {k: v for k, v in state.items() if k not in names}


def start_from(network: nn.Module, path: str | Path) -> None:
    """Give a network the tensors of a checkpoint of another one with the same parameters.

    Raises ProspectError that lists the names and shapes that do not fit.
    """
    own, other = network.state_dict(), load_file(path)
    strange = [
        f"{name} {_shape(own, name)} here, {_shape(other, name)} there"
        for name in sorted(own.keys() | other.keys())
        if _shape(own, name) != _shape(other, name)
    ]
    if strange:
        more = f" and {len(strange) - 3} more" if len(strange) > 3 else ""
        raise ProspectError(
            f"training.start: {path} does not fit the network: {'; '.join(strange[:3])}{more}"
        )
    network.load_state_dict(other)


def _shape(state: dict[str, Tensor], name: str) -> str:
    return str(tuple(state[name].shape)) if name in state else "missing"
