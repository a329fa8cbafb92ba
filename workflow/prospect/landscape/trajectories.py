"""Paths of training: principal directions, how near they are to a plane, and random walks.

A path is the checkpoints of a training run, (E, P), E of them in their order. Its principal
directions about a center θ are those of the displacements θ_e − θ (Li et al. 2018, section 7:
PCA of the matrix of displacements from the end). They come from the products of the displacements,
E × E numbers, in float64 (our choice: there are few checkpoints and many parameters).

The null is a random walk: steps as long as the run's, each at a right angle to all others, as
random ones are in high dimensions. Its PCA explains nearly everything too (Antognini and
Sohl-Dickstein 2018, arXiv:1806.08805): of equal steps two directions about the end explain 0.81
and 0.09.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from prospect.base.errors import ProspectError

BLOCK = 2**18  # parameters that are there in float64 at a time
SMALLEST = 1e-12  # of the largest squared singular value: below that a component is rounding


class Places(NamedTuple):
    """Where the checkpoints of a path are, seen from a plane through a center.

    coordinates : (E, 2), of their feet in the plane, in units of its two directions
    distance : (E,), from the plane
    displacement : (E,), from the center
    """

    coordinates: np.ndarray
    distance: np.ndarray
    displacement: np.ndarray


class Variance(NamedTuple):
    """How much of a path lies in a plane, in the best one, and of a random walk in its best one.

    Shares of the squared displacements of its checkpoints from its last one.

    explained : share along the plane's two directions
    explained_first, explained_best : share along the path's own first, and first two, principal
        directions
    walk_first, walk_best : the same of a random walk with steps of the same lengths
    straightness : distance between the ends over the length of all steps; 1 for a straight line
    walk_straightness : the same of the random walk
    """

    explained: float
    explained_first: float
    explained_best: float
    walk_first: float
    walk_best: float
    straightness: float
    walk_straightness: float


def products(vectors: Tensor, about: Tensor | None = None) -> np.ndarray:
    """Return all products (V, V) of vectors (V, P) less `about` (P,), in float64."""
    found = torch.zeros(len(vectors), len(vectors), dtype=torch.float64)
    for part in _blocks(vectors):
        inside = vectors[:, part].double()
        if about is not None:
            inside -= about[part].double()
        found += inside @ inside.T
    return found.numpy()


def _blocks(vectors: Tensor) -> list[slice]:
    """Return the parts of vectors (…, P) that are computed with at a time."""
    count = vectors.shape[-1]
    return [slice(start, start + BLOCK) for start in range(0, count, BLOCK)]


def principal_direction(path: Tensor, center: Tensor, number: int) -> Tensor:
    """Return a principal direction (P,) of a path (E, P) about a center (P,), the first is 1.

    It is as long as the largest displacement, so that every checkpoint lies within the unit circle
    of any two; the checkpoint that is farthest along it is on its positive side (our definitions).
    Raises ProspectError where the path has fewer dimensions.
    """
    squares = products(path, center)
    values, vectors = np.linalg.eigh(squares)
    there = int((values > SMALLEST * values[-1]).sum()) if values[-1] > 0 else 0
    if number > there:
        raise ProspectError(
            f"pca: {number} is not among the {there} directions that the path has about the "
            "center; want more checkpoints, or a smaller number"
        )
    weights = vectors[:, -number]
    weights = weights * np.sign(weights[np.argmax(np.abs(weights))])
    # Σ_e weights_e (θ_e − θ) has the norm √value
    wanted = torch.from_numpy(weights * np.sqrt(squares.diagonal().max() / values[-number]))
    direction = torch.empty_like(center)
    for part in _blocks(path):
        direction[part] = wanted @ (path[:, part].double() - center[part].double())
    return direction


def places(path: Tensor, center: Tensor, directions: Tensor) -> Places:
    """Return where the checkpoints of a path (E, P) are, seen from a plane.

    The plane goes through the center (P,) along two directions (2, P), which need not be at a right
    angle: the feet solve least squares. Raises ProspectError where they are parallel.
    """
    across, along = np.zeros((2, 2)), np.zeros((len(path), 2))
    for part in _blocks(path):
        plane = directions[:, part].double()
        across += (plane @ plane.T).numpy()
        along += ((path[:, part].double() - center[part].double()) @ plane.T).numpy()
    if np.linalg.det(across) <= SMALLEST * across[0, 0] * across[1, 1]:
        raise ProspectError("the two directions are parallel; want two that span a plane")
    coordinates = np.linalg.solve(across, along.T).T
    squares = np.zeros((2, len(path)))
    feet = torch.from_numpy(coordinates)
    for part in _blocks(path):
        apart = path[:, part].double() - center[part].double()
        above = apart - feet @ directions[:, part].double()
        squares += torch.stack([(above**2).sum(1), (apart**2).sum(1)]).numpy()
    return Places(coordinates, *np.sqrt(squares))


def variance(path: Tensor, directions: Tensor) -> Variance:
    """Return how much of a path (E, P), E at least 2, lies along two directions (2, P).

    NaN where the path does not leave its end.
    """
    end = path[-1]
    squares = products(path, end)
    total, steps = np.trace(squares), np.sqrt(_squared_steps(squares))
    if not total > 0:
        return Variance(*[np.nan] * len(Variance._fields))
    values = np.linalg.eigvalsh(squares)[::-1]
    missed = places(path, end, directions).distance
    walk = walk_shares(steps)
    return Variance(
        explained=float(1 - (missed**2).sum() / total),
        explained_first=float(values[0] / total),
        explained_best=float(values[:2].sum() / total),
        walk_first=float(walk[0]),
        walk_best=float(walk[:2].sum()),
        straightness=float(np.sqrt(squares[0, 0]) / steps.sum()),
        walk_straightness=float(np.sqrt((steps**2).sum()) / steps.sum()),
    )


def _squared_steps(squares: np.ndarray) -> np.ndarray:
    """Return the squared lengths (E − 1,) of a path's steps, by the products (E, E) of points."""
    norms = squares.diagonal()
    return np.maximum(norms[1:] + norms[:-1] - 2 * squares.diagonal(1), 0)


def walk_shares(steps: Sequence[float] | np.ndarray) -> np.ndarray:
    """Return what the principal directions about the end explain of a random walk, (E − 1,).

    With steps of these lengths s (E − 1,), all at right angles: the displacements from the end of
    the points before steps i and j have the product Σ_{k ≥ max(i, j)} s_k². Largest first; NaN
    where no step has a length. For equal steps the shares tend to 8 / (π² (2k − 1)²), k = 1, 2, …
    """
    left = np.cumsum(np.square(steps)[::-1])[::-1]  # squared distance to the end
    order = np.arange(len(left))
    values = np.linalg.eigvalsh(left[np.maximum.outer(order, order)])[::-1]
    return values / values.sum() if values.sum() > 0 else np.full(len(left), np.nan)
