"""Drawn wishes: where the loss is to be low and where high, along a line or over a plane.

A pattern is a text file: ``#`` low, ``.`` high, a space for don't care; every row equally long.
One row is a pattern on a line, several rows one on a plane (first row on top, at the largest β).
A header line ``extent: 1.5`` says that the outermost cells have their centers at ±1.5 in units of
the directions; 1 by default.
"""

from dataclasses import dataclass
from functools import cached_property, reduce
from pathlib import Path

import numpy as np

from prospect.errors import ProspectError

LOW, HIGH, FREE = "#", ".", " "


@dataclass(frozen=True)
class Pattern:
    """A drawn pattern: `cells` (n,) or (n, m) of characters, the axes running with α and β."""

    name: str
    cells: np.ndarray
    extent: float = 1.0

    @property
    def dimensions(self) -> int:
        """1 for a pattern on a line, 2 for one on a plane."""
        return self.cells.ndim

    @cached_property
    def axes(self) -> list[np.ndarray]:
        """Coordinates of the cells' centers along every axis."""
        return [np.linspace(-self.extent, self.extent, size) for size in self.cells.shape]

    @property
    def spacing(self) -> np.ndarray:
        """Distance of neighbouring cells along every axis, (D,)."""
        return np.array([axis[1] - axis[0] for axis in self.axes])

    def points(self, mark: str) -> np.ndarray:
        """Return the centers (n, D) of all cells with this mark."""
        index = np.argwhere(self.cells == mark)
        return np.stack([axis[i] for axis, i in zip(self.axes, index.T, strict=True)], axis=1)

    def nearest(self, *axes: np.ndarray) -> np.ndarray:
        """Return the mark of the nearest cell at every point of a grid, outside it a space."""
        marks = self.cells
        for number, (coordinates, cells) in enumerate(zip(axes, self.axes, strict=True)):
            marks = marks.take(
                np.abs(coordinates[:, None] - cells[None, :]).argmin(axis=1), axis=number
            )
        inside = [np.abs(coordinates) <= self.extent * (1 + 1e-9) for coordinates in axes]
        return np.where(reduce(np.logical_and.outer, inside), marks, FREE)

    def overlap(self, axes, loss: np.ndarray, ceiling: float) -> float:
        """Return intersection over union of the drawn low cells and the loss below half `ceiling`.

        Over the grid points inside the drawing whose nearest cell is low or high (our definition).
        """
        marks = self.nearest(*axes)
        seen, wanted = (marks != FREE) & (loss < ceiling / 2), marks == LOW
        union = (seen | wanted).sum()
        return float((seen & wanted).sum() / union) if union else 0.0


def read(path: str | Path) -> Pattern:
    """Read a pattern from a text file; raises ProspectError with the line that is wrong."""
    path = Path(path)
    try:
        lines = path.read_text().split("\n")
    except FileNotFoundError as error:
        raise ProspectError(f"{path}: there is no such pattern file") from error
    except UnicodeDecodeError as error:
        raise ProspectError(f"{path}: not a text file; draw with '#', '.' and ' '") from error
    extent = 1.0
    while lines and ":" in lines[0]:
        extent = _header(path, lines.pop(0))
    while lines and not lines[-1]:
        lines.pop()
    if not lines:
        raise ProspectError(f"{path}: no rows; draw with '#' low, '.' high, ' ' don't care")
    for number, line in enumerate(lines, start=1):
        strange = set(line) - {LOW, HIGH, FREE}
        if strange:
            raise ProspectError(
                f"{path}: row {number} holds {sorted(strange)[0]!r}; a drawing has '#' low, "
                "'.' high and ' ' don't care only"
            )
        if len(line) != len(lines[0]):
            raise ProspectError(
                f"{path}: row {number} has {len(line)} cells, row 1 has {len(lines[0])}; all rows "
                "must be equally long (spaces at the end count)"
            )
    cells = np.array([list(line) for line in lines])
    # rows run down the page and β up: α along the first axis, β along the second
    cells = cells[0] if len(lines) == 1 else cells[::-1].T
    if LOW not in cells or HIGH not in cells or min(cells.shape) < 2:
        raise ProspectError(
            f"{path}: the drawing needs at least one low '#' and one high '.' cell, and two cells "
            "along every axis"
        )
    return Pattern(path.stem, cells, extent)


def _header(path: Path, line: str) -> float:
    """Read the header line ``extent: number``."""
    key, _, value = line.partition(":")
    try:
        extent = float(value) if key.strip() == "extent" else None
    except ValueError:
        extent = None
    if not extent or extent <= 0:
        raise ProspectError(
            f"{path}: header {line!r} is not understood; want 'extent: NUMBER' above 0"
        )
    return extent
