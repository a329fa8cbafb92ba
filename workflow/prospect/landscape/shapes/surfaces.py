"""The name of a surface."""

import re
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from prospect.landscape.shapes.persistence import confidence_of, holds_center, persistence_pairs

GRAMMAR = re.compile(r"flat|wine-bottle|hump|bowl|saddle|slope|pits-\d+")
EIGHT = np.ones((3, 3), dtype=bool)  # neighbours across edges and corners; the default is edges


class SurfaceShape(NamedTuple):
    """Shape of a surface; like `CurveShape`, with positions (α, β, loss).

    unresolved : the name is another one where every second point is left out
    loops : (birth, death) in nats of the persistent loops
    """

    name: str
    truncated: bool
    unresolved: bool
    confidence: float
    threshold: float
    basins: list[tuple[float, float, float]]
    barrier: float
    loops: list[tuple[float, float]]


def name_surface(
    alpha: np.ndarray, beta: np.ndarray, loss: np.ndarray, threshold: float
) -> SurfaceShape:
    """Name a surface.

    The center is the grid point nearest to 0, 0. Raises ValueError where it is outside the window
    or the arrays do not fit.

    Parameters
    ----------
    alpha, beta : (K,), (M,)
        Coordinates: increasing, with 0 inside.
    loss : (K, M)
        In nats, may hold NaN.
    threshold
        τ in nats.
    """
    alpha, beta = np.asarray(alpha, dtype=float), np.asarray(beta, dtype=float)
    loss = np.asarray(loss, dtype=float)
    if loss.shape != (len(alpha), len(beta)) or min(loss.shape) < 2:
        raise ValueError(f"loss {loss.shape} must be ({len(alpha)}, {len(beta)}), both above 1")
    if not (holds_center(alpha) and holds_center(beta)):
        raise ValueError("alpha and beta must increase and hold 0 inside their window")
    center = int(np.abs(alpha).argmin()), int(np.abs(beta).argmin())
    filled = np.where(np.isfinite(loss), loss, np.inf)
    surface = _Surface(filled, center)
    coarse = _Surface(
        filled[center[0] % 2 :: 2, center[1] % 2 :: 2], (center[0] // 2, center[1] // 2)
    )
    name = surface.name(threshold)
    minima = [] if name in ("flat", "undefined") else surface.minima(threshold)
    return SurfaceShape(
        name=name,
        truncated=any(surface.reaches_border(m, threshold) for m in minima),
        unresolved=coarse.name(threshold) != name,
        confidence=confidence_of(surface.name, threshold),
        threshold=threshold,
        basins=[(alpha[i], beta[j], filled[i, j]) for i, j in minima],
        barrier=min(surface.lifetimes[surface.lifetimes > threshold], default=np.nan),
        loops=[tuple(loop) for loop in surface.persistent_loops(threshold)],
    )


class _Surface:
    """A surface (K, M) of losses with +∞ for NaN, its persistence pairs, and a center index."""

    def __init__(self, loss: np.ndarray, center: tuple[int, int]):
        self.loss, self.center = loss, center
        lowest, ((births, deaths), (loop_births, loop_deaths)) = persistence_pairs(loss)
        at = loss.ravel(order="F")
        self.births = np.stack(np.unravel_index(births, loss.shape, order="F"), axis=1)
        self.merges = at[deaths]
        self.lifetimes = at[deaths] - at[births]
        self.loops = np.stack([at[loop_births], at[loop_deaths]], axis=1)
        self.lowest = np.unravel_index(lowest, loss.shape, order="F")
        self.border = np.ones(loss.shape, dtype=bool)
        self.border[1:-1, 1:-1] = False

    def minima(self, threshold: float) -> list[tuple[int, int]]:
        """Return the indices of the basins' minima, the lowest first."""
        others = self.births[self.lifetimes > threshold]
        return [(int(row), int(column)) for row, column in (self.lowest, *others)]

    def persistent_loops(self, threshold: float) -> np.ndarray:
        """Return birth and death (n, 2) of the loops that live longer than τ."""
        return self.loops[self.loops[:, 1] - self.loops[:, 0] > threshold]

    def name(self, threshold: float) -> str:
        loss = self.loss
        if not np.isfinite(loss).any():
            return "undefined"
        if loss.max() - loss.min() <= threshold:
            return "flat"
        minima, loops = self.minima(threshold), self.persistent_loops(threshold)
        here = loss[self.center]
        if len(minima) == 1 and len(loops) == 1:
            birth, death = loops[0]
            if _near(here, death, threshold) and self._enclosed((birth + min(death, here)) / 2):
                walled = loss[self.border].min() > birth + threshold
                return "wine-bottle" if walled else "hump"
        in_basin = any(self._in_basin(m, threshold) for m in minima)
        if len(minima) == 1 and len(loops) == 0 and in_basin:
            return "bowl"
        if len(minima) == 2:
            merge = self.merges[self.lifetimes > threshold][0]
            if _near(here, merge, threshold) and self._high_sides(merge + threshold) >= 2:
                return "saddle"
        if len(minima) >= 2 and in_basin:
            return f"pits-{len(minima)}"
        return "slope"

    def _component(self, mask: np.ndarray, at: tuple[int, int], structure=None) -> np.ndarray:
        """Return the connected part of `mask` that holds `at`, empty where it is not in it."""
        labels, _ = ndimage.label(mask, structure)
        return mask & (labels == labels[at]) if mask[at] else np.zeros_like(mask)

    def _pit(self, minimum: tuple[int, int], threshold: float) -> np.ndarray:
        """Return what is connected to a minimum within τ above it."""
        return self._component(self.loss <= self.loss[minimum] + threshold, minimum)

    def _in_basin(self, minimum: tuple[int, int], threshold: float) -> bool:
        return bool(self._pit(minimum, threshold)[self.center])

    def reaches_border(self, minimum: tuple[int, int], threshold: float) -> bool:
        return bool((self._pit(minimum, threshold) & self.border).any())

    def _enclosed(self, level: float) -> bool:
        """Whether the center's part of what is above `level` stays off the border."""
        part = self._component(self.loss > level, self.center, EIGHT)
        return bool(part.any() and not (part & self.border).any())

    def _high_sides(self, level: float) -> int:
        """Count the parts above `level` that touch the border."""
        labels, _ = ndimage.label(self.loss > level, EIGHT)
        return len(set(labels[self.border].tolist()) - {0})


def _near(value: float, level: float, threshold: float) -> bool:
    return value == level or abs(value - level) <= threshold
