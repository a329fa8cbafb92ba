"""From a grid to its row in a table: the shape it has, and whether that is what was wanted."""

import json
import math
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from prospect.base import references
from prospect.base.intervals import wilson
from prospect.landscape.asymmetry import asymmetry
from prospect.landscape.kinds import noise_in_words
from prospect.landscape.patterns import HIGH, LOW, Pattern
from prospect.landscape.shapes import curves, persistence, surfaces
from prospect.records.grids import Grid

GRAMMARS = {"curve": curves.GRAMMAR, "surface": surfaces.GRAMMAR}


def threshold_of(grids: Iterable[Grid], options: Mapping) -> float:
    """Return the one threshold τ of a study: the largest that any of its grids asks for."""
    asked = [
        persistence.threshold(
            options["persistence"],
            grid.attrs["loss_scale"],
            options["z"],
            grid.values.difference_sem,
            grid.values.loss - grid.values.center_loss,
        )
        for grid in grids
    ]
    return max(asked, default=math.nan)


def name_grid(
    kind: str,
    name: str,
    grid: Grid,
    asked: dict,
    drawn: tuple[Pattern, float] | None,
    options: dict,
    tau: float,
) -> dict:
    """Return the row of a curve or surface, but for what is known of its mining.

    `asked` is what the study says of it; `drawn` its pattern and the ceiling that it was mined
    with, if it was mined as a whole; `options` the config's ``shapes``; `tau` the threshold.
    """
    axes, loss = list(grid.axes.values()), grid.values.loss
    shape: curves.CurveShape | surfaces.SurfaceShape
    row = origin_of(grid) | {
        "kind": kind,
        "name": name,
        "directions": " ".join(asked["directions"]),
        "source": asked["source"],
        "pattern": asked["pattern"] or "",
        "wanted": name if GRAMMARS[kind].fullmatch(name) else "",
    }
    if kind == "curve":
        shape = curves.name_curve(grid.axes["alpha"], loss, tau, grid.values.center_loss)
        row |= {
            "asymmetry": shape.asymmetry,
            "curvature": shape.second_difference,
            "barrier_points": json.dumps(shape.barriers),
        }
    else:
        shape = surfaces.name_surface(grid.axes["alpha"], grid.axes["beta"], loss, tau)
        row |= {"unresolved": shape.unresolved}
    row |= _numbers(shape) | {"basin_points": json.dumps(shape.basins)}
    pattern, ceiling = drawn or (None, np.nan)
    if pattern and pattern.dimensions == len(axes):
        if not references.is_mined_origin(asked["center"], pattern.name):
            pattern = pattern.without_center()  # the loss at 0 is what it is
        marks = pattern.nearest(*axes)
        row |= {
            "overlap": pattern.overlap(axes, loss, ceiling),
            "low_loss": np.nanmean(loss[marks == LOW]),
            "high_loss": np.nanmean(loss[marks == HIGH]),
        }
    return row | _verdict(row, options["overlap"])


def name_members(grid: Grid, population: str, tau: float) -> list[dict]:
    """Return a row for every curve of a population: its shape, and how its two sides differ.

    The sides are compared at α = ± 1, a direction's length, or at the window's end.
    """
    attrs, alpha = grid.attrs, grid.axes["alpha"]
    common = {name: attrs[name] for name in ("network", "seed", "center")}
    common |= {"population": population, "directions": noise_in_words(attrs["params"]["item"])}
    radius, rows = min(1.0, alpha[-1]), []
    for number, loss in enumerate(grid.values.loss):
        center, accuracy = grid.values.center_loss, grid.values.accuracy[number]
        shape = curves.name_curve(alpha, loss, tau, center)
        rows.append(
            common
            | {"direction": number, **_numbers(shape)}
            | {"asymmetry": shape.asymmetry, "curvature": shape.second_difference}
            | asymmetry(alpha, loss, accuracy, center, radius)
        )
    return rows


def origin_of(grid: Grid) -> dict:
    """Return what a row says of where its numbers come from."""
    attrs = grid.attrs
    return {
        "network": attrs["network"],
        "seed": attrs["seed"],
        "center": attrs["center"],
        "loss_center": grid.values.center_loss,
        "loss_unit": attrs["loss_unit"],
        "accuracy_center": grid.values.center_accuracy,
        "batchnorm": attrs["batchnorm"],
        "split": attrs["split"],
        "samples": attrs["samples"],
        "evaluated": int(grid.values.evaluated.sum()),
        "error_estimate": grid.values.error_estimate,
        "nonfinite": attrs["nonfinite"],
        "window": grid.axes["alpha"][-1],
    }


def learned(grid: Grid) -> bool:
    """Whether a grid's center does better than guessing.

    The loss is below its scale, which is ln C for C classes; then the accuracy must be above 1 / C
    too, with its 95 % Wilson interval (our definition).
    """
    attrs, values = grid.attrs, grid.values
    if values.center_loss >= attrs["loss_scale"]:
        return False
    if attrs["metric"] != "accuracy" or not attrs["classes"]:
        return True
    right = round(values.center_accuracy * attrs["samples"])
    return wilson(right, attrs["samples"]).low > 1 / attrs["classes"]


def _numbers(shape: curves.CurveShape | surfaces.SurfaceShape) -> dict:
    """Return what rows of all kinds say of a shape."""
    return {
        "shape": shape.name,
        "truncated": shape.truncated,
        "confidence": shape.confidence,
        "threshold": shape.threshold,
        "basins": len(shape.basins),
        "barrier": shape.barrier,
    }


def _verdict(row: dict, least_overlap: float) -> dict:
    """Say whether what was wanted is there, and if not, why."""
    reasons = []
    if row["wanted"]:
        if row["shape"] != row["wanted"]:
            reasons.append(f"the shape is {row['shape']}")
        if row["kind"] == "curve" and row["pattern"] and row["truncated"]:
            reasons.append("mined, but the window shows no wall")
    elif "overlap" in row:
        if row["overlap"] < least_overlap:
            reasons.append(f"overlap {row['overlap']:.3f} is below {least_overlap}")
    else:
        return {"found": pd.NA, "reason": ""}
    found = not reasons
    if row.get("unresolved"):
        reasons.append("unresolved: on every second point the name is another one")
    return {"found": found, "reason": "; ".join(reasons)}
