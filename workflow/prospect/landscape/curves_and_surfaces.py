"""Curves and surfaces of one model, from files to files."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from torch import Tensor

from prospect.base.resume import Partial
from prospect.landscape import adaptive, coordinates
from prospect.landscape.evaluate import evaluate, keeping, known_of
from prospect.landscape.landscapes import Landscape
from prospect.records import grids, shards
from prospect.records.grids import Grid
from prospect.records.hdf5 import Center
from prospect.records.losses import Losses


class _Plan(NamedTuple):
    """Where a curve or surface is evaluated: center, θ (P,), directions (D, P), axes, origin."""

    center: Center
    theta: Tensor
    along: Tensor
    axes: dict[str, np.ndarray]
    attrs: dict


def evaluate_grid(
    landscape: Landscape, item: dict, output: str, partial: Partial, files: Sequence[str] = ()
) -> None:
    """Evaluate a curve or surface and write its file, going on where an earlier run stopped.

    `item` holds ``center``, ``directions`` (one or two names), ``window``, ``points`` and, for a
    surface, ``tolerance`` and ``arithmetic``. Where there are `files` of shards they have all
    values.
    """
    plan = _plan(landscape, item)
    places = list(plan.axes.values())
    if files:
        values = shards.read(files, plan.center)
    elif "tolerance" in item:
        where = landscape.objective, plan.theta, plan.along, places
        how = item["tolerance"], item["arithmetic"]
        values = adaptive.surface(*where, *how, partial=partial, what=output)
    else:
        values = _values(landscape, plan, coordinates.product(*places), output, partial)
    grids.write(output, Grid(plan.axes, values.reshape(*map(len, places)), plan.attrs))


def evaluate_shard(
    landscape: Landscape, item: dict, output: str, partial: Partial, shard: int, count: int
) -> None:
    """Evaluate one of `count` shards of a surface and write its file; `item` as above."""
    plan = _plan(landscape, item)
    points = coordinates.product(*plan.axes.values())
    points = points[shards.block(len(points), shard, count)]
    values = _values(landscape, plan, points, output, partial)
    shards.write(output, values, plan.attrs)


def _values(
    landscape: Landscape, plan: _Plan, points: np.ndarray, output: str, partial: Partial
) -> Losses:
    """Evaluate points (G, D), but for those that an earlier run has kept."""
    where, known = (landscape.objective, plan.theta, plan.along), known_of(partial.load())
    return evaluate(*where, points, known=known, keep=keeping(partial), what=output)


def _plan(landscape: Landscape, item: dict) -> _Plan:
    """Read center and directions of a curve or surface."""
    theta = landscape.go_to(item["center"])
    along, hashes, norms = landscape.along(item, theta)
    axis = coordinates.axis(item["window"], item["points"])
    axes = dict.fromkeys(("alpha", "beta")[: len(along)], axis)
    attrs = landscape.attrs(item, theta) | {
        "directions": item["directions"],
        "direction_sha256": hashes,
        "direction_norms": norms,
    }
    return _Plan(landscape.place(item["center"], theta), theta, along, axes, attrs)
