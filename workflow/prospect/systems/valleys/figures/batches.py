"""Figure of small and large batches: the line through both, and how sharp the ends are."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prospect.base.intervals import Interval
from prospect.drawing import marks
from prospect.drawing.panels import loss_label
from prospect.drawing.style import GREY, INK, PAGE
from prospect.systems.valleys.figures.starts import color_of_start

MATCHED: dict[str, dict] = {"steps": {}, "loss": {"mfc": "white"}}
RATIOS = {
    "norm_ratio": "norm",
    "rise_ratio": "rise of the loss\nat a fixed radius",
    "relative_rise_ratio": "rise of the loss\nat a share of ‖θ‖",
}
SIGNS = {"sign_consistency_a": "θ$_A$ and A − B", "sign_consistency_b": "θ$_B$ and B − A"}


def batches(pairs: pd.DataFrame, lines: pd.DataFrame, style: dict) -> Figure:
    """Draw loss and accuracy on the line through A and B, and what tells A from B.

    Two rows a network. `pairs` is the table of `pairs.batches_table`, `lines` that of the lines.
    """
    networks = list(dict.fromkeys(pairs["network"]))
    figure, axes = plt.subplots(
        2 * len(networks), 3, figsize=(PAGE, 3.3 * len(networks) + 0.7), squeeze=False,
        layout="constrained", width_ratios=(1, 1, 0.95),
    )  # fmt: skip
    for number, network in enumerate(networks):
        rows = axes[2 * number : 2 * number + 2]
        own = lines[lines["network"] == network]
        _lines(rows, own, network)
        ends = pairs[pairs["network"] == network]
        _ratios(rows[0, 2], ends)
        _signs(rows[1, 2], ends)
    handles = [
        marks.key(color=color_of_start(start), label=f"{start} initialisation")
        for start in dict.fromkeys(pairs["start"])
    ]
    handles += [marks.key(color=INK, label="training"), marks.key(color=INK, ls="--", label="test")]
    handles += [
        marks.dots_key(f"at equal {matched}", color=INK, **look)
        for matched, look in MATCHED.items()
    ]
    text = (
        "A small batches, B large ones; mean (of losses and ratios the geometric one) and "
        "95 % interval over pairs ({each})"
    )
    return marks.finished(figure, handles, text, pairs, style, ncols=6, columnspacing=1.2)


def _lines(rows: np.ndarray, lines: pd.DataFrame, network: str) -> None:
    """Draw losses (first row) and accuracies (second), a column a way of matching."""
    for column, matched in enumerate(MATCHED):
        for start, own in lines[lines["matched"] == matched].groupby("start", sort=False):
            look = {"color": color_of_start(start)}
            for prefix, dashes in (("", "-"), ("test_", "--")):
                line = look | {"ls": dashes, "lw": 1.2 if not prefix else 0.9}
                marks.band(rows[0, column], own, "alpha", f"{prefix}loss", log=True, **line)
                marks.band(rows[1, column], own, "alpha", f"{prefix}accuracy", **line)
        rows[0, column].set(yscale="log", title=f"{network}, at equal {matched}")
        for axis in rows[:, column]:
            ends_at(axis, {0: "A", 1: "B"}, lines["alpha"])
        rows[1, column].set_xlabel("position on the line through A and B")
    for row, label in zip(rows, (loss_label(True), "accuracy"), strict=True):
        row[1].sharey(row[0])
        row[0].set_ylabel(label)


def ends_at(axis: Axes, ends: dict[float, str], alpha: pd.Series) -> None:
    """Mark the ends of a line by their names, beside the outermost points."""
    low, high = alpha.min(), alpha.max()
    ticks = {low: f"{low:g}", **ends, high: f"{high:g}"}
    axis.set_xticks(list(ticks), list(ticks.values()))
    axis.set_xlim(low, high)
    for at in ends:
        axis.axvline(at, color=GREY, lw=0.6, ls=":", zorder=0)


def _ratios(axis: Axes, pairs: pd.DataFrame) -> None:
    """Draw the ratios of A to B."""
    _dots(axis, pairs, list(RATIOS), exponential=True)
    axis.axvline(1, color=GREY, lw=0.6, ls=":", zorder=0)
    axis.set_xlabel("A / B, log scale")
    marks.logarithmic(axis)
    marks.rows_of(axis, list(RATIOS.values()))


def _signs(axis: Axes, pairs: pd.DataFrame) -> None:
    """Draw the sign consistency of both ends with the difference that points to them."""
    _dots(axis, pairs, list(SIGNS), exponential=False)
    axis.axvline(0.5, color=GREY, lw=0.6, ls=":", zorder=0)
    axis.set_xlabel("sign consistency")
    marks.rows_of(axis, list(SIGNS.values()))


def _dots(axis: Axes, pairs: pd.DataFrame, columns: list[str], exponential: bool) -> None:
    """Draw a row a column, with dots for every start and way of matching."""
    groups = [
        (start, matched, rows)
        for start, of_start in pairs.groupby("start", sort=False)
        for matched, rows in of_start.groupby("matched", sort=False)
    ]
    for height, column in enumerate(columns):
        for offset, (start, matched, rows) in zip(marks.spread(len(groups)), groups, strict=True):
            found = marks.mean_over_units(rows[column])
            found = Interval(*np.exp(found)) if exponential else found
            look = {"color": color_of_start(start)} | MATCHED[str(matched)]
            marks.dot(axis, found, height + offset, **look)
