"""The two sides of many directions at one center (arXiv:2405.12489), from files to files."""

from collections.abc import Mapping

import numpy as np
from torch import Tensor

from prospect.base.progress import track
from prospect.base.resume import Partial
from prospect.landscape import coordinates
from prospect.landscape.asymmetry import asymmetry
from prospect.landscape.compare import similarity
from prospect.landscape.landscapes import Landscape
from prospect.landscape.populations import curves_along, kept_curves
from prospect.records.grids import Grid
from prospect.records.losses import Losses
from prospect.systems.valleys.kinds import Kind, Place, drawn, groups_of, kinds

RADII = (0.2, 1.0, 2.0)  # where the sides are compared, in units of ‖θ‖, as far as the window goes


def measure(
    landscape: Landscape, center: str, start: Tensor, options: Mapping, partial: Partial
) -> tuple[Grid, list[dict]]:
    """Evaluate the curves of all kinds of directions at a center, and compare their sides.

    `start` (P,) is where training started; `options` are the config's ``asymmetry``. Returns the
    curves, one after the other, of which ``kinds`` of the file's item says which they are, and a
    row a direction and radius: ``family``, ``name``, ``signs``, ``draw``; ``sign_consistency``,
    ``overlap`` and ``distance`` with θ; ``rise_plus`` and ``rise_minus`` (loss at ± radius less
    that at 0, in nats); ``error_plus`` and ``error_minus`` (means over each side up to the radius);
    and what `landscape.asymmetry` says.
    """
    theta, objective = landscape.go_to(center), landscape.objective
    place = Place(theta, start, objective.flat.blocks, landscape.model["seed"])
    groups = groups_of(objective.flat.module, options["groups"])
    wanted = kinds(options, groups, last=center == options["centers"][-1])
    alpha = coordinates.axis(options["window"], options["points"])
    labels = [(kind, n) for kind in wanted for n in range(_count(kind, options["count"]))]
    vectors = (vector for kind in wanted for vector in drawn(kind, place, options["count"]))
    values, rows = kept_curves(partial, len(labels), alpha), []
    curves = curves_along(objective, theta, vectors, alpha, values, partial)
    work = track(zip(labels, curves, strict=True), center, total=len(labels))
    for (kind, draw), (vector, curve) in work:
        named = {"family": kind.family, "name": kind.name, "signs": kind.signs, "draw": draw}
        named |= similarity(vector, theta)._asdict()
        rows += [named | row for row in sides(alpha, curve, values.center_loss)]
    axes = {"direction": np.arange(len(labels)), "alpha": alpha}
    counted = [[*kind[:3], _count(kind, options["count"])] for kind in wanted]
    attrs = landscape.attrs({"center": center, "kinds": counted, **options}, theta)
    return Grid(axes, values.reshape(len(labels), len(alpha)), attrs), rows


def _count(kind: Kind, count: int) -> int:
    return 1 if kind.family == "special" else count


def sides(alpha: np.ndarray, curve: Losses, center_loss: float) -> list[dict]:
    """Compare the two sides of a curve: a row a radius."""
    rows = []
    for radius in (radius for radius in RADII if radius <= alpha[-1] + 1e-9):
        near = np.abs(alpha) <= radius + 1e-9
        errors = [1 - curve.accuracy[near & side] for side in (alpha >= 0, alpha <= 0)]
        ends = [float(np.interp(at, alpha, curve.loss)) - center_loss for at in (radius, -radius)]
        rows.append(
            {"radius": radius, "loss_center": center_loss}
            | {"rise_plus": ends[0], "rise_minus": ends[1]}
            | {"error_plus": errors[0].mean(), "error_minus": errors[1].mean()}
            | asymmetry(alpha, curve.loss, curve.accuracy, center_loss, radius)
        )
    return rows
