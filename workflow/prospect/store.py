"""HDF5 files of directions and grids: the only place that knows their keys.

Every file is written to a temporary name and then renamed, so that what has its name is whole. No
time stamps inside: the same run writes the same bytes.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from prospect import __version__
from prospect.errors import ProspectError
from prospect.files import atomic
from prospect.losses import Grid, Losses


@contextmanager
def _reading(path: str | Path) -> Iterator[h5py.File]:
    """Open an HDF5 file; raises ProspectError where it is none."""
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise ProspectError(f"{path}: not a readable HDF5 file ({error})") from error
    with file:
        yield file


def _write_attrs(file: h5py.File, attrs: dict) -> None:
    """Write attributes; lists and dicts as JSON, with sorted keys."""
    for key, value in sorted(attrs.items()):
        plain = isinstance(value, (str, int, float, bool, np.number))
        file.attrs[key] = value if plain else json.dumps(value, sort_keys=True)
    file.attrs["version"] = __version__


def _read_attrs(file: h5py.File) -> dict:
    attrs = {}
    for key, value in file.attrs.items():
        if isinstance(value, str) and value[:1] in "[{":
            value = json.loads(value)
        attrs[key] = value.item() if isinstance(value, np.generic) else value
    return attrs


# --- directions ----------------------------------------------------------------------------------


def write_directions(
    path: str | Path, vectors, attrs: dict, *, origin=None, buffers=None, progress=None
) -> None:
    """Write directions (D, P) and, where they were mined, their origin and progress.

    A mined origin is a center: θ (P,), and by name the tensors that are not trained.
    """
    vectors = np.asarray(vectors, dtype=np.float32)
    with atomic(path) as temporary, h5py.File(temporary, "w") as file:
        file["directions"] = vectors
        if origin is not None:
            file["origin"] = np.asarray(origin, dtype=np.float32)
            for name, tensor in (buffers or {}).items():
                file[f"buffers/{name}"] = np.asarray(tensor)
        for name, column in (progress or {}).items():
            file[f"progress/{name}"] = column
        norms = np.linalg.norm(vectors.astype(np.float64), axis=1).tolist()
        _write_attrs(file, attrs | {"norms": norms, "sha256": [sha256(v) for v in vectors]})


def read_origin(path: str | Path) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Read a mined origin: θ (P,), and by name the tensors that are not trained."""
    with _reading(path) as file:
        return file["origin"][:], {k: v[()] for k, v in file.get("buffers", {}).items()}


def read_progress(path: str | Path) -> tuple[dict, dict[str, np.ndarray]]:
    """Read the attributes and the progress table of mined directions, not the vectors."""
    with _reading(path) as file:
        return _read_attrs(file), {name: column[:] for name, column in file["progress"].items()}


def read_vector(path: str | Path, reference: str, vector: np.ndarray) -> tuple[str, float]:
    """Read the direction that ``name``, ``name.1`` or ``name.2`` means into `vector` (P,).

    Returns its sha256 and its norm.
    """
    index = int(reference.partition(".")[2] or 1) - 1
    with _reading(path) as file:
        attrs = _read_attrs(file)
        file["directions"].read_direct(vector, np.s_[index])
        return attrs["sha256"][index], attrs["norms"][index]


def sha256(vector: np.ndarray) -> str:
    """Return the hash of a vector's bytes."""
    return hashlib.sha256(np.ascontiguousarray(vector)).hexdigest()


# --- Hessians ------------------------------------------------------------------------------------


def write_hessian(path: str | Path, arrays: Mapping[str, Any], attrs: dict) -> None:
    """Write what is known of a Hessian: arrays and numbers by name."""
    with atomic(path) as temporary, h5py.File(temporary, "w") as file:
        for name, array in arrays.items():
            file[name] = array
        _write_attrs(file, attrs)


def read_hessian(path: str | Path) -> tuple[dict[str, np.ndarray], dict]:
    """Read the arrays of a Hessian but for the eigenvectors, and the attributes."""
    with _reading(path) as file:
        arrays = {name: file[name][()] for name in file if name != "eigenvectors"}
        return arrays, _read_attrs(file)


def read_eigenvector(path: str | Path, index: int) -> np.ndarray:
    """Read an eigenvector (P,): 0, 1 … from the largest eigenvalue, -1, -2 … from the smallest."""
    with _reading(path) as file:
        return file["eigenvectors"][range(len(file["eigenvalues"]))[-1 - index]]


# --- grids ---------------------------------------------------------------------------------------


def write_grid(path: str | Path, grid: Grid) -> None:
    """Write a grid. Losses that are not finite stay NaN and are counted in ``nonfinite``."""
    losses = grid.losses
    lost = int((losses.evaluated & ~np.isfinite(losses.loss)).sum())
    with atomic(path) as temporary, h5py.File(temporary, "w") as file:
        for name, axis in grid.axes.items():
            file[name] = axis
        _write_losses(file, losses)
        _write_attrs(file, grid.attrs | {"nonfinite": lost})


def read_grid(path: str | Path) -> Grid:
    """Read a grid."""
    with _reading(path) as file:
        axes = {name: file[name][:] for name in ("alpha", "beta", "direction") if name in file}
        return Grid(axes, _read_losses(file), _read_attrs(file))


def _write_losses(file: h5py.File, losses: Losses) -> None:
    for name in Losses.FIELDS:
        file[name] = getattr(losses, name)
    for name in Losses.SCALARS:
        file.attrs[name] = getattr(losses, name)


def _read_losses(file: h5py.File) -> Losses:
    values = {name: file[name][:] for name in Losses.FIELDS}
    return Losses(**values, **{name: float(file.attrs[name]) for name in Losses.SCALARS})


class Partial:
    """Progress of a long evaluation in ``<output>.partial``, beside the output.

    Snakemake deletes the declared outputs of a failed job; this file it does not know, so a job
    that starts again goes on where the last one stopped, if everything is still the same.
    """

    def __init__(self, output: str | Path, identity: dict, every: float = 10.0):
        self.path = Path(f"{output}.partial")
        self.identity = json.dumps(identity | {"version": __version__}, sort_keys=True)
        self.every, self.saved = every, time.monotonic()

    def load(self) -> Losses | None:
        """Return what is there already, None where there is nothing that fits."""
        return self._read(_read_losses)

    def load_rows(self) -> dict[int, np.ndarray]:
        """Return by its number what `save` kept of every point."""

        def rows(file: h5py.File) -> dict[int, np.ndarray]:
            return dict(zip(file["numbers"][:].tolist(), file["rows"][:], strict=True))

        return self._read(rows) or {}

    def _read(self, part: Callable[[h5py.File], Any]) -> Any:
        if not self.path.exists():
            return None
        try:
            with h5py.File(self.path, "r") as file:
                return part(file) if file.attrs["identity"] == self.identity else None
        except (OSError, KeyError):
            return None

    def save(self, losses: Losses, rows: Callable[[], Mapping[int, np.ndarray]] = dict) -> None:
        """Keep what is there, at most every few seconds; `rows` gives what is kept of points."""
        if time.monotonic() - self.saved < self.every:
            return
        with atomic(self.path) as temporary, h5py.File(temporary, "w") as file:
            _write_losses(file, losses)
            if kept := rows():
                file["numbers"], file["rows"] = list(kept), np.stack(list(kept.values()))
            file.attrs["identity"] = self.identity
        self.saved = time.monotonic()

    def done(self) -> None:
        """Delete the file: the output is whole."""
        self.path.unlink(missing_ok=True)
