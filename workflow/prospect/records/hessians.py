"""What is known of a Hessian: HDF5 files of arrays and numbers by name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from prospect.records import hdf5

JSON = ("params",)


def write(path: str | Path, arrays: Mapping[str, Any], attrs: dict) -> None:
    """Write what is known of a Hessian: arrays and numbers by name."""
    with hdf5.writing(path) as file:
        for name, array in arrays.items():
            file[name] = array
        hdf5.write_attrs(file, attrs, JSON)


def read(path: str | Path) -> tuple[dict[str, np.ndarray], dict]:
    """Read the arrays of a Hessian but for the eigenvectors, and the attributes."""
    with hdf5.reading(path) as file:
        arrays = {name: file[name][()] for name in file if name != "eigenvectors"}
        return arrays, hdf5.read_attrs(file, JSON)


def read_eigenvector(path: str | Path, index: int, center: hdf5.Center | None = None) -> np.ndarray:
    """Read an eigenvector (P,): 0, 1 … from the largest eigenvalue, -1, -2 … from the smallest.

    Raises ProspectError where it is not one of this `center`.
    """
    with hdf5.reading(path) as file:
        if center:
            center.check(path, file.attrs)
        if len(file["eigenvectors"]) != len(file["eigenvalues"]):
            raise ValueError("not as many eigenvectors as eigenvalues")
        return file["eigenvectors"][range(len(file["eigenvalues"]))[-1 - index]]
