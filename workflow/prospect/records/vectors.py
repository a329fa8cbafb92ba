"""Directions, made and mined: HDF5 files of vectors (D, P).

A mined origin is a center: θ (P,), and by name the tensors that are not trained.
"""

from pathlib import Path

import numpy as np

from prospect.base import references
from prospect.records import hdf5
from prospect.records.hdf5 import sha256

JSON = ("hessian", "mining", "norms", "of", "params", "sha256")


def write(
    path: str | Path, vectors, attrs: dict, *, origin=None, buffers=None, progress=None
) -> None:
    """Write directions (D, P) and, where they were mined, their origin and progress.

    `attrs` says where they belong, in ``center_sha256`` by the hash of θ; an origin is a θ itself.
    """
    vectors = np.asarray(vectors, dtype=np.float32)
    with hdf5.writing(path) as file:
        file["directions"] = vectors
        if origin is not None:
            file["origin"] = np.asarray(origin, dtype=np.float32)
            attrs = attrs | {"center_sha256": sha256(file["origin"][:])}
            for name, tensor in (buffers or {}).items():
                file[f"buffers/{name}"] = np.asarray(tensor)
        for name, column in (progress or {}).items():
            file[f"progress/{name}"] = column
        norms = np.linalg.norm(vectors.astype(np.float64), axis=1).tolist()
        hashes = [sha256(vector) for vector in vectors]
        hdf5.write_attrs(file, attrs | {"norms": norms, "sha256": hashes}, JSON)


def read(
    path: str | Path, reference: str, vector: np.ndarray, center: hdf5.Center | None = None
) -> tuple[str, float]:
    """Read the direction that ``name``, ``name.1`` or ``name.2`` means into `vector` (P,).

    Returns its sha256 and its norm. Raises ProspectError where it was not made at this `center`.
    """
    _, row = references.split(reference)
    with hdf5.reading(path) as file:
        attrs = hdf5.read_attrs(file, JSON)
        if center:
            center.check(path, attrs)
        if file["directions"].shape[1:] != vector.shape:
            raise ValueError(f"{file['directions'].shape[1]} numbers for {len(vector)} parameters")
        file["directions"].read_direct(vector, np.s_[row])
        return attrs["sha256"][row], attrs["norms"][row]


def read_origin(path: str | Path) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Read a mined origin: θ (P,), and by name the tensors that are not trained."""
    with hdf5.reading(path) as file:
        return file["origin"][:], {k: v[()] for k, v in file.get("buffers", {}).items()}


def read_progress(path: str | Path) -> tuple[dict, dict[str, np.ndarray]]:
    """Read the attributes and the progress table of mined directions, not the vectors."""
    with hdf5.reading(path) as file:
        columns = {name: column[:] for name, column in file["progress"].items()}
        return hdf5.read_attrs(file, JSON), columns
