"""Curve or surface -> shape: its name, and the numbers behind it.

The grammar is our definition: how many basins there are, and where the center stands. A basin is a
minimum whose persistence (0-dimensional, sublevel sets: merge height minus minimum) exceeds the
threshold τ; the lowest minimum always counts. NaN and infinite losses count as +∞.
"""

import itertools
from collections.abc import Callable
from typing import NamedTuple

import gudhi
import numpy as np
from scipy import ndimage

SURFACE_NAMES = ("flat", "wine-bottle", "hump", "bowl", "saddle", "slope")
EIGHT = np.ones((3, 3), dtype=bool)  # neighbours across edges and corners; the default is edges


class CurveShape(NamedTuple):
    """Shape of a curve.

    name : ``flat``, ``undefined``, or basins and place of the center, as ``w-peak``
    truncated : the curve rises less than τ outside an outermost basin
    confidence : the smallest factor by which τ must change for the name to change
    threshold : τ in nats
    basins, barriers : (α, loss) of every basin, and of the barrier between neighbouring ones
    barrier : the lowest barrier's height above the higher of its two basins; NaN where none
    asymmetry : mean loss over (0, R] minus mean over [−R, 0), R the smaller half-window
    curvature : second difference at 0
    """

    name: str
    truncated: bool
    confidence: float
    threshold: float
    basins: list[tuple[float, float]]
    barriers: list[tuple[float, float]]
    barrier: float
    asymmetry: float
    curvature: float


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


def threshold(
    persistence: float,
    loss_scale: float,
    z: float,
    difference_sem: np.ndarray,
    difference: np.ndarray,
) -> float:
    """Return τ = max(persistence · loss scale, z · standard error of the deciding differences).

    `difference` is the loss above the center's and `difference_sem` its standard error over paired
    samples, in one shape. The largest standard error counts, over the points whose difference is
    within twice the first term: there a height of about τ is decided. It is 0 where all samples of
    the split are used (our definition).
    """
    base = persistence * loss_scale
    deciding = np.abs(difference) <= 2 * base
    return max(base, z * float(np.max(difference_sem[deciding], initial=0.0)))


def name_curve(
    alpha: np.ndarray, loss: np.ndarray, threshold: float, center_loss: float | None = None
) -> CurveShape:
    """Name a curve.

    Parameters
    ----------
    alpha : (K,) increasing, any spacing, with 0 inside
    loss : (K,) in nats, may hold NaN
    threshold : τ in nats
    center_loss : the loss at 0, for grids that leave 0 out; interpolated by default

    Raises ValueError where 0 is outside the window or the arrays do not fit.
    """
    alpha, loss = np.asarray(alpha, dtype=float), np.asarray(loss, dtype=float)
    if alpha.shape != loss.shape or alpha.ndim != 1 or len(alpha) < 2:
        raise ValueError(f"alpha {alpha.shape} and loss {loss.shape} must be equal, (K,), K > 1")
    if not _holds_center(alpha):
        raise ValueError("alpha must increase and hold 0 inside its window")
    center = int(np.abs(alpha).argmin())
    if abs(alpha[center]) > _rounding(alpha):
        if center_loss is None:
            center_loss = np.interp(0, alpha, loss)
        center = int(np.searchsorted(alpha, 0))
        alpha, loss = np.insert(alpha, center, 0.0), np.insert(loss, center, center_loss)
    curve = _Curve(np.where(np.isfinite(loss), loss, np.inf), center)
    name = curve.name(threshold)
    minima = [] if name in ("flat", "undefined") else curve.minima(threshold)
    tops = curve.barriers(minima)
    finite = curve.loss
    return CurveShape(
        name=name,
        truncated=bool(minima) and curve.truncated(minima, threshold),
        confidence=_confidence(curve.name, threshold),
        threshold=threshold,
        basins=[(alpha[i], finite[i]) for i in minima],
        barriers=[(alpha[i], finite[i]) for i in tops],
        barrier=min(
            (
                finite[top] - max(finite[left], finite[right])
                for left, top, right in zip(minima, tops, minima[1:], strict=False)
            ),
            default=np.nan,
        ),
        asymmetry=_asymmetry(alpha, loss),
        curvature=_curvature(alpha, loss, center),
    )


class _Curve:
    """A curve (K,) of losses with +∞ for NaN, its persistence pairs, and a center index."""

    def __init__(self, loss: np.ndarray, center: int):
        self.loss, self.center = loss, center
        self.lowest, ((births, deaths),) = _persistence(loss)
        self.births, self.lifetimes = births, loss[deaths] - loss[births]

    def minima(self, threshold: float) -> list[int]:
        """Return the indices of the basins' minima, from left to right."""
        return sorted([self.lowest, *self.births[self.lifetimes > threshold].tolist()])

    def barriers(self, minima: list[int]) -> list[int]:
        """Return the index of the highest point between neighbouring minima."""
        return [
            left + int(np.argmax(self.loss[left : right + 1]))
            for left, right in itertools.pairwise(minima)
        ]

    def name(self, threshold: float) -> str:
        loss, center = self.loss, self.center
        if not np.isfinite(loss).any():
            return "undefined"
        if loss.max() - loss.min() <= threshold:
            return "flat"
        minima = self.minima(threshold)
        for number, m in enumerate(minima):
            path = loss[min(m, center) : max(m, center) + 1]
            if path.max() <= loss[m] + threshold:
                place = "basin"
                if len(minima) == 3 and number != 1:
                    place = "outer"
                break
        else:
            place = "side"
            for left, right in itertools.pairwise(minima):
                if left < center < right:
                    barrier = loss[left : right + 1].max()
                    if barrier == loss[center] or barrier - loss[center] <= threshold:
                        place = "peak"
        count = {1: "v", 2: "w", 3: "vvv"}.get(len(minima), f"{len(minima)}v")
        return f"{count}-{place}"

    def truncated(self, minima: list[int], threshold: float) -> bool:
        first, last = minima[0], minima[-1]
        left = self.loss[: first + 1].max() - self.loss[first]
        right = self.loss[last:].max() - self.loss[last]
        return bool(min(left, right) < threshold)


def name_surface(
    alpha: np.ndarray, beta: np.ndarray, loss: np.ndarray, threshold: float
) -> SurfaceShape:
    """Name a surface.

    Parameters
    ----------
    alpha, beta : (K,), (M,) increasing, with 0 inside
    loss : (K, M) in nats, may hold NaN
    threshold : τ in nats

    The center is the grid point nearest to 0, 0. Raises ValueError where it is outside the window
    or the arrays do not fit.
    """
    alpha, beta = np.asarray(alpha, dtype=float), np.asarray(beta, dtype=float)
    loss = np.asarray(loss, dtype=float)
    if loss.shape != (len(alpha), len(beta)) or min(loss.shape) < 2:
        raise ValueError(f"loss {loss.shape} must be ({len(alpha)}, {len(beta)}), both above 1")
    if not (_holds_center(alpha) and _holds_center(beta)):
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
        confidence=_confidence(surface.name, threshold),
        threshold=threshold,
        basins=[(alpha[i], beta[j], filled[i, j]) for i, j in minima],
        barrier=min(surface.lifetimes[surface.lifetimes > threshold], default=np.nan),
        loops=[tuple(loop) for loop in surface.persistent_loops(threshold)],
    )


class _Surface:
    """A surface (K, M) of losses with +∞ for NaN, its persistence pairs, and a center index."""

    def __init__(self, loss: np.ndarray, center: tuple[int, int]):
        self.loss, self.center = loss, center
        lowest, ((births, deaths), (loop_births, loop_deaths)) = _persistence(loss)
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
        return [tuple(map(int, minimum)) for minimum in (self.lowest, *others)]

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


def _persistence(loss: np.ndarray) -> tuple[int, list[tuple[np.ndarray, np.ndarray]]]:
    """Return the lowest vertex, and the pairs (births, deaths) of every dimension.

    Indices count the vertices in Fortran order. Points at +∞ are a plateau above everything.
    """
    finite = loss[np.isfinite(loss)]
    if not len(finite):
        return 0, [(np.empty(0, dtype=int), np.empty(0, dtype=int))] * loss.ndim
    top = finite.max() + (finite.max() - finite.min()) + 1
    complex_ = gudhi.CubicalComplex(vertices=np.where(np.isfinite(loss), loss, top))
    complex_.compute_persistence()
    pairs, essential = complex_.vertices_of_persistence_pairs()
    at = np.where(np.isfinite(loss), loss, np.inf).ravel(order="F")
    result = []
    for dimension in range(loss.ndim):
        found = np.empty((0, 2), dtype=int)
        if dimension < len(pairs):
            found = np.asarray(pairs[dimension], dtype=int).reshape(-1, 2)
        found = found[np.isfinite(at[found[:, 0]])]
        result.append((found[:, 0], found[:, 1]))
    return int(essential[0][0]), result


def _confidence(name_at: Callable[[float], str], threshold: float) -> float:
    """Return the smallest factor by which τ must change for the name to change.

    Found on a grid of factors 5 % apart and narrowed to 1 %; infinite beyond a factor of 100.
    """
    name = name_at(threshold)

    def changes(factor: float, sign: int) -> bool:
        return name_at(threshold * factor**sign) != name

    steps = np.geomspace(1, 100, 96)
    for inner, outer in itertools.pairwise(steps):
        found = [sign for sign in (1, -1) if changes(outer, sign)]
        if found:
            return min(_narrowed(changes, sign, inner, outer) for sign in found)
    return np.inf


def _narrowed(changes: Callable[[float, int], bool], sign: int, inner: float, outer: float):
    """Narrow the factor where the name changes, between `inner` and `outer`, to 1 %."""
    while outer / inner > 1.01:
        middle = float(np.sqrt(inner * outer))
        inner, outer = (inner, middle) if changes(middle, sign) else (middle, outer)
    return float(outer)


def _rounding(axis: np.ndarray) -> float:
    """Return how far from 0 a coordinate may be and still mean 0."""
    return 1e-9 * (axis[-1] - axis[0])


def _holds_center(axis: np.ndarray) -> bool:
    increases = bool((np.diff(axis) > 0).all())
    return increases and axis[0] <= _rounding(axis) and axis[-1] >= -_rounding(axis)


def _near(value: float, level: float, threshold: float) -> bool:
    return value == level or abs(value - level) <= threshold


def _asymmetry(alpha: np.ndarray, loss: np.ndarray) -> float:
    """Return mean loss over (0, R] minus mean over [−R, 0) by the trapezoid rule.

    R is the smaller half-window; points that are not finite are left out.
    """
    reach = min(-alpha[0], alpha[-1])
    finite = np.isfinite(loss)
    if reach <= _rounding(alpha) or finite.sum() < 2:
        return np.nan
    fine = np.union1d(alpha[np.abs(alpha) <= reach], (-reach, 0, reach))
    values = np.interp(fine, alpha[finite], loss[finite])
    right, left = (np.trapezoid(values[side], fine[side]) for side in (fine >= 0, fine <= 0))
    return float((right - left) / reach)


def _curvature(alpha: np.ndarray, loss: np.ndarray, center: int) -> float:
    """Return the second difference at the center, NaN at the window's edge."""
    if not 0 < center < len(alpha) - 1:
        return np.nan
    left, right = alpha[center] - alpha[center - 1], alpha[center + 1] - alpha[center]
    rise, fall = loss[center + 1] - loss[center], loss[center] - loss[center - 1]
    return float(2 * (rise / right - fall / left) / (left + right))
