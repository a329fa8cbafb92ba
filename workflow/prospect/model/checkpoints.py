"""Checkpoints: a network's tensors at one epoch, as safetensors (no pickle).

The file's metadata holds one JSON text, ``prospect``: what the tensors are of and how they were
made, and the checksum that is compared before anything is read (`base.seals`).
"""

import json
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from prospect import __version__
from prospect.base import files, seals
from prospect.base.errors import ProspectError
from prospect.model.weights import Block, flatten

KIND = "safetensors"


def write(path: str | Path, state: dict[str, Tensor], attrs: dict) -> None:
    """Write a network's tensors by name; `attrs` say what they are of and how they were made."""
    tensors = {name: tensor.contiguous() for name, tensor in state.items()}
    attrs = attrs | {"content": seals.BLANK, "version": __version__}
    files.write(path, save(tensors, {"prospect": json.dumps(attrs, sort_keys=True)}))


def load(path: str | Path) -> dict[str, Tensor]:
    """Read a network's tensors by name.

    Raises ProspectError where the file is not the one that was written there, or holds numbers
    that are not finite.
    """
    seals.check(path, KIND)
    try:
        state = load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise seals.refusal(path, KIND, error) from error
    for name, tensor in state.items():
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise seals.refusal(path, KIND, f"'{name}' holds numbers that are not finite")
    return state


def midpoint(one: str | Path, other: str | Path) -> dict[str, Tensor]:
    """Return the mean of two checkpoints' tensors; whole numbers are those of the first.

    Raises ProspectError where they are not of one architecture.
    """
    first, second = load(one), load(other)
    if strange := differences(first, second):
        raise ProspectError(f"{one} and {other} are not of one architecture: {strange}")
    return {
        name: (tensor + second[name]) / 2 if tensor.is_floating_point() else tensor
        for name, tensor in first.items()
    }


def read(path: str | Path, blocks: list[Block]) -> tuple[Tensor, dict[str, Tensor]]:
    """Read θ (P,), and by name the tensors that are not trained.

    Raises ProspectError where the file does not fit the network.
    """
    state = load(path)
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
    other = load(path)
    if strange := differences(network.state_dict(), other):
        raise ProspectError(f"training.start: {path} does not fit the network: {strange}")
    network.load_state_dict(other)


def differences(own: dict[str, Tensor], other: dict[str, Tensor]) -> str:
    """Name some tensors that differ in shape, or are missing in one of two networks."""
    strange = [
        f"{name} {_shape(own, name)} here, {_shape(other, name)} there"
        for name in sorted(own.keys() | other.keys())
        if _shape(own, name) != _shape(other, name)
    ]
    more = f" and {len(strange) - 3} more" if len(strange) > 3 else ""
    return "; ".join(strange[:3]) + more


def _shape(state: dict[str, Tensor], name: str) -> str:
    return str(tuple(state[name].shape)) if name in state else "missing"
