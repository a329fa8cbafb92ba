"""Curves and surfaces of one model, from files to files."""

from prospect.base.resume import Partial
from prospect.landscape import adaptive, coordinates
from prospect.landscape.evaluate import evaluate, keeping, known_of
from prospect.landscape.landscapes import Landscape
from prospect.records import grids
from prospect.records.grids import Grid


def evaluate_grid(landscape: Landscape, item: dict, output: str, partial: Partial) -> None:
    """Evaluate a curve or surface and write its file, going on where an earlier run stopped.

    `item` holds ``center``, ``directions`` (one or two names), ``window``, ``points`` and, for a
    surface, ``tolerance``.
    """
    theta = landscape.go_to(item["center"])
    along, hashes, norms = landscape.along(item, theta)
    axis = coordinates.axis(item["window"], item["points"])
    axes = dict.fromkeys(("alpha", "beta")[: len(along)], axis)
    attrs = landscape.attrs(item, theta) | {
        "directions": item["directions"],
        "direction_sha256": hashes,
        "direction_norms": norms,
    }
    where, places = (landscape.objective, theta, along), list(axes.values())
    if "tolerance" in item:
        values = adaptive.surface(*where, places, item["tolerance"], partial=partial, what=output)
    else:
        known, keep = known_of(partial.load()), keeping(partial)
        points = coordinates.product(*places)
        values = evaluate(*where, points, known=known, keep=keep, what=output)
    grids.write(output, Grid(axes, values.reshape(*map(len, places)), attrs))
