"""Populations: curves along many random directions at one center, from files to files.

With a tolerance, those of large networks are evaluated in another arithmetic where that is as good
as exact along some of the directions.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from torch import Tensor

from prospect.base.progress import track
from prospect.base.resume import Partial
from prospect.landscape import coordinates, directions
from prospect.landscape.evaluate import evaluate, known_of, points_together
from prospect.landscape.landscapes import Landscape
from prospect.landscape.nearby import takes_long
from prospect.landscape.scale import on_scale, wants_log
from prospect.model.approximation import QUICK, arithmetics, in_arithmetic
from prospect.model.objective import Objective
from prospect.records import grids, shards
from prospect.records.grids import Grid
from prospect.records.losses import Losses

TRIED = 8, 5  # directions, and points of each, at which another arithmetic is compared with exact
MANY = 10  # times as many curves are worth a trial
TINY = 1e-30  # for the range of a curve that is flat


def evaluate_population(
    landscape: Landscape, item: dict, output: str, partial: Partial, files: Sequence[str] = ()
) -> None:
    """Evaluate curves along many random directions, each drawn from its number when needed.

    `item` holds ``center``, ``count``, ``points``, ``window``, ``tolerance``, ``arithmetic`` and
    what `directions.random` wants. Populations of one noise draw the same numbers, so they can be
    compared direction by direction. Goes on where an earlier run stopped. Where there are `files`
    of shards they have all values. Raises ProspectError where a direction is zero.
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

    def drawn(numbers: Iterable[int]) -> Iterator[Tensor]:
        for number in numbers:
            vector = directions.random(
                item, theta, objective.flat.blocks, seed, "population", number
            )
            directions.check(vector, f"{name}: direction {number}", item, item["center"])
            yield vector

    tried = range(0, item["count"], -(-item["count"] // TRIED[0]))
    quick, words, error = as_good(objective, theta, lambda: drawn(tried), alpha, item)
    values = kept_curves(partial, len(numbers), alpha)
    if values.approximation != words:  # kept where there was another arithmetic
        values = Losses.empty(len(numbers) * len(alpha))
    values.approximation, values.error_estimate = words, error
    curves = curves_along(quick, theta, drawn(numbers), alpha, values, partial)
    for _ in track(curves, name, total=len(numbers)):
        pass
    if words:
        values.center_loss, values.center_accuracy = objective.sample_losses(theta).means
        values.approximate = len(values.loss)
    return values


def as_good(
    objective: Objective,
    theta: Tensor,
    draw: Callable[[], Iterator[Tensor]],
    alpha: np.ndarray,
    item: dict,
) -> tuple[Objective, str, float]:
    """Return the objective in the quickest arithmetic whose losses are as good as exact ones.

    That is where at some points along the directions (P,) that `draw` yields they are apart by at
    most `QUICK` of the tolerance, as a fraction of the range along a direction. Also its name,
    empty where it is exact, and how far they are apart at most.
    """
    quick = arithmetics(objective, item["arithmetic"])[:-1]
    few = item["count"] < MANY * TRIED[0] or len(alpha) < TRIED[1]
    pays = item["tolerance"] and takes_long(objective) and points_together(objective) == 1
    if not quick or few or not pays:
        return objective, "", 0.0
    some = alpha[np.linspace(0, len(alpha) - 1, TRIED[1]).round().astype(int)]
    points = coordinates.product(some)

    def losses(objective: Objective) -> np.ndarray:
        where = ((objective, theta, vector[None], points) for vector in draw())
        return np.stack([evaluate(*here, what=None).loss for here in where])

    wanted = losses(objective)
    log = wants_log(wanted)
    for dtype in quick:
        other = in_arithmetic(objective, dtype)
        try:
            found = losses(other)
        except RuntimeError:  # not every layer can compute in bfloat16
            continue
        apart = np.abs(on_scale(found, log) - on_scale(wanted, log)).max(axis=1)
        ranges = np.ptp(on_scale(wanted, log), axis=1)
        error = float((apart / np.maximum(ranges, TINY)).max())
        if error <= QUICK * item["tolerance"]:
            return other, str(dtype).removeprefix("torch."), error
    return objective, "", 0.0


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
