"""Curves, surfaces and populations: HDF5 files of losses on axes."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from prospect.base.errors import ProspectError
from prospect.records import hdf5, losses
from prospect.records.losses import Losses

AXES = ("direction", "alpha", "beta")  # in the order of the arrays' own
REMAKE = "delete both and run the same command again: they are made anew"
JSON = ("direction_norms", "direction_sha256", "directions", "params")


@dataclass
class Grid:
    """Losses on a grid: a curve (K,), a surface (K, M) or a population (directions, K).

    axes : coordinates by name (``alpha``, ``beta``) in units of the directions, or the number of
        the ``direction`` of a population
    values : what is known at the points
    attrs : where the numbers come from
    """

    axes: dict[str, np.ndarray]
    values: Losses
    attrs: dict


def check_same_place(path: str | Path, grid: Grid, other_path: str | Path, other: Grid) -> None:
    """Raise ProspectError where two grids are not about the same directions at the same center."""
    for name in ("center_sha256", "direction_sha256"):
        if grid.attrs.get(name) != other.attrs.get(name):
            raise ProspectError(f"{path} and {other_path} differ in their {name}; {REMAKE}")


def write(path: str | Path, grid: Grid) -> None:
    """Write a grid. Losses that are not finite stay NaN and are counted in ``nonfinite``."""
    values = grid.values
    lost = int((values.evaluated & ~np.isfinite(values.loss)).sum())
    with hdf5.writing(path) as file:
        for name, axis in grid.axes.items():
            file[name] = axis
        losses.write(file, values)
        hdf5.write_attrs(file, grid.attrs | {"nonfinite": lost}, JSON)


def read(path: str | Path) -> Grid:
    """Read a grid."""
    with hdf5.reading(path) as file:
        axes = {name: file[name][:] for name in AXES if name in file}
        values, shape = losses.read(file), tuple(map(len, axes.values()))
        if any(getattr(values, name).shape != shape for name in Losses.FIELDS):
            raise ValueError(f"arrays that do not fit axes of {shape} points")
        return Grid(axes, values, hdf5.read_attrs(file, JSON))
