"""Populations: curves along many random directions at one center, from files to files."""

from pathlib import Path

import numpy as np

from prospect.base.progress import track
from prospect.landscape import coordinates, directions
from prospect.landscape.evaluate import evaluate
from prospect.landscape.landscapes import Landscape
from prospect.records import grids
from prospect.records.grids import Grid
from prospect.records.losses import Losses


def evaluate_population(landscape: Landscape, item: dict, output: str) -> None:
    """Evaluate curves along many random directions, each drawn from its number when needed.

    `item` holds ``center``, ``count``, ``points``, ``window`` and what `directions.random` wants.
    Populations of one noise draw the same numbers, so they can be compared direction by direction.
    Goes on where an earlier run stopped. Raises ProspectError where a direction is zero.
    """
    theta, objective = landscape.go_to(item["center"]), landscape.objective
    alpha = coordinates.axis(item["window"], item["points"])
    points, shape = coordinates.product(alpha), (item["count"], len(alpha))
    attrs = landscape.attrs(item, theta)
    partial = landscape.partial(output, attrs, theta)
    values = (partial.load() or Losses.empty(item["count"] * len(alpha))).reshape(*shape)
    center = objective.sample_losses(theta.to(objective.flat.weights))
    seed, name = landscape.model["seed"], f"populations.{Path(output).stem}"
    for number in track(range(item["count"]), output):
        if values.evaluated[number].all():
            continue
        blocks = objective.flat.blocks
        vector = directions.random(item, theta, blocks, seed, "population", number)
        directions.check(vector, f"{name}: direction {number}", item, item["center"])
        curve = evaluate(objective, theta, vector[None], points, center=center, what=None)
        values.enter(number, curve)
        partial.save(values.reshape(-1))
    axes = {"direction": np.arange(item["count"]), "alpha": alpha}
    grids.write(output, Grid(axes, values, attrs))
    partial.done()
