"""What the mined points are: their loss and accuracy, how far away, behind which barrier."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from scipy.ndimage import map_coordinates

from prospect.landscape.patterns import LOW, Pattern
from prospect.records import grids
from prospect.records.grids import Grid

ALONG = 101  # points of the straight way from the center to a mined point
SOLVED, GAP = 0.9, 0.05  # accuracy of a solution, and how much less it may be on test samples
COLUMNS = ["network", "seed", "kind", "name", "center", "found", "threshold", "alpha", "beta"]
COLUMNS += ["loss", "accuracy", "test_loss", "test_accuracy", "distance", "relative_distance"]
COLUMNS += ["loss_unit", "barrier", "center_accuracy", "center_test_accuracy"]


def mined_points(shapes: pd.DataFrame, patterns: Mapping[str, Pattern]) -> pd.DataFrame:
    """Return a row for every low point of every mined pattern: whether it is a solution too.

    A point is the grid point next to a low cell inside the window, the center's aside, each once.
    ``distance`` from the center in units of weights, and as a fraction of ‖θ‖; ``barrier``, the
    highest loss on the straight way from the center, above the higher of its two ends, in nats,
    infinite where the loss is not finite on the way (our definition).
    """
    rows: list[dict] = []
    for _, row in shapes[(shapes["pattern"] != "") & (shapes["test_file"] != "")].iterrows():
        pattern = patterns[row["pattern"]]
        grid, test = grids.read(row["file"]), grids.read(row["test_file"])
        if pattern.dimensions != len(grid.axes):
            continue  # one direction of a plane
        grids.check_same_place(row["file"], grid, row["test_file"], test)
        names = ("network", "seed", "kind", "name", "center", "found", "threshold", "loss_unit")
        model = {name: row[name] for name in names}
        center = {
            "center_accuracy": grid.values.center_accuracy,
            "center_test_accuracy": test.values.center_accuracy,
        }
        rows += [model | point | center for point in _low_points(pattern, grid, test)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _low_points(pattern: Pattern, grid: Grid, test: Grid) -> Iterator[dict]:
    axes, norms = list(grid.axes.values()), np.array(grid.attrs["direction_norms"])
    window = np.array([axis[-1] for axis in axes])
    drawn = pattern.without_center().places(LOW)
    seen = drawn[np.all(np.abs(drawn) <= window + 1e-9, axis=1)]
    for at in dict.fromkeys(_nearest(grid, point) for point in seen):
        there = np.array([axis[i] for axis, i in zip(axes, at, strict=True)])
        if np.abs(there).max() < 1e-9:
            continue
        distance = float(np.linalg.norm(there * norms))
        yield {
            "alpha": there[0],
            "beta": there[1] if len(there) > 1 else np.nan,
            "loss": grid.values.loss[at],
            "accuracy": grid.values.accuracy[at],
            "test_loss": test.values.loss[at],
            "test_accuracy": test.values.accuracy[at],
            "distance": distance,
            "relative_distance": distance / grid.attrs["center_norm"],
            "barrier": _barrier(grid, at),
        }


def _nearest(grid: Grid, point: np.ndarray) -> tuple[int, ...]:
    """Return the indices of the grid point next to a point."""
    axes = grid.axes.values()
    return tuple(int(np.abs(a - x).argmin()) for a, x in zip(axes, point, strict=True))


def _barrier(grid: Grid, at: tuple[int, ...]) -> float:
    """Return the highest loss on the way from the center, above the higher of the ends."""
    start = [np.interp(0, axis, np.arange(len(axis))) for axis in grid.axes.values()]
    way = np.linspace(start, at, ALONG).T
    loss = np.where(np.isfinite(grid.values.loss), grid.values.loss, np.inf)
    loss = map_coordinates(loss, way, order=1)
    loss[0] = grid.values.center_loss
    if np.isnan(loss).any():  # between points of which one is infinite
        return np.inf
    return float(loss.max() - max(loss[0], loss[-1]))


def findings(points: pd.DataFrame) -> list[str]:
    """Say what the mined points are, in a sentence with its numbers."""
    basins = points[points["barrier"] > points["threshold"]]
    if not len(basins):
        return []
    height = f"{basins['barrier'].median():.2g} {basins['loss_unit'].iloc[0]}".rstrip()
    sentence = (
        f"{len(basins)} of {len(points)} mined low points lie behind a barrier higher than τ "
        f"(median {height}), at a median distance of "
        f"{basins['relative_distance'].median():.1f} ‖θ‖"
    )
    if basins["accuracy"].notna().any():
        sentence += (
            f"; their accuracy is {basins['accuracy'].median():.1%} on the training and "
            f"{basins['test_accuracy'].median():.1%} on the test samples: {_reading(basins)}"
        )
    return [sentence + "."]


def _reading(points: pd.DataFrame) -> str:
    """Say whether mined points are solutions, and as good on samples they have not seen."""
    seen, unseen = points["accuracy"].median(), points["test_accuracy"].median()
    if seen < SOLVED:
        return "no solutions, only lower than their surroundings"
    if seen - unseen > GAP:
        return "solutions of the training samples that do not carry over to others"
    return "other solutions, which carry over to samples they have not seen"
