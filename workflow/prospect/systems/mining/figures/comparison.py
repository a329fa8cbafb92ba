"""One surface of several networks and seeds, side by side with the same colours."""

import json

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from prospect.drawing.panels import contour_panel, footnote, is_log, limits_of, loss_label
from prospect.drawing.style import GREY, PAGE
from prospect.records.grids import Grid
from prospect.systems.mining.figures.titles import narrow, title_of


def comparison(items: list[tuple[pd.Series, Grid]], style: dict) -> Figure:
    """Draw the contours of a surface of all models, each with its row of the table of shapes.

    A row a network and a column a seed; an axis shows the widest window.
    """
    networks = list(dict.fromkeys(row["network"] for row, _ in items))
    seeds = list(dict.fromkeys(row["seed"] for row, _ in items))
    grids = [grid for _, grid in items]
    log = is_log(grids)
    limits = limits_of(grids, log)
    side = PAGE / max(3, len(seeds))
    figure, axes = plt.subplots(
        len(networks), len(seeds), figsize=(side * len(seeds) + 1, (side + 0.35) * len(networks)),
        squeeze=False, sharex=True, sharey=True, layout="constrained",
    )  # fmt: skip
    for axis in axes.ravel():
        axis.set_axis_off()
    for row, grid in items:
        axis = axes[networks.index(row["network"]), seeds.index(row["seed"])]
        axis.set_axis_on()
        basins = json.loads(row["basin_points"])
        mesh = contour_panel(axis, grid, log, style, basins=basins, limits=limits)
        title = f"{row['network']}, seed {row['seed']}:\n{narrow(title_of(row))}"
        axis.set_title(title, size=style["size"] - 1)
    window = max(grid.axes["alpha"][-1] for grid in grids)
    axes[0, 0].set(xlim=(-window, window), ylim=(-window, window))
    unit = grids[0].attrs["loss_unit"]
    figure.colorbar(mesh, ax=axes, label=loss_label(log, unit), shrink=0.8)
    one, two = grids[0].attrs["directions"]
    figure.supylabel(f"β [{two}]", size=style["size"])
    figure.supxlabel(f"α [{one}]; {footnote(grids)}", size=style["size"] - 2, color=GREY)
    return figure
