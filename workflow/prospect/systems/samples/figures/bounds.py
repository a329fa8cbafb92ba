"""Figures of the ladder of bounds: its rungs, what its steps cost, where Theorem 1 is violated."""

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator, ScalarFormatter

from prospect.drawing import marks
from prospect.drawing.style import GREY, INK, PAGE
from prospect.systems.samples.figures.dead import dead_networks

RUNGS = {
    "norm": "‖H‖, measured",
    "sum": "‖G‖ + ‖S‖",
    "gauss_newton": "‖G‖",
    "own": "product, own λ(A)",
    "product": "product, ½",
    "theorem": "Theorem 1",
    "lemma": "Lemma 1",
}
STEPS = {
    "two_terms": "‖G‖ + ‖S‖ for ‖H‖",
    "functional_dropped": "S left out",
    "products": "products of norms",
    "softmax": "½ for λ(A)",
    "largest_norm": "one M for all layers",
    "entries": "largest entry for M",
}
STATES = ("initial", "trained")


def ladder(table: pd.DataFrame, style: dict) -> Figure:
    """Draw the median of every rung over depth and over width, at both states.

    `table` is that of `bounds.ladder_table`.
    """
    text = "medians over samples, then mean and 95 % interval over networks that are not dead"
    columns = {f"log_{rung}": name for rung, name in RUNGS.items()}
    return _over_both(table, columns, "log₁₀ of the bound", text, style)


def costs(table: pd.DataFrame, style: dict) -> Figure:
    """Draw by how many decades every step of the ladder rises, over depth and over width.

    `table` is that of `bounds.ladder_table`.
    """
    text = (
        "decades by which a step of the ladder rises, below 0 where it falls; medians over "
        "samples,\nthen mean and 95 % interval over networks that are not dead"
    )
    return _over_both(table, STEPS, "decades", text, style)


def _over_both(
    table: pd.DataFrame, columns: dict[str, str], label: str, text: str, style: dict
) -> Figure:
    """Draw columns over depth and over width, a row each; a column of panels a state."""
    table = table[(table["scale"] == 1)]
    live = table[~table["dead"]]
    figure, axes = plt.subplots(
        2, 2, figsize=(PAGE, 4.8), sharey="row", squeeze=False, layout="constrained"
    )
    looks = {column: _look(column, number) for number, column in enumerate(columns)}
    for row, (varied, fixed) in zip(axes, (("depth", "width"), ("width", "depth")), strict=True):
        at = _most_varied(live, varied, fixed)
        some = live[live[fixed] == at]
        for axis, state in zip(row, STATES, strict=True):
            own = some[some["state"] == state]
            for column, look in looks.items():
                marks.band(axis, own, varied, column, **look)
            axis.axhline(0, color=GREY, lw=0.6, ls=":", zorder=0)
            axis.set_title(f"{state}, {fixed} {at}")
            _whole_numbers(axis, sorted(set(some[varied])), varied)
        row[0].set_ylabel(label)
    handles = [
        marks.key(label=name, **look)
        for name, look in zip(columns.values(), looks.values(), strict=True)
    ]
    text += f"; {dead_networks(table)}"
    return marks.finished(figure, handles, text, table, style, ncols=4)


def _look(column: str, number: int) -> dict:
    """Return how a column is drawn: what is measured in ink, above what hardly differs from it."""
    if column == "log_norm":
        return {"color": INK, "ls": "--", "zorder": 5}
    return {"color": sns.color_palette()[number % 10], "marker": "o", "ms": 3}


def _most_varied(table: pd.DataFrame, varied: str, fixed: str) -> int:
    """Return the value of one size at which the other has the most."""
    sizes = sorted(set(table[fixed]))
    return max(sizes, key=lambda size: table.loc[table[fixed] == size, varied].nunique())


def _whole_numbers(axis: Axes, places: list[int], label: str) -> None:
    """Give an axis across ticks at the sizes that are there; a logarithmic one to widths."""
    if label == "width":
        axis.set_xscale("log")
    axis.set_xticks(places)
    axis.xaxis.set_major_formatter(ScalarFormatter())
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_xlabel(label)


def violation(table: pd.DataFrame, style: dict) -> Figure:
    """Draw the norm of the Hessian and of its Gauss-Newton term in units of Theorem 1 over scales.

    `table` is that of `bounds.ladder_table`; initialisations alone, those with several scales.
    """
    table = table[table["state"] == "initial"]
    table = table[table.groupby("network")["scale"].transform("nunique") > 1]
    panels = {"violation": "‖H‖ / Theorem 1", "violation_by_gauss_newton": "‖G‖ / Theorem 1"}
    figure, axes = plt.subplots(
        1, 2, figsize=(PAGE, 2.7), sharey=True, layout="constrained"
    )  # fmt: skip
    sizes = list(dict.fromkeys(zip(table["width"], table["depth"], strict=True)))
    colors = sns.color_palette(n_colors=len(sizes))
    for axis, (column, label) in zip(axes, panels.items(), strict=True):
        for color, (width, depth) in zip(colors, sizes, strict=True):
            own = table[(table["width"] == width) & (table["depth"] == depth)]
            marks.band(axis, own, "scale", column, log=True, color=color, marker="o", ms=3)
        axis.axhline(1, color=INK, lw=0.8, ls="--", zorder=0)
        axis.set(yscale="log", xlabel="scale of the initial weights", title=label)
        marks.logarithmic(axis)
    axes[0].set_ylabel("above 1: violated")
    handles = [
        marks.key(color=color, marker="o", ms=3, label=f"width {width}, depth {depth}")
        for color, (width, depth) in zip(colors, sizes, strict=True)
    ]
    text = "medians over samples, then geometric mean and 95 % interval over networks ({each})"
    return marks.finished(figure, handles, text, table, style, ncols=len(handles))
