"""The perturbed models: θ, and what is not trained, from a checkpoint or a mined origin."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from prospect.base import seals
from prospect.base.errors import ProspectError
from prospect.model import checkpoints
from prospect.model.objective import Objective
from prospect.model.weights import Block
from prospect.records import vectors


def read(path: str | Path, blocks: list[Block]) -> tuple[Tensor, dict[str, Tensor]]:
    """Read θ (P,) of a center, and by name the tensors that are not trained.

    A center is a checkpoint (.safetensors) or a mined origin in a file of directions (.h5). Raises
    ProspectError where it does not fit the network, or is not finite.
    """
    if Path(path).suffix != ".h5":
        return checkpoints.read(path, blocks)
    origin, arrays = vectors.read_origin(path)
    if origin.shape != (blocks[-1].stop,):
        raise ProspectError(
            f"{path}: the origin has {len(origin)} parameters, the network {blocks[-1].stop}"
        )
    if not np.isfinite(origin).all():
        raise seals.refusal(path, "HDF5", "the origin holds numbers that are not finite")
    fixed = {name: torch.as_tensor(array) for name, array in arrays.items()}
    return torch.from_numpy(origin), fixed


def read_path(paths: Iterable[str | Path], blocks: list[Block]) -> Tensor:
    """Read θ of some centers, (E, P)."""
    return torch.stack([read(path, blocks)[0] for path in paths])


def go_to(objective: Objective, path: str | Path) -> Tensor:
    """Return θ (P,) of a center; what is not trained there goes to the objective."""
    theta, fixed = read(path, objective.flat.blocks)
    objective.load(fixed)
    return theta
