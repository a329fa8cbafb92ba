"""How many samples the curves and surfaces of one model need, from files to tables."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from torch import Tensor

from prospect.landscape import coordinates
from prospect.landscape.landscapes import Landscape
from prospect.study import paths
from prospect.systems.samples import grids
from prospect.systems.samples.convergence import of_plane
from prospect.systems.samples.needed import needed
from prospect.systems.samples.orders import orders

SIZES, FEWEST = 8, 10  # of which the error is measured, evenly spaced on a logarithmic scale


def measure(landscape: Landscape, own: Mapping, key: str) -> list[pd.DataFrame]:
    """Take the losses of every sample along a curve or surface of a model, by its key.

    `own` holds ``accuracy``, ``pilot``, ``orders`` and ``points`` (the most along an axis). Returns
    a row that says what `needed.needed` says; a row a size ``k``, the root mean square ``error``
    and what is ``expected`` of it as fractions of the range; and for a curve a row a point:
    ``alpha``, ``loss`` and ``deviation`` (σ_g), in nats.
    """
    item, (kind, name) = landscape.params["items"][key], paths.item_of(key)
    named = {word: landscape.model[word] for word in ("network", "seed")}
    named |= {"item": name, "kind": kind, "center": item["center"]}
    points, losses = _losses(landscape, item, own["points"])
    drawn = orders(own["orders"], losses.shape[1], landscape.model["seed"], "needed")
    found = needed(losses, drawn, own["accuracy"], own["pilot"])
    errors, exact = _errors(losses, drawn, found["range"]), losses.double()
    curve = {"alpha": points[:, 0], "loss": exact.mean(1), "deviation": exact.std(1, correction=0)}
    tables = pd.DataFrame([found]), errors, pd.DataFrame(curve if kind == "curve" else {})
    return [table.assign(**named) for table in tables]


def _losses(landscape: Landscape, item: dict, most: int) -> tuple[np.ndarray, Tensor]:
    """Return points (G, D) of a curve or surface, and the losses (G, N) of all samples there."""
    theta = landscape.go_to(item["center"])
    along, _, _ = landscape.along(item, theta)
    axis = coordinates.axis(item["window"], min(most, item["points"]))
    points = coordinates.product(*[axis] * len(along))
    return grids.sample_losses(landscape.objective, theta, along, points)


def _errors(losses: Tensor, drawn: Tensor, reach: float) -> pd.DataFrame:
    """Return measured and expected errors of losses (G, N) in random orders (O, N), by size."""
    n = losses.shape[1]
    sizes = np.unique(np.geomspace(min(FEWEST, n // 2), n - 1, SIZES).round().astype(int))
    found = of_plane(losses, drawn, sizes.tolist())
    error, expected = (np.sqrt(found[name]) / reach for name in ("measured", "expected"))
    return pd.DataFrame({"k": sizes, "error": error, "expected": expected})
