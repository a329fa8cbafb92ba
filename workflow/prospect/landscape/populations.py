"""Populations: curves along many random directions at one center, from files to files."""

from pathlib import Path

import numpy as np

from prospect.base.progress import track
from prospect.base.resume import Partial
from prospect.landscape import coordinates, directions
from prospect.landscape.evaluate import evaluate, known_of
from prospect.landscape.landscapes import Landscape
from prospect.records import grids
from prospect.records.grids import Grid
from prospect.records.losses import Losses


def evaluate_population(landscape: Landscape, item: dict, output: str, partial: Partial) -> None:
    """Evaluate curves along many random directions, each drawn from its number when needed.

    `item` holds ``center``, ``count``, ``points``, ``window`` and what `directions.random` wants.
    Populations of one noise draw the same numbers, so they can be compared direction by direction.
    Goes on where an earlier run stopped. Raises ProspectError where a direction is zero.
    """
    theta, objective = landscape.go_to(item["center"]), landscape.objective
    alpha = coordinates.axis(item["window"], item["points"])
    points, attrs = coordinates.product(alpha), landscape.attrs(item, theta)
    values = known_of(partial.load()) or Losses.empty(item["count"] * len(alpha))
    center = objective.sample_losses(theta.to(objective.flat.weights))
    values.center_loss, values.center_accuracy = center.means
    seed, name = landscape.model["seed"], f"populations.{Path(output).stem}"

    def keep(_: Losses) -> None:
        partial.save(lambda: {"losses": values.state()})

    for number in track(range(item["count"]), output):
        curve = values.part(slice(number * len(alpha), (number + 1) * len(alpha)))
        if curve.evaluated.all():
            continue
        vector = directions.random(item, theta, objective.flat.blocks, seed, "population", number)
        directions.check(vector, f"{name}: direction {number}", item, item["center"])
        where = objective, theta, vector[None], points
        evaluate(*where, center=center, known=curve, keep=keep, what=None)
    axes = {"direction": np.arange(item["count"]), "alpha": alpha}
    grids.write(output, Grid(axes, values.reshape(item["count"], len(alpha)), attrs))
