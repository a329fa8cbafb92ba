"""Figures of curves, surfaces and populations."""

import itertools
import json

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from prospect.drawing.panels import (
    contour_panel,
    curve_panel,
    footnote,
    is_log,
    limits_of,
    loss_label,
    mark_lost,
    surface_panel,
    with_margin,
)
from prospect.drawing.style import GREY, INK, PAGE
from prospect.landscape.scale import floored
from prospect.records.grids import Grid
from prospect.systems.mining.figures.titles import learned_nothing, narrow, title_of, where_of


def curves(
    items: list[tuple[pd.Series, Grid]], style: dict, together: list[Grid] | None = None
) -> Figure:
    """Draw the curves of one model side by side, each with its row of the table of shapes.

    The axis of the loss has room for all that are compared `together`.
    """
    figure, axes = plt.subplots(
        1, len(items), figsize=(max(PAGE, 1.5 * len(items)), 2.0), sharey=True, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    log = is_log(together or [grid for _, grid in items])
    for number, (axis, (row, grid)) in enumerate(zip(axes[0], items, strict=True)):
        twin = _curve(axis, row, grid, log)
        axis.set_xlabel(f"α [ε], ‖ε‖ = {grid.attrs['direction_norms'][0]:.1f}")
        last = number == len(items) - 1
        twin.tick_params(right=last, labelright=last)
        if last:
            metric = grid.attrs["metric"]
            twin.set_ylabel(f"{metric} (dashed)" if metric else "", color=GREY)
    axes[0, 0].set_ylabel(loss_label(log, grid.attrs["loss_unit"]))
    if together:
        axes[0, 0].set_ylim(with_margin(*limits_of(together, log), log))
    figure.supxlabel(footnote([grid for _, grid in items]), size=style["size"] - 2, color=GREY)
    return figure


def _curve(axis: Axes, row: pd.Series, grid: Grid, log: bool) -> Axes:
    """Draw a curve with the basins and barriers of its row; return the axis of the accuracy."""
    return curve_panel(
        axis,
        grid,
        log,
        title=narrow(title_of(row)),
        basins=json.loads(row["basin_points"]),
        barriers=json.loads(row["barrier_points"]),
    )


def surface(row: pd.Series, grid: Grid, style: dict, together: list[Grid] | None = None) -> Figure:
    """Draw a surface in 3D beside its contours, with center, basins and directions marked.

    Heights and colours have room for all surfaces that are compared `together`.
    """
    log = is_log(together or [grid])
    limits = limits_of(together, log) if together else None
    figure = plt.figure(figsize=(PAGE, 3.1), layout="constrained")
    left, right = figure.subfigures(1, 2, squeeze=False, width_ratios=(1, 1.05))[0]
    solid = left.add_subplot(projection="3d")
    surface_panel(solid, grid, log, style, labels=True, limits=limits)
    axis = right.add_subplot()
    basins = json.loads(row["basin_points"])
    mesh = contour_panel(axis, grid, log, style, basins=basins, limits=limits)
    names, norms = grid.attrs["directions"], grid.attrs["direction_norms"]
    axis.set(
        xlabel=f"α [{names[0]}, ‖ε‖ = {norms[0]:.1f}]", ylabel=f"β [{names[1]}, {norms[1]:.1f}]"
    )
    right.colorbar(mesh, ax=axis, label=loss_label(log, grid.attrs["loss_unit"]), shrink=0.9)
    where = where_of(row["center"], row["pattern"])
    title = f"{row['network']}, seed {row['seed']}, {where}: {title_of(row)}"
    figure.suptitle(title, size=style["size"] + 1)
    figure.supxlabel(footnote([grid]), size=style["size"] - 2, color=GREY)
    return figure


def atlas(models: dict[str, list[tuple[pd.Series, Grid]]], style: dict) -> Figure:
    """Draw all shapes of one model of every network on one page: curves above surfaces.

    Surfaces of the grammar are drawn in 3D, drawings from above.
    """
    kinds = ("curve", "surface")
    parts = {
        network: [[item for item in items if item[0]["kind"] == kind] for kind in kinds]
        for network, items in models.items()
    }
    columns = [max(len(part[number]) for part in parts.values()) for number in range(2)]
    figure = plt.figure(figsize=(max(PAGE, 1.45 * max(columns)), 2.95 * len(parts)))
    blocks = figure.subfigures(len(parts), 1, squeeze=False)[:, 0]
    for block, (network, (lines, planes)) in zip(blocks, parts.items(), strict=True):
        block.text(0.012, 0.985, network, size=style["size"] + 1, weight="bold", va="top")
        if lines:
            _curves_above(block, lines, columns[0])
        _surfaces_below(block, planes, max(columns[1], 1), style)
    return figure


def _curves_above(block: SubFigure, items: list[tuple[pd.Series, Grid]], columns: int) -> None:
    """Draw curves side by side in the upper part of a block."""
    log = is_log([grid for _, grid in items])
    axes = block.subplots(
        1, columns, sharey=True, squeeze=False,
        gridspec_kw={"top": 0.88, "bottom": 0.62, "left": 0.07, "right": 0.985},
    )[0]  # fmt: skip
    for axis in axes[len(items) :]:
        axis.set_axis_off()
    for axis, (row, grid) in zip(axes, items, strict=False):
        twin = _curve(axis, row, grid, log)
        twin.tick_params(right=False, labelright=False)
        axis.set_xlabel("α [ε]", labelpad=0)
    axes[0].set_ylabel(loss_label(log, grid.attrs["loss_unit"]).replace(", ", ",\n"))


def _surfaces_below(
    block: SubFigure, items: list[tuple[pd.Series, Grid]], columns: int, style: dict
) -> None:
    """Draw surfaces side by side in the lower part of a block."""
    places = block.add_gridspec(
        1, columns, top=0.42, bottom=0.02, left=0.02, right=0.98, wspace=0.08
    )
    for number, (row, grid) in enumerate(items):
        place = places[number]
        log, title = is_log([grid]), narrow(title_of(row))
        if row["wanted"]:
            solid = block.add_subplot(place, projection="3d")
            surface_panel(solid, grid, log, style, labels=False)
            solid.set_title(title, y=1.05)
        else:
            axis = block.add_subplot(place)
            contour_panel(axis, grid, log, style, basins=json.loads(row["basin_points"]))
            axis.set_axis_off()
            axis.set_title(title, y=1.0)


def population(
    grids: list[Grid],
    members: pd.DataFrame,
    bands: pd.DataFrame,
    shares: pd.DataFrame,
    style: dict,
) -> Figure:
    """Draw every population: all curves, quantile bands, and the share of each shape."""
    columns = min(2, len(grids))
    rows = -(-len(grids) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(PAGE / 2 * max(columns, 1.3), 2.2 * rows + 0.3), sharex=True,
        sharey="row", squeeze=False, layout="constrained",
    )  # fmt: skip
    log = is_log(grids)
    names = list(dict.fromkeys(shares["shape"]))
    colors = dict(zip(names, itertools.cycle(sns.color_palette()), strict=False))
    for axis, grid in itertools.zip_longest(axes.ravel(), grids):
        if grid is None:
            axis.set_axis_off()
            continue
        _members(axis, grid, _of_model(members, grid)["shape"], colors, log)
        _bands(axis, _of_model(bands, grid), log)
        axis.set_yscale("log" if log else "linear")
        _title(axis, grid, _of_model(shares, grid), colors, style)
        axis.margins(x=0)
    axes[0, 0].legend(loc="upper center", handlelength=1.8)
    for axis in axes.ravel()[max(0, len(grids) - columns) : len(grids)]:
        axis.set_xlabel("α [ε]")
        axis.tick_params(labelbottom=True)
    for axis in axes[:, 0]:
        axis.set_ylabel(loss_label(log, grids[0].attrs["loss_unit"]))
    figure.supxlabel(
        f"{len(grids[0].values.loss)} directions each; shares with their 95 % interval; "
        + footnote(grids),
        size=style["size"] - 2,
        color=GREY,
    )
    sns.despine(figure)
    return figure


def _members(axis: Axes, grid: Grid, shapes: pd.Series, colors: dict, log: bool) -> None:
    """Draw all curves of a population, those with a rare shape in front."""
    alpha, loss = grid.axes["alpha"], grid.values.loss
    usual = shapes.mode()[0]
    for curve, name in zip(floored(loss, log), shapes, strict=True):
        rare = name != usual
        axis.plot(
            alpha, curve, color=colors[name], lw=0.8 if rare else 0.4,
            alpha=0.9 if rare else 0.4, zorder=3 if rare else 1,
        )  # fmt: skip
    mark_lost(axis, alpha, loss.mean(axis=0))


def _bands(axis: Axes, bands: pd.DataFrame, log: bool) -> None:
    """Draw the quantiles of a population's curves."""
    alpha = bands["alpha"]
    loss = {p: floored(bands[f"loss_{p}"].to_numpy(), log) for p in (5, 25, 50, 75, 95)}
    for low, high, line in ((5, 95, ":"), (25, 75, "--")):
        for percent, text in ((low, f"{low} and {high} %"), (high, None)):
            axis.plot(alpha, loss[percent], color=INK, ls=line, lw=0.8, label=text, zorder=4)
    axis.fill_between(alpha, loss[25], loss[75], color=GREY, alpha=0.2, lw=0, zorder=2)
    axis.plot(alpha, loss[50], color=INK, label="median", zorder=5)


def _title(axis: Axes, grid: Grid, shares: pd.DataFrame, colors: dict, style: dict) -> None:
    """Name a population's model and, in its colour, each of its shapes with its share."""
    title = f"{grid.attrs['network']}, seed {grid.attrs['seed']}"
    title += ";\nlearned nothing" * any(learned_nothing(row) for _, row in shares.iterrows())
    axis.set_title(title, loc="left")
    for line, row in enumerate(reversed(list(shares.itertuples()))):
        axis.annotate(
            f"{row.share:.1%} {row.shape} [{row.share_low:.1%}, {row.share_high:.1%}]",
            (1, 1), xytext=(0, 3 + 1.2 * style["size"] * line), xycoords="axes fraction",
            textcoords="offset points", ha="right", size=style["size"] - 1,
            color=colors[row.shape],
        )  # fmt: skip


def _of_model(table: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    attrs = grid.attrs
    return table[(table["network"] == attrs["network"]) & (table["seed"] == attrs["seed"])]
