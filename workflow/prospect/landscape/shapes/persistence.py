"""Pairs of birth and death, the threshold τ, and how sure a name is."""

import itertools
from collections.abc import Callable

import gudhi
import numpy as np


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


def persistence_pairs(loss: np.ndarray) -> tuple[int, list[tuple[np.ndarray, np.ndarray]]]:
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


def confidence_of(name_at: Callable[[float], str], threshold: float) -> float:
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


def rounding_of(axis: np.ndarray) -> float:
    """Return how far from 0 a coordinate may be and still mean 0."""
    return 1e-9 * (axis[-1] - axis[0])


def holds_center(axis: np.ndarray) -> bool:
    """Whether coordinates increase and reach 0."""
    increases = bool((np.diff(axis) > 0).all())
    return increases and axis[0] <= rounding_of(axis) and axis[-1] >= -rounding_of(axis)
