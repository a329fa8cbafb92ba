"""Figure of one more sample in a ball about a trained network, against the second-order bound."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prospect.drawing import marks
from prospect.drawing.style import GREY, INK, PAGE

TERMS = {
    "change": "measured",
    "value_term": "|a|, value term",
    "hessian_term": "‖d‖² ‖A‖₂, Hessian term",
    "gradient_term": "gᵀd, left out",
    "curvature_term": "½ dᵀAd",
}


def second_order(table: pd.DataFrame, style: dict) -> Figure:
    """Draw the terms by radius, where the bound holds, and the assumption's violation.

    A row a network. `table` is that of `second_order.second_order`.
    """
    networks = list(dict.fromkeys(table["network"]))
    sizes = sorted(table["k"].unique())
    middle = sizes[len(sizes) // 2]
    figure, axes = plt.subplots(
        len(networks), 3, figsize=(PAGE, 2.4 * len(networks) + 1.0), sharex=True, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    for line, network in zip(axes, networks, strict=True):
        own = table[table["network"] == network]
        _terms(line[0], own[own["k"] == middle])
        _holds(line[1], own)
        _violation(line[2], own)
        line[0].set_ylabel(f"{network}: (k + 1) × change [nats]")
    for axis in axes[-1]:
        axis.set_xlabel("‖d‖ / ‖θ*‖")
    axes[0, 0].set_title(f"k = {middle}, Gaussian d", size="small")
    axes[0, 1].set_title("the bound", size="small")
    axes[0, 2].set_title("the shared minimum", size="small")
    for axis in axes[0]:
        axis.legend(handlelength=1.5, labelspacing=0.2, fontsize="x-small")
    text = (
        "bands: 95 % intervals over networks ({each}); dotted on the left: where both terms of the "
        "bound are equal"
    )
    marks.footnote(figure, text, table, style)
    sns.despine(figure)
    return figure


def _terms(axis: Axes, rows: pd.DataFrame) -> None:
    """Draw what is measured and every term by radius, of one size."""
    for (column, text), color in zip(TERMS.items(), [INK, *sns.color_palette()], strict=False):
        width = 2.0 if column == "change" else 1.1
        marks.band(axis, rows, "radius", column, log=True, color=color, label=text, lw=width)
    axis.set(xscale="log", yscale="log")
    axis.axvline(rows["crossover"].mean(), color=GREY, lw=0.6, ls=":")


def _holds(axis: Axes, rows: pd.DataFrame) -> None:
    """Draw the share of cases in which the bound holds, by radius and size."""
    for k, color in _by_size(rows):
        of_size = rows[rows["k"] == k]
        marks.band(axis, of_size, "radius", "holds_along_gradient", color=color, ls="--")
        marks.band(axis, of_size, "radius", "holds", color=color)
    axis.plot([], [], color=INK, label="Gaussian d")
    axis.plot([], [], color=INK, ls="--", label="d along the gradient")
    axis.set(
        ylim=(-0.03, 1.25), yticks=np.linspace(0, 1, 6), ylabel="share in which the bound holds"
    )


def _violation(axis: Axes, rows: pd.DataFrame) -> None:
    """Draw how far the minimum of all samples is from one of the first k, by radius and size."""
    for k, color in _by_size(rows):
        of_size = rows[rows["k"] == k]
        marks.band(axis, of_size, "radius", "violation", log=True, color=color, label=f"k = {k}")
    axis.axhline(1, color=GREY, lw=0.6, ls=":")
    axis.set(yscale="log", ylabel="|∇L$_k$ᵀd| / ½ |dᵀH$_k$d|, rms")


def _by_size(rows: pd.DataFrame) -> list:
    """Return every size with its colour."""
    sizes = sorted(rows["k"].unique())
    return list(zip(sizes, sns.color_palette("viridis_r", len(sizes) + 1)[1:], strict=True))
