"""Figure of what recipes and the initialisation of BatchNorm change of the two sides of noise."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prospect.drawing import marks
from prospect.drawing.style import GREY, PAGE

GAUSSIAN = {"gaussian": "Gaussian noise", "signed": "with the signs of θ"}
BINARY = {"binary": "noise {0, 1}", "binary-batchnorm": "noise {0, 1} in weights of BatchNorm"}
SHARE, RISE, ASYMMETRY = "plus_lower", "rise", "log_asymmetry"
INITS = ("ones", "uniform", "gaussian")


def variations(table: pd.DataFrame, style: dict) -> Figure:
    """Draw rise, share of draws whose + side is lower, and A of every variation; and BatchNorm.

    A row a network. `table` is that of `variations.variations_table`.
    """
    networks = list(dict.fromkeys(table["network"]))
    heights = [table[table["network"] == name]["variation"].nunique() for name in networks]
    figure, axes = plt.subplots(
        len(networks), 4, figsize=(PAGE, 0.19 * sum(heights) + 0.8 * len(networks) + 0.5),
        squeeze=False, layout="constrained", height_ratios=heights,
    )  # fmt: skip
    for row, network in zip(axes, networks, strict=True):
        own = table[table["network"] == network]
        raw = own[own["directions"] == "gaussian"]
        names = list(dict.fromkeys(own["variation"]))
        _panel(row[0], raw, names, RISE, log=True)
        _panel(row[1], own[own["directions"].isin(GAUSSIAN)], names, SHARE)
        _panel(row[2], own[own["directions"].isin(GAUSSIAN)], names, ASYMMETRY)
        _batchnorm(row[3], own[own["directions"].isin(BINARY)])
        marks.logarithmic(row[0])
        row[0].set_ylabel(network)
        row[1].set(xlim=(-0.05, 1.05), xticks=np.linspace(0, 1, 3))
        for axis, at in ((row[1], 0.5), (row[2], 0)):
            axis.axvline(at, color=GREY, lw=0.6, ls=":", zorder=0)
            axis.set_yticklabels([])
    texts = ("rise at ±½\n[nats], log scale", "share of draws\nwith the + side lower", "A(1)")
    for axis, text in zip(axes[-1], texts, strict=False):
        axis.set_xlabel(text)
    handles = [marks.dots_key(text, color=_color(name)) for name, text in GAUSSIAN.items()]
    if table["directions"].isin(BINARY).any():
        handles += [marks.dots_key(text, color=_color(name)) for name, text in BINARY.items()]
    text = (
        "mean (of rises the geometric one) and 95 % interval over networks ({each}); "
        "directions scaled to ‖θ‖"
    )
    return marks.finished(figure, handles, text, table, style, ncols=len(handles))


def _color(directions: str):
    """Return the colour of a kind of noise."""
    return sns.color_palette()[list(GAUSSIAN | BINARY).index(directions)]


def _panel(axis: Axes, table: pd.DataFrame, names: list[str], column: str, log: bool = False):
    """Draw a column of every variation, a colour a kind of noise."""
    for (name, kind), rows in table.groupby(["variation", "directions"], sort=False):
        found = marks.mean_over_units(rows[column], log)
        marks.dot(axis, found, names.index(str(name)), color=_color(str(kind)))
    marks.rows_of(axis, names)


def _batchnorm(axis: Axes, table: pd.DataFrame) -> None:
    """Draw the share of draws of noise {0, 1} whose + side is lower, by initialisation."""
    if table.empty:
        axis.set_axis_off()
        return
    inits = [init for init in INITS if (table["batchnorm_init"] == init).any()]
    for offset, kind in zip(marks.spread(len(BINARY), 0.3), BINARY, strict=True):
        for height, init in enumerate(inits):
            rows = table[(table["directions"] == kind) & (table["batchnorm_init"] == init)]
            found = marks.mean_over_units(rows[SHARE])
            marks.dot(axis, found, height + offset, color=_color(kind))
    axis.axvline(0.5, color=GREY, lw=0.6, ls=":", zorder=0)
    weights = table.groupby("batchnorm_init")[["batchnorm_mean", "batchnorm_positive"]].mean()
    texts = [
        f"{init}\nmean {weights['batchnorm_mean'][init]:.2f}\n"
        f"{weights['batchnorm_positive'][init]:.0%} > 0"
        for init in inits
    ]
    marks.rows_of(axis, texts)
    axis.set(xlim=(-0.05, 1.05), xticks=np.linspace(0, 1, 3))
    axis.set_xlabel("share of draws\nwith the + side lower")
    axis.set_title("weights of BatchNorm,\nby how they began")
