"""Figures of fusion: the midpoint over epochs, and what it goes with."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator, ScalarFormatter

from prospect.base.intervals import Interval
from prospect.drawing import marks
from prospect.drawing.style import GREY, INK, PAGE
from prospect.systems.valleys.figures.starts import STARTS, color_of_start

# what is more or less accurate than the mean of the ends: column, name, marker
WAYS = (
    ("midpoint_accuracy", "midpoint", {"marker": "o"}),
    ("aligned_midpoint_accuracy", "midpoint, aligned", {"marker": "o", "mfc": "white"}),
    ("consensus_accuracy", "sign consensus (TIES)", {"marker": "s"}),
    ("ensemble_accuracy", "ensemble", {"marker": "^"}),
)
LINES = (("", "-", "as they are"), ("aligned_", "--", "hidden units aligned"))
SCOPES = (
    ("over conditions", "over starts, last epoch", {"marker": "o"}),
    ("over conditions at equal epochs", "over starts, at equal epochs", {"marker": "s"}),
    ("within conditions at equal epochs", "within a start and epoch", {"marker": "^"}),
)
PREDICTORS = {"sign_consistency": "sign consistency", "overlap": "cosine"}


def fusion(pairs: pd.DataFrame, style: dict) -> Figure:
    """Draw gap and barrier over epochs by start, and the accuracies at the last one.

    A column a network. `pairs` is the table of `pairs.fusion_table`.
    """
    networks = list(dict.fromkeys(pairs["network"]))
    figure, axes = plt.subplots(
        3, len(networks), figsize=(max(PAGE, 2.3 * len(networks)), 5.6), sharex=False,
        sharey="row", squeeze=False, layout="constrained",
    )  # fmt: skip
    for column, network in enumerate(networks):
        own = pairs[pairs["network"] == network]
        _over_epochs(axes[0, column], own, "midpoint_gap", 100)
        _over_epochs(axes[1, column], own, "barrier", 1)
        _at_the_end(axes[2, column], own[own["last"]])
        axes[0, column].set_title(network)
        axes[0, column].axhline(0, color=GREY, lw=0.6, ls=":", zorder=0)
    for row, linear in zip(axes, (1, 0.01, 1), strict=True):
        marks.about_zero(row[0], linear)
    axes[1, 0].set_ylim(bottom=-0.002)  # no barrier is below 0, but the end of an interval may be
    axes[0, 0].set_ylabel("midpoint − ends\n[points of test accuracy]")
    axes[1, 0].set_ylabel("barrier\n[nats, training loss]")
    axes[2, 0].set_ylabel("accuracy − mean of ends,\nlast epoch [points]")
    starts = [start for start in STARTS if (pairs["start"] == start).any()]
    handles = [marks.key(color=color_of_start(s), label=s) for s in starts]
    handles += [marks.key(color=INK, ls=ls, label=label) for _, ls, label in LINES]
    handles += [marks.dots_key(name, color=INK, **look) for _, name, look in WAYS]
    text = (
        "mean and 95 % interval over pairs ({each}), each trained on one half; scales "
        "linear up to 1 point and 0.01 nats"
    )
    return marks.finished(figure, handles, text, pairs, style, ncols=5, columnspacing=1.2)


def _over_epochs(axis: Axes, pairs: pd.DataFrame, column: str, scale: float) -> None:
    """Draw a column over the epochs, a colour a start, before and after alignment."""
    for start, rows in pairs.groupby("start", sort=False):
        color = color_of_start(start)
        for prefix, dashes, _ in LINES:
            name = f"{prefix}{column}"
            if rows[name].notna().any():
                marks.band(axis, rows, "epoch", name, scale=scale, color=color, ls=dashes)
    epochs = sorted(set(pairs["epoch"]))
    axis.set_xscale("symlog" if epochs[0] == 0 else "log")
    shown = [epoch for epoch in epochs if epoch in (0, 1, 2, 5, 10, 20, 50, 100, 200)] or epochs
    axis.set_xticks(shown)
    axis.xaxis.set_major_formatter(ScalarFormatter())
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_xlabel("epoch")


def _at_the_end(axis: Axes, pairs: pd.DataFrame) -> None:
    """Draw by how much merged networks are more accurate than the mean of the ends."""
    pairs = pairs.assign(
        ends=(pairs["accuracy_a"] + pairs["accuracy_b"]) / 2,
    )
    starts = [start for start in STARTS if (pairs["start"] == start).any()]
    for place, start in enumerate(starts):
        rows = pairs[pairs["start"] == start]
        for offset, (column, _, look) in zip(marks.spread(len(WAYS)), WAYS, strict=True):
            found = marks.mean_over_units(100 * (rows[column] - rows["ends"]))
            color = color_of_start(start)
            marks.upright_dot(axis, found, place + offset, color=color, **look)
    axis.axhline(0, color=GREY, lw=0.6, ls=":", zorder=0)
    axis.set_xticks(range(len(starts)), [start.replace("-", "-\n") for start in starts])
    axis.set_xlim(-0.5, len(starts) - 0.5)


def agreement(pairs: pd.DataFrame, correlations: pd.DataFrame, style: dict) -> Figure:
    """Draw the gap against sign consistency and cosine, and the rank correlations of all three.

    A row a network. `pairs` is the table of `pairs.fusion_table`, `correlations` that of
    `correlations.rank_correlations`, with its network.
    """
    networks = list(dict.fromkeys(pairs["network"]))
    figure, axes = plt.subplots(
        len(networks), 3, figsize=(PAGE, 1.8 * len(networks) + 0.9), squeeze=False,
        layout="constrained", width_ratios=(1, 1, 0.9),
    )  # fmt: skip
    for row, network in zip(axes, networks, strict=True):
        own = pairs[pairs["network"] == network]
        for axis, (column, _) in zip(row, PREDICTORS.items(), strict=False):
            _against(axis, own, column)
        row[1].sharey(row[0])
        row[0].set_ylabel(f"{network}\nmidpoint − ends [points]")
        _correlations(row[2], correlations[correlations["network"] == network])
    for axis, text in zip(axes[-1], (*PREDICTORS.values(), "rank correlation"), strict=True):
        axis.set_xlabel(text)
    starts = [start for start in STARTS if (pairs["start"] == start).any()]
    handles = [marks.dots_key(s, color=color_of_start(s)) for s in starts]
    handles += [marks.dots_key(name, color=INK, **look) for _, name, look in SCOPES]
    text = (
        "a dot a pair and epoch, the last epoch filled; correlations with 95 % intervals "
        "over pairs ({each}), from five on"
    )
    return marks.finished(figure, handles, text, pairs, style, ncols=4)


def _against(axis: Axes, pairs: pd.DataFrame, column: str) -> None:
    """Mark every pair at every epoch by its gap and another column."""
    for start, rows in pairs.groupby("start", sort=False):
        color = color_of_start(start)
        for last, some in rows.groupby("last"):
            axis.plot(
                some[column], 100 * some["midpoint_gap"], "o", ms=3.2 if last else 2.2, mec=color,
                mfc=color if last else "none", mew=0.5, alpha=1 if last else 0.45,
                zorder=3 if last else 2,
            )  # fmt: skip
    axis.axhline(0, color=GREY, lw=0.6, ls=":", zorder=0)


def _correlations(axis: Axes, table: pd.DataFrame) -> None:
    """Draw the correlations of the gap with either predictor, alone and given the other."""
    table = table[table["outcome"] == "midpoint_gap"].set_index(["scope", "predictor", "given"])
    one, other = PREDICTORS
    asked = [(one, ""), (other, ""), (one, other), (other, one)]
    for offset, (scope, _, look) in zip(marks.spread(len(SCOPES)), SCOPES, strict=True):
        for height, (predictor, given) in enumerate(asked):
            found = Interval(*table.loc[(scope, predictor, given), ["number", "low", "high"]])
            marks.dot(axis, found, height + offset, color=INK, **look)
    texts = [PREDICTORS[p] + (f"\ngiven {PREDICTORS[g]}" if g else "") for p, g in asked]
    marks.rows_of(axis, texts)
    axis.axvline(0, color=GREY, lw=0.6, ls=":", zorder=0)
    axis.set(xlim=(-1.05, 1.05), xticks=np.linspace(-1, 1, 5))
