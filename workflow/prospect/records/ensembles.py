"""Ensembles: HDF5 files of networks that were trained together. A member is a center."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from prospect.base.errors import ProspectError
from prospect.records import hdf5

JSON = ("params",)


@dataclass
class Ensemble:
    """M networks of one architecture.

    theta : the members' weights (M, P) float32
    seeds : (M,)
    fixed : what is not trained, by name (M, …)
    history : by column, a number a member and epoch (M, epochs), from epoch 0 on
    attrs : where the numbers come from
    """

    theta: np.ndarray
    seeds: np.ndarray
    fixed: Mapping[str, np.ndarray]
    history: Mapping[str, np.ndarray]
    attrs: dict


def write(path: str | Path, ensemble: Ensemble) -> None:
    """Write an ensemble; its arrays may be tensors."""
    with hdf5.writing(path) as file:
        file["theta"] = np.asarray(ensemble.theta, dtype=np.float32)
        file["seeds"] = np.asarray(ensemble.seeds, dtype=np.int64)
        for name, array in sorted(ensemble.fixed.items()):
            file[f"buffers/{name}"] = np.asarray(array)
        for name, array in sorted(ensemble.history.items()):
            file[f"history/{name}"] = np.asarray(array, dtype=np.float64)
        hdf5.write_attrs(file, ensemble.attrs, JSON)


def read(path: str | Path) -> Ensemble:
    """Read an ensemble."""
    with hdf5.reading(path) as file:
        fixed, history = (
            {name: array[()] for name, array in file.get(group, {}).items()}
            for group in ("buffers", "history")
        )
        theta, seeds = file["theta"][:], file["seeds"][:]
        if any(len(array) != len(theta) for array in (seeds, *fixed.values(), *history.values())):
            raise ValueError("arrays of different numbers of members")
        return Ensemble(theta, seeds, fixed, history, hdf5.read_attrs(file, JSON))


def read_member(path: str | Path, number: int) -> tuple[Tensor, dict[str, Tensor]]:
    """Read θ (P,) of a member, and by name the tensors that are not trained, as of any center.

    Members count from 0. Raises ProspectError where there is none of this number. The whole file
    is compared with its checksum every time: to go through many members, `read` them all.
    """
    with hdf5.reading(path) as file:
        theta = file["theta"]
        if not 0 <= number < len(theta):
            raise ProspectError(
                f"{path}: there is no member {number}; it has 0 to {len(theta) - 1}"
            )
        fixed = {
            name: torch.as_tensor(array[number]) for name, array in file.get("buffers", {}).items()
        }
        return torch.from_numpy(theta[number]), fixed
