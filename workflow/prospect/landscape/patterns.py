"""Drawn wishes: where the loss is to be low and where high, along a line or over a plane.

A pattern is a text file: ``#`` low, ``.`` high, a space for don't care; every row equally long.
One row is a pattern on a line, several rows one on a plane (first row on top, at the largest β).
Header lines ``key: number`` may come first: ``extent: 1.5`` says that the outermost cells have
their centers at ±1.5 in units of the directions, 1 by default; ``ceiling``, ``target`` and
``margin`` take the place of mining's own.

Or it is an image: dark is low, bright is high, transparent is don't care. It is shrunk to at most
`SHRUNK` cells along its longer side and keeps its proportions.
"""

import hashlib
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, reduce
from pathlib import Path

import numpy as np
from PIL import Image

from prospect.base.errors import ProspectError

LOW, HIGH, FREE = "#", ".", " "
LIMIT = 40  # cells along an axis; more than this a grid of 49 points cannot show
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF")  # read by these alone: others run programs
PIXELS = 2**26  # of an image; what is larger is not unpacked
SHRUNK = 24  # cells of an image; finer edges take many times longer to mine
IMAGES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff")
WISHES = ("ceiling", "target", "margin")  # header lines that mining reads


@dataclass(frozen=True)
class Pattern:
    """A drawn pattern: `cells` (n,) or (n, m) of characters, the axes running with α and β.

    `wishes` holds what header lines say in place of mining's ``ceiling``, ``target``, ``margin``.
    """

    name: str
    cells: np.ndarray
    extent: float = 1.0
    wishes: dict[str, float] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """Return the hash of all that is drawn."""
        drawn = (self.cells.tolist(), self.extent, sorted(self.wishes.items()))
        return hashlib.sha256(repr(drawn).encode()).hexdigest()

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

    def places(self, mark: str) -> np.ndarray:
        """Return the centers (n, D) of all cells with this mark."""
        index = np.argwhere(self.cells == mark)
        return np.stack([axis[i] for axis, i in zip(self.axes, index.T, strict=True)], axis=1)

    def without_center(self) -> "Pattern":
        """Return the pattern with no say at 0, for an origin that no direction can move."""
        center = reduce(np.logical_and.outer, [np.abs(axis) < 1e-9 for axis in self.axes])
        return replace(self, cells=np.where(center, FREE, self.cells))

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

        Over the grid points inside the drawing whose nearest cell is low or high, 0 where none is
        low (our definition).
        """
        marks = self.nearest(*axes)
        wanted, seen = marks == LOW, (marks != FREE) & (loss < ceiling / 2)
        union = (wanted | seen).sum()
        return float((wanted & seen).sum() / union) if union else 0.0


def files(folder: Path) -> dict[str, Path]:
    """Return the pattern files of a folder by name; raises ProspectError for a name given twice."""
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.suffix.lower() in (".txt", *IMAGES):
            if path.stem in found:
                raise ProspectError(
                    f"{path}: the pattern '{path.stem}' is there twice, also as "
                    f"{found[path.stem].name}; rename one"
                )
            found[path.stem] = path
    return found


@cache
def read(path: str | Path) -> Pattern:
    """Read a pattern from a text file or an image.

    Raises ProspectError that names the file, the line that is wrong, and what would be right.
    """
    path = Path(path)
    if not path.exists():
        raise ProspectError(f"{path}: there is no such pattern file")
    cells, header = (_image if path.suffix.lower() in IMAGES else _text)(path)
    if max(cells.shape) > LIMIT:
        size = " x ".join(map(str, cells.shape))
        raise ProspectError(f"{path}: {size} cells; a drawing has at most {LIMIT} along an axis")
    if LOW not in cells or HIGH not in cells or min(cells.shape) < 2:
        raise ProspectError(
            f"{path}: the drawing needs at least one low '#' and one high '.' cell, and two cells "
            "along every axis"
        )
    return Pattern(path.stem, cells, header.pop("extent", 1.0), header)


def read_all(paths: Iterable[str | Path]) -> dict[str, Pattern]:
    """Read patterns, by name."""
    return {pattern.name: pattern for pattern in map(read, paths)}


def _text(path: Path) -> tuple[np.ndarray, dict[str, float]]:
    """Read cells and header lines of a text file."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ProspectError(f"{path}: not a text file; draw with '#', '.' and ' '") from error
    header = {}
    while lines and ":" in lines[0]:
        key, value = _header(path, lines.pop(0))
        if key in header:
            raise ProspectError(f"{path}: header '{key}' is there twice; keep one")
        header[key] = value
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
    return (cells[0] if len(lines) == 1 else _upright(cells)), header


def _header(path: Path, line: str) -> tuple[str, float]:
    """Read a header line ``key: number``."""
    key, _, text = line.partition(":")
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if key.strip() not in ("extent", *WISHES) or not 0 < value < np.inf:
        known = ", ".join(("extent", *WISHES))
        raise ProspectError(
            f"{path}: header {line!r} is not understood; want 'KEY: NUMBER', a number above 0, "
            f"with KEY one of {known}"
        )
    return key.strip(), value


def _image(path: Path) -> tuple[np.ndarray, dict[str, float]]:
    """Read cells of an image, a square with don't care beside what is not square."""
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path, formats=FORMATS) as opened:
            if opened.width * opened.height > PIXELS:
                raise ProspectError(
                    f"{path}: an image of {opened.width} x {opened.height} pixels; at most "
                    f"{PIXELS:,} are read"
                )
            if opened.mode.startswith(("I", "F")):
                raise ProspectError(
                    f"{path}: an image of more than 8 bits a channel; save it with 8"
                )
            image = opened.convert("LA")
    except ProspectError:
        raise
    except Exception as error:  # on a damaged image the library may fail in any way
        raise ProspectError(f"{path}: not a readable image") from error
    image.thumbnail((SHRUNK, SHRUNK), Image.Resampling.BOX)
    grey, alpha = np.moveaxis(np.asarray(image), -1, 0)
    marks = np.where(alpha < 128, FREE, np.where(grey < 128, LOW, HIGH))
    missing = max(marks.shape) - np.array(marks.shape)
    around = [(short // 2, short - short // 2) for short in missing]
    return _upright(np.pad(marks, around, constant_values=FREE)), {}


def _upright(rows: np.ndarray) -> np.ndarray:
    """Turn rows that run down the page to α along the first axis and β, upwards, the second."""
    return rows[::-1].T
