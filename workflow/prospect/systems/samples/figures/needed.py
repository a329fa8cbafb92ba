"""Figure of how many samples the study's curves and surfaces need."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prospect.drawing import marks
from prospect.drawing.style import GREY, INK, PAGE

ACROSS, MOST = 4, 8  # curves that are drawn in a row, and in all


def needed(rows: pd.DataFrame, sizes: pd.DataFrame, curves: pd.DataFrame, style: dict) -> Figure:
    """Draw errors by size, what is needed, and curves with the errors of subsets as bands.

    The tables are those of `items.measure`, of all models. Curves are those of the first seed.
    """
    shown = curves[curves["seed"] == rows["seed"].iloc[0]] if len(curves) else curves
    drawn = (
        list(shown.groupby(["network", "seed", "item"], sort=False))[:MOST] if len(shown) else []
    )
    heights = [2.4] + [1.7 * -(-len(drawn) // ACROSS)] * bool(drawn)
    figure = plt.figure(figsize=(PAGE, sum(heights) + 0.5), layout="constrained")
    parts = figure.subfigures(len(heights), 1, squeeze=False, height_ratios=heights).ravel()
    left, right = parts[0].subplots(1, 2)
    _errors(left, right, rows, sizes)
    for part in parts[1:]:
        axes = part.subplots(-(-len(drawn) // ACROSS), ACROSS, squeeze=False).ravel()
        for axis in axes[len(drawn) :]:
            axis.set_axis_off()
        for axis, (names, curve) in zip(axes, drawn, strict=False):
            own = rows[(rows[["network", "seed", "item"]] == list(names)).all(axis=1)]
            _bands(axis, curve, own.iloc[0])
        axes[0].set_ylabel("loss [nats]")
    first, second = sns.color_palette()[:2]
    accuracy, pilot = rows["accuracy"].iloc[0], rows["pilot_samples"].iloc[0]
    handles = [
        mpl.patches.Patch(
            color=first, alpha=0.5, label=f"as many as needed for {100 * accuracy:g} %"
        ),
        mpl.patches.Patch(color=second, alpha=0.5, label=f"{pilot} samples"),
    ]
    figure.legend(handles=handles, loc="outside upper right", ncols=2)
    text = (
        "errors: root mean squares over random subsets (dots: measured, lines: formula), means and "
        "95 % intervals over seeds ({each}); bands: two standard errors of a subset about the mean "
        "of all"
    )
    marks.footnote(figure, text, rows, style)
    sns.despine(figure)
    return figure


def _errors(axis: Axes, right: Axes, rows: pd.DataFrame, sizes: pd.DataFrame) -> None:
    """Draw errors by size on the one panel, and the samples that are needed on the other."""
    keys = ["network", "kind", "item"]
    several = rows["network"].nunique() > 1
    names: list[str] = []
    groups = list(rows.groupby(keys, sort=False))
    for color, (name, own) in zip(sns.color_palette("husl", len(groups)), groups, strict=True):
        of_item = sizes[(sizes[keys] == list(name)).all(axis=1)]
        marks.band(axis, of_item, "k", "error", log=True, color=color, lw=0, marker="o", ms=3)
        formula = of_item.groupby("k")["expected"].agg(lambda x: np.exp(np.log(x).mean()))
        axis.plot(formula.index, formula, color=color, lw=0.9)
        row = len(names)
        for column, aside, filled in (("needed", 0, color), ("pilot", 0.2, "none")):
            found = marks.mean_over_units(own[column], log=True)
            marks.dot(right, found, row + aside, color=color, mfc=filled, ms=3.5)
        names.append((f"{name[0]}, " if several else "") + f"{name[1]} {name[2]}")
    axis.axhline(rows["accuracy"].iloc[0], color=GREY, lw=0.6, ls=":")
    axis.set(xscale="log", yscale="log", xlabel="samples k", ylabel="error / range of the loss")
    marks.rows_of(right, names)
    n = rows["samples"].max()
    right.axvline(n, color=GREY, lw=0.6, ls=":")
    right.set_xscale("log")
    right.set_xlabel(f"samples needed of n = {n:,} (open: as pilots say)")


def _bands(axis: Axes, curve: pd.DataFrame, row: pd.Series) -> None:
    """Draw a curve with two standard errors of subsets of the size needed, and of the pilot's."""
    n = row["samples"]
    for k, color in zip(
        (row["pilot_samples"], row["needed"]), sns.color_palette()[1::-1], strict=True
    ):
        error = 2 * curve["deviation"] * np.sqrt((n - k) / (k * (n - 1)))
        low = np.maximum(curve["loss"] - error, 0)
        axis.fill_between(curve["alpha"], low, curve["loss"] + error, color=color, alpha=0.4, lw=0)
    axis.plot(curve["alpha"], curve["loss"], color=INK, lw=0.9)
    axis.set_title(f"{row['network']}, {row['item']}: {row['needed']:,}", size="small")
    axis.set_xlabel("α")
