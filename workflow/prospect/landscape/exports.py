"""Surfaces as files for other programs, of the kind that the end of the file's name says.

``.vtr``  a rectilinear grid of VTK in the plane, with what is known at its points (ParaView)
``.ply``  a mesh: α, β and the height that figures have, with the loss
``.csv``  a row a point, β running fastest
"""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from pyevtk.hl import gridToVTK

from prospect.base import files
from prospect.landscape.scale import on_scale, wants_log
from prospect.records.grids import Grid


def write(path: str | Path, grid: Grid) -> None:
    """Write a surface as the kind of file that `path` names."""
    content = {".vtr": vtr, ".ply": ply, ".csv": csv}[Path(path).suffix](grid)
    files.write(path, content)


def vtr(grid: Grid) -> bytes:
    """Return a surface as a rectilinear grid of VTK: α along x, β along y, one layer."""
    alpha, beta = grid.axes.values()
    layers = {name: array[:, :, None] for name, array in _columns(grid).items()}
    with tempfile.TemporaryDirectory() as folder:
        written = gridToVTK(f"{folder}/surface", alpha, beta, np.zeros(1), pointData=layers)
        return Path(written).read_bytes()


def csv(grid: Grid) -> bytes:
    """Return a surface as a table (G rows): α, β, and what is known there."""
    alpha, beta = np.meshgrid(*grid.axes.values(), indexing="ij")
    columns = {"alpha": alpha, "beta": beta} | _columns(grid)
    return files.as_text(pd.DataFrame({k: v.ravel() for k, v in columns.items()})).encode()


def ply(grid: Grid) -> bytes:
    """Return a surface as a mesh of squares; points whose loss is not finite are left out.

    The height is the loss, or its natural logarithm where figures show that.
    """
    loss = grid.values.loss
    alpha, beta = np.meshgrid(*grid.axes.values(), indexing="ij")
    log, there = wants_log(loss), np.isfinite(loss)
    points = np.stack([part[there] for part in (alpha, beta, on_scale(loss, log), loss)], axis=1)
    number = np.where(there, there.cumsum().reshape(there.shape) - 1, -1)
    corners = (number[:-1, :-1], number[1:, :-1], number[1:, 1:], number[:-1, 1:])
    faces = np.stack([corner.ravel() for corner in corners], axis=1)
    faces = faces[(faces >= 0).all(axis=1)]
    head = [
        "ply",
        "format ascii 1.0",
        f"comment x: alpha, y: beta, z: {'ln loss' if log else 'loss'}",
        f"element vertex {len(points)}",
        *(f"property double {name}" for name in ("x", "y", "z", "loss")),
        f"element face {len(faces)}",
        "property list uchar int vertex_indices",
        "end_header",
    ]
    lines = [" ".join(map(repr, point)) for point in points.tolist()]
    lines += [f"4 {' '.join(map(str, face))}" for face in faces.tolist()]
    return "\n".join([*head, *lines, ""]).encode()


def _columns(grid: Grid) -> dict[str, np.ndarray]:
    """Return what is known at the points of a surface (K, M), by name."""
    known = {name: getattr(grid.values, name) for name in ("loss", "loss_sem", "accuracy")}
    return known | {"evaluated": grid.values.evaluated.astype(np.uint8)}
