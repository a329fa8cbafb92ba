"""Populations: curves along many random directions at one center, from files to files."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from torch import Tensor

from prospect.base.progress import track
from prospect.base.resume import Partial
from prospect.landscape import coordinates, directions
from prospect.landscape.evaluate import evaluate, known_of
from prospect.landscape.landscapes import Landscape
from prospect.model.objective import Objective
from prospect.records import grids, shards
from prospect.records.grids import Grid
from prospect.records.losses import Losses


def evaluate_population(
    landscape: Landscape, item: dict, output: str, partial: Partial, files: Sequence[str] = ()
) -> None:
    """Evaluate curves along many random directions, each drawn from its number when needed.

    `item` holds ``center``, ``count``, ``points``, ``window`` and what `directions.random` wants.
    Populations of one noise draw the same numbers, so they can be compared direction by direction.
    Goes on where an earlier run stopped. Where there are `files` of shards they have all values.
    Raises ProspectError where a direction is zero.
    """
    theta, count = landscape.go_to(item["center"]), item["count"]
    alpha = coordinates.axis(item["window"], item["points"])
    if files:
        values = shards.read(files, landscape.place(item["center"], theta))
    else:
        name = f"populations.{Path(output).stem}"
        values = _curves(landscape, item, theta, range(count), name, partial)
    axes = {"direction": np.arange(count), "alpha": alpha}
    attrs = landscape.attrs(item, theta)
    grids.write(output, Grid(axes, values.reshape(count, len(alpha)), attrs))


def evaluate_shard(
    landscape: Landscape, item: dict, output: str, partial: Partial, shard: int, count: int
) -> None:
    """Evaluate one of `count` shards of a population and write its file; `item` as above."""
    theta = landscape.go_to(item["center"])
    numbers = range(item["count"])[shards.block(item["count"], shard, count)]
    name = f"populations.{Path(output).parent.name}"
    values = _curves(landscape, item, theta, numbers, name, partial)
    shards.write(output, values, landscape.attrs(item, theta))


def _curves(
    landscape: Landscape, item: dict, theta: Tensor, numbers: range, name: str, partial: Partial
) -> Losses:
    """Evaluate the curves of some numbers, but for what an earlier run has kept."""
    objective, seed = landscape.objective, landscape.model["seed"]
    alpha = coordinates.axis(item["window"], item["points"])
    values = kept_curves(partial, len(numbers), alpha)

    def drawn() -> Iterator[Tensor]:
        for number in numbers:
            vector = directions.random(
                item, theta, objective.flat.blocks, seed, "population", number
            )
            directions.check(vector, f"{name}: direction {number}", item, item["center"])
            yield vector

    curves = curves_along(objective, theta, drawn(), alpha, values, partial)
    for _ in track(curves, name, total=len(numbers)):
        pass
    return values


def kept_curves(partial: Partial, count: int, alpha: np.ndarray) -> Losses:
    """Return what an earlier run has kept of so many curves at α (K,), one after the other."""
    return known_of(partial.load()) or Losses.empty(count * len(alpha))


def curves_along(
    objective: Objective,
    theta: Tensor,
    vectors: Iterable[Tensor],
    alpha: np.ndarray,
    values: Losses,
    partial: Partial,
) -> Iterator[tuple[Tensor, Losses]]:
    """Evaluate a curve at α (K,) along each direction (P,); yield both, one after the other.

    `values` are those of `kept_curves`: what is known of them is not evaluated again, all else is
    put there, and kept in `partial`.
    """
    center = objective.sample_losses(theta.to(objective.flat.weights))
    values.center_loss, values.center_accuracy = center.means
    points = coordinates.product(alpha)

    def keep(_: Losses) -> None:
        partial.save(lambda: {"losses": values.state()})

    for number, vector in enumerate(vectors):
        curve = values.part(slice(number * len(alpha), (number + 1) * len(alpha)))
        if not curve.evaluated.all():
            where = objective, theta, vector[None], points
            evaluate(*where, center=center, known=curve, keep=keep, what=None)
        yield vector, curve
