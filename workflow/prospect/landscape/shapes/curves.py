"""The name of a curve."""

import itertools
import re
from typing import NamedTuple

import numpy as np

from prospect.landscape.shapes.persistence import (
    confidence_of,
    holds_center,
    persistence_pairs,
    rounding_of,
)

GRAMMAR = re.compile(r"flat|(v|w|vvv|\d+v)-(basin|side|peak|outer)")


class CurveShape(NamedTuple):
    """Shape of a curve.

    name : ``flat``, ``undefined``, or basins and place of the center, as ``w-peak``
    truncated : the curve rises less than τ outside an outermost basin
    confidence : the smallest factor by which τ must change for the name to change
    threshold : τ in nats
    basins, barriers : (α, loss) of every basin, and of the barrier between neighbouring ones
    barrier : the lowest barrier's height above the higher of its two basins; NaN where none
    asymmetry : mean loss over (0, R] minus mean over [−R, 0), R the smaller half-window
    second_difference : at 0, the column ``curvature`` of tables
    """

    name: str
    truncated: bool
    confidence: float
    threshold: float
    basins: list[tuple[float, float]]
    barriers: list[tuple[float, float]]
    barrier: float
    asymmetry: float
    second_difference: float


def name_curve(
    alpha: np.ndarray, loss: np.ndarray, threshold: float, center_loss: float | None = None
) -> CurveShape:
    """Name a curve; raises ValueError where 0 is outside the window or the arrays do not fit.

    Parameters
    ----------
    alpha : (K,)
        Coordinates: increasing, any spacing, with 0 inside.
    loss : (K,)
        In nats, may hold NaN.
    threshold
        τ in nats.
    center_loss
        The loss at 0, for grids that leave 0 out; interpolated by default.
    """
    alpha, loss = np.asarray(alpha, dtype=float), np.asarray(loss, dtype=float)
    if alpha.shape != loss.shape or alpha.ndim != 1 or len(alpha) < 2:
        raise ValueError(f"alpha {alpha.shape} and loss {loss.shape} must be equal, (K,), K > 1")
    if not holds_center(alpha):
        raise ValueError("alpha must increase and hold 0 inside its window")
    center = int(np.abs(alpha).argmin())
    if abs(alpha[center]) > rounding_of(alpha):
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
        confidence=confidence_of(curve.name, threshold),
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
        second_difference=_second_difference(alpha, loss, center),
    )


class _Curve:
    """A curve (K,) of losses with +∞ for NaN, its persistence pairs, and a center index."""

    def __init__(self, loss: np.ndarray, center: int):
        self.loss, self.center = loss, center
        self.lowest, ((births, deaths),) = persistence_pairs(loss)
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
        loss = self.loss
        if not np.isfinite(loss).any():
            return "undefined"
        if loss.max() - loss.min() <= threshold:
            return "flat"
        minima = self.minima(threshold)
        count = {1: "v", 2: "w", 3: "vvv"}.get(len(minima), f"{len(minima)}v")
        return f"{count}-{self.place(minima, threshold)}"

    def place(self, minima: list[int], threshold: float) -> str:
        """Say where the center stands among the minima."""
        loss, center = self.loss, self.center
        for number, m in enumerate(minima):
            path = loss[min(m, center) : max(m, center) + 1]
            if path.max() <= loss[m] + threshold:
                return "outer" if len(minima) == 3 and number != 1 else "basin"
        for left, right in itertools.pairwise(minima):
            if left < center < right:
                barrier = loss[left : right + 1].max()
                if barrier == loss[center] or barrier - loss[center] <= threshold:
                    return "peak"
        return "side"

    def truncated(self, minima: list[int], threshold: float) -> bool:
        first, last = minima[0], minima[-1]
        left = self.loss[: first + 1].max() - self.loss[first]
        right = self.loss[last:].max() - self.loss[last]
        return bool(min(left, right) < threshold)


def _asymmetry(alpha: np.ndarray, loss: np.ndarray) -> float:
    """Return mean loss over (0, R] minus mean over [−R, 0) by the trapezoid rule.

    R is the smaller half-window; points that are not finite are left out.
    """
    reach = min(-alpha[0], alpha[-1])
    finite = np.isfinite(loss)
    if reach <= rounding_of(alpha) or finite.sum() < 2:
        return np.nan
    fine = np.union1d(alpha[np.abs(alpha) <= reach], (-reach, 0, reach))
    values = np.interp(fine, alpha[finite], loss[finite])
    right, left = (np.trapezoid(values[side], fine[side]) for side in (fine >= 0, fine <= 0))
    return float((right - left) / reach)


def _second_difference(alpha: np.ndarray, loss: np.ndarray, center: int) -> float:
    """Return the second difference at the center, NaN at the window's edge."""
    if not 0 < center < len(alpha) - 1:
        return np.nan
    left, right = alpha[center] - alpha[center - 1], alpha[center + 1] - alpha[center]
    rise, fall = loss[center + 1] - loss[center], loss[center] - loss[center - 1]
    return float(2 * (rise / right - fall / left) / (left + right))
