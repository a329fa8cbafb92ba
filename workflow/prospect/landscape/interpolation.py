"""How a surface follows from some of its points.

A point of a surface with shape (K, M) is named by its number in row-major order. Distances are in
steps of the grid. Nothing here knows what the values at the points mean.

scipy is imported where it is used: it takes half a second, which curves, and surfaces that are
evaluated in full, have no need of.
"""

import numpy as np

LINES = 9  # along every axis of the coarse grid


def coarse(shape: tuple[int, int]) -> np.ndarray:
    """Return the numbers of the points of a coarse grid that reaches the edges."""
    lines = [np.unique(np.linspace(0, size - 1, LINES).round().astype(int)) for size in shape]
    return np.ravel_multi_index(np.meshgrid(*lines, indexing="ij"), shape).ravel()


def weights(shape, known: np.ndarray, wanted: np.ndarray, kernel="quintic") -> np.ndarray:
    """Return weights (wanted, known): values at the wanted points are weights @ values.

    Polyharmonic splines through scattered points: ``quintic``, r⁵ and a quadratic, or ``cubic``,
    r³ and a plane.
    """
    from scipy.interpolate import RBFInterpolator

    place = np.stack(np.unravel_index(np.arange(np.prod(shape)), shape), axis=1)
    place = place / (np.array(shape) - 1)
    spline = RBFInterpolator(
        place[known], np.eye(len(known)), kernel=kernel, degree={"quintic": 2, "cubic": 1}[kernel]
    )
    return spline(place[wanted])


def distance(shape, known: np.ndarray) -> np.ndarray:
    """Return the distance (K·M,) of every point to the nearest known one."""
    from scipy.ndimage import distance_transform_edt

    unknown = np.ones(shape, dtype=bool)
    unknown.flat[known] = False
    return distance_transform_edt(unknown).ravel()


def peaks(shape, score: np.ndarray, reach: np.ndarray, count: int) -> list[int]:
    """Return up to `count` points with a large positive score (K·M,), none close to another.

    One by one the point with the largest score, each of which shuts out its surroundings up to
    its `reach` (K·M,).
    """
    score = score.reshape(shape).copy()
    found: list[int] = []
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    while len(found) < count and score.max() > 0:
        number = int(score.argmax())
        row, column = divmod(number, shape[1])
        near = (rows - row) ** 2 + (columns - column) ** 2 <= reach[number] ** 2
        score[near] = 0
        found.append(number)
    return found
