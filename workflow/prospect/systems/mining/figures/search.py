"""Figures of the search: progress and success of mining."""

import itertools

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prospect.drawing.panels import loss_label
from prospect.drawing.style import GREY, INK, PAGE
from prospect.systems.mining.figures.titles import where_of
from prospect.systems.mining.units import GRADIENTS, UNIT


def mining(runs: list[tuple[dict, dict[str, np.ndarray]]], style: dict) -> Figure:
    """Draw the progress of mining: mean loss at low and at high points, by gradients computed.

    A panel for every pattern of every network. `runs` holds, for every mined pattern, its
    attributes and its table of progress.
    """
    panels: dict[tuple, list] = {}
    for attrs, progress in runs:
        place = attrs["network"], attrs["pattern"], attrs["center"]
        panels.setdefault(place, []).append((attrs, progress))
    columns = min(len(panels), 5)
    rows = -(-len(panels) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(PAGE, 1.6 * rows + 0.4), sharey=True, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    low_color, high_color = sns.color_palette()[:2]
    for axis in axes.flat[len(panels) :]:
        axis.set_axis_off()
    for axis, ((network, pattern, center), own) in zip(axes.flat, panels.items(), strict=False):
        _progress(axis, own, low_color, high_color)
        reached = sum(attrs["reached"] for attrs, _ in own)
        where = where_of(center, pattern)
        axis.set_title(f"{pattern}\n{network}, {where}\nreached by {reached} of {len(own)}")
    (attrs, _), *_ = own
    figure.supylabel(loss_label(True, attrs["loss_unit"]), size=style["size"])
    figure.supxlabel(GRADIENTS, size=style["size"])
    lines = [
        mpl.lines.Line2D([], [], color=low_color, label="low points"),
        mpl.lines.Line2D([], [], color=high_color, ls="--", label="high points"),
        mpl.lines.Line2D([], [], color=GREY, ls=":", lw=0.6, label="ceiling"),
    ]
    figure.legend(handles=lines, loc="outside upper center", ncols=3)
    sns.despine(figure)
    return figure


def _progress(axis: Axes, runs: list[tuple[dict, dict]], low_color, high_color) -> None:
    """Draw the progress of mining one pattern, a pair of lines a run."""
    for attrs, progress in runs:
        axis.plot(progress["gradients"], progress["low"], color=low_color, lw=1)
        axis.plot(progress["gradients"], progress["high"], color=high_color, lw=1, ls="--")
        axis.axhline(attrs["mining"]["ceiling"], color=GREY, lw=0.6, ls=":")
    axis.set(yscale="log", xlim=(0, None))
    axis.xaxis.set_major_locator(mpl.ticker.MaxNLocator(2))


def success(table: pd.DataFrame, style: dict) -> Figure:
    """Draw how often patterns were found, and what it took: a row a pattern, a colour a network.

    `table` is that of `success.success_table`.
    """
    names, networks = (list(dict.fromkeys(table[column])) for column in ("name", "network"))
    figure, axes = plt.subplots(
        1, 3, figsize=(PAGE, 0.24 * len(names) + 0.9), sharey=True, layout="constrained"
    )
    for offset, network, color in zip(
        np.linspace(-0.2, 0.2, len(networks)) if len(networks) > 1 else [0],
        networks, itertools.cycle(sns.color_palette()), strict=False,
    ):  # fmt: skip
        rows = table[table["network"] == network]
        height = np.array([names.index(name) for name in rows["name"]]) + offset
        marks = {"color": color, "ls": "none", "ms": 4, "lw": 1}
        _shares(axes[0], rows, height, network, marks)
        axes[1].plot(rows["gradients"], height, marker="o", **marks)
        axes[1].hlines(height, rows["gradients"], rows["gradients_most"], color=color, lw=1)
        axes[2].plot(rows["overlap"], height, marker="o", **marks)
        axes[2].hlines(height, rows["overlap_least"], rows["overlap"], color=color, lw=1)
    axes[0].set(xlim=(-0.03, 1.03), xlabel="share found, 95 % interval\n(bar: on test samples)")
    axes[1].set_xlabel(f"gradients of {UNIT} samples\n(median and most), log scale")
    _log_ticks(axes[1], wide=table["gradients_most"].max() > 20 * table["gradients"].min())
    axes[2].set(xlim=(None, 1.01), xlabel="overlap with the drawing\n(median and least)")
    axes[0].set_yticks(range(len(names)), names)
    axes[0].set_ylim(len(names) - 0.5, -0.5)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    sns.despine(figure)
    return figure


def _shares(axis: Axes, rows: pd.DataFrame, height: np.ndarray, label: str, marks: dict) -> None:
    """Draw the shares that one network found, with their intervals, and those on test samples."""
    reach = [rows["share"] - rows["share_low"], rows["share_high"] - rows["share"]]
    axis.errorbar(rows["share"], height, xerr=reach, marker="o", label=label, **marks)
    on_test = rows["found_on_test"] / rows["runs"]
    axis.plot(on_test, height, **marks | {"marker": "|", "ms": 7, "color": INK}, zorder=3)


def _log_ticks(axis: Axes, wide: bool) -> None:
    """Make the horizontal axis logarithmic, with plain numbers, and fewer where it is `wide`."""
    axis.set_xscale("log")
    axis.xaxis.set_major_locator(mpl.ticker.LogLocator(subs=(1, 3) if wide else (1, 2, 5)))
    axis.xaxis.set_major_formatter("{x:,.0f}")
    axis.xaxis.set_minor_locator(mpl.ticker.NullLocator())
