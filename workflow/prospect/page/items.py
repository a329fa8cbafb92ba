"""Curves, surfaces and populations as the page shows them."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from prospect.landscape.scale import wants_log
from prospect.page.panels import Known
from prospect.records import grids
from prospect.records.grids import Grid
from prospect.study import paths

QUANTILES = (5, 25, 50, 75, 95)  # percent, of a population's curves
ORIGIN = ("network", "seed", "center", "dataset", "split", "samples", "batchnorm", "nonfinite")


def items(files: Iterable[str], known: Mapping[str, Known]) -> list[dict]:
    """Return all that is shown of grids, a dict each; `known` says by file what systems know."""
    return [
        item(path, grids.read(path)) | known.get(path, Known()).said() for path in sorted(files)
    ]


def item(path: str, grid: Grid) -> dict:
    """Return what is shown of one grid: where it comes from, its axes (K,), (M,) and values.

    Losses (K[, M]) in nats; ``log`` says whether they want a logarithmic scale (`landscape.scale`).
    Of a population (directions, K), also its ``quantiles`` (5, K).
    """
    kind, name = paths.item_of(path)
    values, attrs = grid.values, grid.attrs
    found: dict[str, Any] = {
        "kind": kind,
        "name": name,
        "file": path,
        **{key: attrs[key] for key in ORIGIN},
        "directions": attrs.get("directions", []),
        "norms": attrs.get("direction_norms", []),
        **{axis: grid.axes[axis] for axis in ("alpha", "beta") if axis in grid.axes},
        "loss": values.loss,
        "accuracy": values.accuracy,
        "center_loss": values.center_loss,
        "center_accuracy": values.center_accuracy,
        "error": values.error_estimate,
        "points": values.loss.size,
        "known_points": int(values.evaluated.sum()),
        "log": wants_log(values.loss),
    }
    if kind == "surface":
        found["evaluated"] = values.evaluated
    if kind == "population":
        found["quantiles"] = np.nanpercentile(values.loss, QUANTILES, axis=0)
    return found
