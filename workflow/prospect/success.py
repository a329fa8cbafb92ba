"""How often mining succeeds and what it costs, what chance gives, and what the mined points are."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.ndimage import map_coordinates

from prospect import store
from prospect.losses import Grid
from prospect.patterns import LOW, Pattern
from prospect.tables import share

ALONG = 101  # points of the straight way from the center to a mined point
SOLVED, GAP = 0.9, 0.05  # accuracy of a solution, and how much less it may be on test samples
SUCCESS = ["kind", "name", "directions", "center", "network", "runs", "found", "share"]
SUCCESS += ["share_low", "share_high", "found_on_test", "reached", "restarted", "gradients"]
SUCCESS += ["gradients_most", "low_loss", "high_loss", "overlap", "overlap_least"]
SUCCESS += ["overlap_on_test", "confidence"]
CHANCE = ["kind", "shape", "center", "network", "source", "count", "found"]
CHANCE += ["share", "share_low", "share_high"]
POINTS = ["network", "seed", "kind", "name", "center", "found", "threshold", "alpha", "beta"]
POINTS += ["loss", "accuracy", "test_loss", "test_accuracy", "distance", "relative_distance"]
POINTS += ["barrier", "center_accuracy", "center_test_accuracy"]
SOURCES = {
    "noise": "random directions",
    "hessian": "Hessian eigenvectors",
    "to": "differences between models",
    "sign": "signs of the weights",
    "gradient": "the gradient",
    "mined noise": "one mined and one random direction",
}


def success_table(shapes: pd.DataFrame) -> pd.DataFrame:
    """Return a row for every mined curve or surface and network: how often found, at what cost.

    `runs` counts the seeds, each its own network and its own mining. ``gradients`` are gradient
    evaluations of 128 samples, of all attempts; medians are over the runs.
    """
    mined = shapes[shapes["source"].str.contains("mined")]
    rows = []
    names = ["kind", "name", "directions", "center", "network"]
    for group, runs in mined.groupby(names, sort=False):
        judged = runs[runs["found"].notna()]
        found, tested = judged["found"].astype(bool), judged["test_found"].dropna().astype(bool)
        rows.append(
            dict(zip(names, group, strict=True))
            | {"runs": len(judged), "found": int(found.sum())}
            | (share(int(found.sum()), len(judged)) if len(judged) else {})
            | {
                "found_on_test": int(tested.sum()) if len(tested) else pd.NA,
                "reached": int((runs["mining"] == "reached").sum()),
                "restarted": int((runs["attempts"] > 1).sum()),
                "gradients": runs["gradients"].median(),
                "gradients_most": runs["gradients"].max(),
                "low_loss": runs["low_loss"].median(),
                "high_loss": runs["high_loss"].median(),
                "overlap": runs["overlap"].median(),
                "overlap_least": runs["overlap"].min(),
                "overlap_on_test": runs["test_overlap"].median(),
                "confidence": runs["confidence"].median(),
            }
        )
    return pd.DataFrame(rows, columns=SUCCESS)


def chance_table(shapes: pd.DataFrame) -> pd.DataFrame:
    """Return how often every other kind of directions gives each shape that was mined.

    A row for every shape, its center, network and source: ``noise`` (random), ``hessian``
    (eigenvectors), ``to`` (differences), … At that center a curve or surface of any name counts,
    also where the window cuts it off; populations count by their curves.
    """
    asked = ["kind", "wanted", "center"]
    wanted = shapes[(shapes["wanted"] != "") & shapes["source"].str.contains("mined")]
    rows = []
    for kind, shape, center in wanted[asked].drop_duplicates().itertuples(index=False):
        kinds = [kind, "population"] if kind == "curve" else [kind]
        others = shapes[shapes["kind"].isin(kinds) & (shapes["center"] == center)]
        others = others[others["source"] != "mined"]
        for (network, source), seen in others.groupby(["network", "source"], sort=False):
            weight = seen["curves"].fillna(1) * seen["share"].fillna(1)
            count = round(weight.sum())
            found = round(weight[seen["shape"] == shape].sum())
            rows.append(
                {"kind": kind, "shape": shape, "center": center, "network": network}
                | {"source": source, "count": count, "found": found}
                | share(found, count)
            )
    return pd.DataFrame(rows, columns=CHANCE)


def points_table(shapes: pd.DataFrame, patterns: dict[str, Pattern]) -> pd.DataFrame:
    """Return a row for every low point of every mined pattern: whether it is a solution too.

    A point is the grid point next to a low cell inside the window, the center's aside, each once.
    ``distance`` from the center in units of weights, and as a fraction of ‖θ‖; ``barrier``, the
    highest loss on the straight way from the center, above the higher of its two ends, in nats,
    infinite where the loss is not finite on the way (our definition).
    """
    rows: list[dict] = []
    for _, row in shapes[(shapes["pattern"] != "") & (shapes["test_file"] != "")].iterrows():
        pattern = patterns[row["pattern"]]
        grid, test = store.read_grid(row["file"]), store.read_grid(row["test_file"])
        if pattern.dimensions != len(grid.axes):
            continue  # one direction of a plane
        names = ("network", "seed", "kind", "name", "center", "found", "threshold")
        model = {name: row[name] for name in names}
        center = {
            "center_accuracy": grid.losses.center_accuracy,
            "center_test_accuracy": test.losses.center_accuracy,
        }
        rows += [model | point | center for point in _low_points(pattern, grid, test)]
    return pd.DataFrame(rows, columns=POINTS)


def _low_points(pattern: Pattern, grid: Grid, test: Grid) -> Iterator[dict]:
    axes, norms = list(grid.axes.values()), np.array(grid.attrs["direction_norms"])
    window = np.array([axis[-1] for axis in axes])
    drawn = pattern.without_center().points(LOW)
    seen = drawn[np.all(np.abs(drawn) <= window + 1e-9, axis=1)]
    for at in dict.fromkeys(_nearest(grid, point) for point in seen):
        there = np.array([axis[i] for axis, i in zip(axes, at, strict=True)])
        if np.abs(there).max() < 1e-9:
            continue
        distance = float(np.linalg.norm(there * norms))
        yield {
            "alpha": there[0],
            "beta": there[1] if len(there) > 1 else np.nan,
            "loss": grid.losses.loss[at],
            "accuracy": grid.losses.accuracy[at],
            "test_loss": test.losses.loss[at],
            "test_accuracy": test.losses.accuracy[at],
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
    loss = np.where(np.isfinite(grid.losses.loss), grid.losses.loss, np.inf)
    loss = map_coordinates(loss, way, order=1)
    loss[0] = grid.losses.center_loss
    if np.isnan(loss).any():  # between points of which one is infinite
        return np.inf
    return float(loss.max() - max(loss[0], loss[-1]))


def findings(success: pd.DataFrame, chance: pd.DataFrame, points: pd.DataFrame) -> list[str]:
    """Say what mining found, a sentence with its numbers each."""
    sentences = []
    for row in success[success["runs"] > 0].itertuples():
        test = "" if pd.isna(row.found_on_test) else f", {row.found_on_test} on the test samples"
        sentences.append(
            f"{row.name}, {row.network}: found in {row.found} of {row.runs} runs (95 % interval "
            f"{row.share_low:.0%} to {row.share_high:.0%}){test}, for {row.gradients:.0f} gradient "
            f"evaluations of 128 samples (median; at most {row.gradients_most:.0f})."
        )
    for (_, shape, center), rows in chance.groupby(["kind", "shape", "center"], sort=False):
        parts = [
            f"{of['found'].sum()} of {of['count'].sum()} along {SOURCES.get(source, source)}"
            for source, of in rows.groupby("source", sort=False)
        ]
        sentences.append(f"{shape} at {center} without mining the whole: {', '.join(parts)}.")
    basins = points[points["barrier"] > points["threshold"]]
    if len(basins):
        sentences.append(
            f"{len(basins)} of {len(points)} mined low points lie behind a barrier higher than τ "
            f"(median {basins['barrier'].median():.2g} nats), at a median distance of "
            f"{basins['relative_distance'].median():.1f} ‖θ‖; their accuracy is "
            f"{basins['accuracy'].median():.1%} on the training and "
            f"{basins['test_accuracy'].median():.1%} on the test samples: {_reading(basins)}."
        )
    return sentences


def _reading(points: pd.DataFrame) -> str:
    """Say whether mined points are solutions, and as good on samples they have not seen."""
    seen, unseen = points["accuracy"].median(), points["test_accuracy"].median()
    if seen < SOLVED:
        return "no solutions, only lower than their surroundings"
    if seen - unseen > GAP:
        return "solutions of the training samples that do not carry over to others"
    return "other solutions, which carry over to samples they have not seen"
