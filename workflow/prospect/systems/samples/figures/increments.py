"""Figures of the paper's experiment: increments by size, levels by width and depth, published ones.

Bands are 95 % intervals over seeds. Dead perceptrons are named: their losses are all the same, so
one more sample changes nothing, and a logarithmic axis cannot show them.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from prospect.drawing import marks
from prospect.drawing.style import GREY, INK, PAGE
from prospect.systems.samples.figures.dead import dead_networks

LETTERS = {"width": "h", "depth": "L"}
OTHER = {"width": "depth", "depth": "width"}
INPUTS = {"direct": "-", "vit": ":"}
DATA = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST", "cifar10": "CIFAR-10"}
DATA |= {"cifar100": "CIFAR-100"}


def increments(rows: pd.DataFrame, curves: pd.DataFrame, style: dict) -> Figure:
    """Draw smoothed increments by k, a row a budget: all widths at one depth, and the reverse."""
    budgets = sorted(rows["epochs"].unique())
    figure, axes = plt.subplots(
        len(budgets), 2, sharex=True, sharey="row", squeeze=False, layout="constrained",
        figsize=(PAGE, 2.1 * len(budgets) + 0.4),
    )  # fmt: skip
    for line, epochs in zip(axes, budgets, strict=True):
        for axis, varied in zip(line, LETTERS, strict=True):
            own, along = (
                _at_middle(table[table["epochs"] == epochs], varied) for table in (rows, curves)
            )
            alive = along.merge(own.loc[~own["dead"], ["network", "seed"]], on=["network", "seed"])
            values = sorted(own[varied].unique())
            for color, value in zip(_colors(len(values)), values, strict=True):
                here, curve = own[own[varied] == value], alive[alive[varied] == value]
                text = f"{LETTERS[varied]} = {value}{_dead(here)}"
                marks.band(axis, curve, "k", "increment", log=True, color=color, label=text)
                smooth = curve.groupby("k")["smoothed"].mean()
                axis.plot(smooth.index, smooth, color=color, lw=0.6, ls="--", alpha=0.7)
                _identity(axis, here, curve)
            axis.set(xscale="log", yscale="log")
            axis.set_title(f"{_fixed(own, varied)}, {epochs} epochs", size="small")
            axis.legend(handlelength=1, labelspacing=0.2, loc="lower left")
    for axis in axes[-1]:
        axis.set_xlabel("samples k")
    for axis in axes[:, 0]:
        axis.set_ylabel("|L$_{k+1}$ − L$_k$| [nats]")
    text = (
        "means over random orders, dashed as the authors smooth them; dotted: mean absolute "
        "deviation of the losses / (k + 1);\ngeometric means and 95 % intervals over "
        f"{rows['seed'].nunique()} seeds; dead: silent on 99 % of the samples, left out"
    )
    return _finished(figure, text, style)


def _identity(axis: Axes, rows: pd.DataFrame, curve: pd.DataFrame) -> None:
    """Draw the geometric mean of MAD / (k + 1)."""
    alive = rows.loc[~rows["dead"], "mad"]
    if len(alive):
        k = np.unique(curve["k"])
        axis.plot(k, np.exp(np.log(alive).mean()) / (k + 1), ls=":", lw=0.8, color=INK, zorder=5)


def levels(rows: pd.DataFrame, style: dict) -> Figure:
    """Draw levels by width, by depth and by training loss, a row a budget."""
    budgets = sorted(rows["epochs"].unique())
    figure, axes = plt.subplots(
        len(budgets), 3, sharex="col", sharey="row", squeeze=False, layout="constrained",
        figsize=(PAGE, 2.0 * len(budgets) + 0.6),
    )  # fmt: skip
    for line, epochs in zip(axes, budgets, strict=True):
        own = rows[(rows["epochs"] == epochs) & ~rows["dead"]]
        for axis, varied in zip(line, LETTERS, strict=False):
            fixed = OTHER[varied]
            values = sorted(own[fixed].unique())
            for color, value in zip(_colors(len(values)), values, strict=True):
                here = own[own[fixed] == value]
                text = f"{LETTERS[fixed]} = {value}"
                marks.band(axis, here, varied, "level", log=True, color=color, label=text)
            axis.legend(handlelength=1, labelspacing=0.2, fontsize="x-small")
            axis.set_yscale("log")
            _places(axis, sorted(own[varied].unique()), log=varied == "width")
        _by_loss(line[2], own)
        _heights(line[0])
        line[0].set_ylabel(f"level [nats], {epochs} epochs")
    for axis, text in zip(axes[-1], ("width h", "depth L", "training loss [nats]"), strict=True):
        axis.set_xlabel(text)
    text = (
        f"level: mean of (k + 1) |L$_{{k+1}}$ − L$_k$|; geometric means and 95 % intervals over "
        f"{rows['seed'].nunique()} seeds; {dead_networks(rows)}"
    )
    return _finished(figure, text, style)


def _by_loss(axis: Axes, rows: pd.DataFrame) -> None:
    """Draw a dot a network: level by training loss, a colour a width."""
    widths = sorted(rows["width"].unique())
    for color, width in zip(_colors(len(widths)), widths, strict=True):
        own = rows[rows["width"] == width]
        axis.plot(own["loss"], own["level"], "o", ms=1.8, mew=0, alpha=0.7, color=color)
    axis.set_xscale("log")
    axis.legend(
        handles=[
            marks.dots_key(f"h = {width}", color=color, ms=3)
            for color, width in zip(_colors(len(widths)), widths, strict=True)
        ],
        handlelength=1, labelspacing=0.2, fontsize="x-small", loc="lower right",
    )  # fmt: skip


def published(rows: pd.DataFrame, table: pd.DataFrame, style: dict) -> Figure:
    """Draw the levels that the authors published beside ours at the same budget."""
    figure, axes = plt.subplots(1, 2, sharey=True, layout="constrained", figsize=(PAGE, 3.0))
    palette = dict(zip(DATA, sns.color_palette(), strict=False))
    own = rows[(rows["epochs"] == rows["epochs"].min()) & ~rows["dead"]]
    for axis, varied in zip(axes, LETTERS, strict=True):
        of_line = table[table["varied"] == varied]
        for (data, inputs), line in of_line.groupby(["data", "inputs"], sort=False):
            look = {"color": palette[str(data)], "ls": INPUTS[str(inputs)], "marker": "o", "ms": 2}
            axis.plot(line[varied], line["level"], lw=0.9, **look)
        fixed = OTHER[varied]
        ours = own[own[fixed] == table.loc[table["varied"] == varied, fixed].iloc[0]]
        marks.band(axis, ours, varied, "level", log=True, color=INK, lw=1.8)
        axis.set_yscale("log")
        _heights(axis)
        _places(axis, sorted(of_line[varied].unique()), log=varied == "width")
        axis.set_xlabel(f"{varied} {LETTERS[varied]}")
    axes[0].set_ylabel("level [nats]")
    handles = [marks.key(color=color, label=DATA[name]) for name, color in palette.items()]
    handles += [marks.key(color=GREY, label="pixels"), marks.key(color=GREY, ls=":", label="ViT")]
    handles += [marks.key(color=INK, lw=1.8, label="this study")]
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles))
    text = (
        "published: read off the figures of arXiv:2409.11995, one network each; this study: "
        f"{rows['epochs'].min()} epochs, geometric means and 95 % intervals over "
        f"{rows['seed'].nunique()} seeds"
    )
    return _finished(figure, text, style)


def _at_middle(table: pd.DataFrame, varied: str) -> pd.DataFrame:
    """Return the rows of all widths at the middle depth, or of all depths at the middle width."""
    values = sorted(table[OTHER[varied]].unique())
    return table[table[OTHER[varied]] == values[len(values) // 2]]


def _fixed(rows: pd.DataFrame, varied: str) -> str:
    fixed = OTHER[varied]
    return f"{LETTERS[fixed]} = {rows[fixed].iloc[0]}"


def _dead(rows: pd.DataFrame) -> str:
    dead = int(rows["dead"].sum())
    return f", {dead} of {len(rows)} dead" if dead else ""


def _colors(count: int):
    """Return colours in an order that shows."""
    return sns.color_palette("viridis_r", count + 1)[1:]


def _places(axis: Axes, values: list, log: bool) -> None:
    """Name the values on a panel's axis across."""
    if log:
        axis.set_xscale("log")
    axis.set_xticks(values, [str(value) for value in values])
    axis.minorticks_off() if not log else axis.xaxis.set_minor_locator(plt.NullLocator())


def _heights(axis: Axes) -> None:
    """Give an upright logarithmic axis of few decades more numbers."""
    low, high = axis.get_ylim()
    if high < 100 * low:
        axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.yaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:g}"))
        axis.yaxis.set_minor_formatter(NullFormatter())


def _finished(figure: Figure, text: str, style: dict) -> Figure:
    """Add a line that says what is shown."""
    figure.supxlabel(text, size=style["size"] - 2, color=GREY)
    sns.despine(figure)
    return figure
