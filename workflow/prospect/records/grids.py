"""Curves, surfaces and populations: HDF5 files of losses on axes."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from prospect.records import hdf5, losses
from prospect.records.losses import Losses

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
        axes = {name: file[name][:] for name in ("alpha", "beta", "direction") if name in file}
        return Grid(axes, losses.read(file), hdf5.read_attrs(file, JSON))
