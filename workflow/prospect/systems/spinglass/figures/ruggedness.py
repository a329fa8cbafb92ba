"""Figures of flatness against generalisation: differences in pairs, and correlations."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prospect.base.intervals import Interval
from prospect.drawing import marks
from prospect.drawing.style import GREY, INK, PAGE

MEASURES = {
    "log_trace": "ln tr H",
    "log_scale_free_trace": "ln tr H ‖θ‖²",
    "log_eigenvalue": "ln λ$_{max}$",
    "log_radius": "ln radius of +0.1 nats",
    "log_norm": "ln ‖θ‖",
}
OUTCOMES = {
    "test_accuracy": ("test accuracy\n[points]", 100),
    "test_loss": ("test loss\n[nats]", 1),
}
MATCHED = {"epochs": "at equal epochs", "loss": "at equal training loss"}
PREDICTORS = {
    "trace": "tr H",
    "scale_free_trace": "tr H ‖θ‖²",
    "eigenvalue": "λ$_{max}$",
    "radius": "radius of\n+0.1 nats",
    "norm": "‖θ‖",
    "odd_share": "odd share",
    "even_order": "even order",
    "loss": "training loss",
}


def flatness(pairs: pd.DataFrame, style: dict) -> Figure:
    """Draw differences to the largest batches at the same start: a row a condition.

    Columns: measures of flatness, test accuracy, test loss. `pairs` is that of `ruggedness.paired`.
    """
    conditions = _conditions(pairs)
    batches = sorted(set(pairs["batch"]))
    figure, axes = plt.subplots(
        len(conditions), 3, figsize=(PAGE, 1.75 * len(conditions) + 0.6), squeeze=False,
        layout="constrained", width_ratios=(1.5, 1, 1), sharex="col",
    )  # fmt: skip
    for row, (name, own) in zip(axes, conditions.items(), strict=True):
        _measures(row[0], own, batches)
        row[0].set_title(name, loc="left")
        for axis, (outcome, (_, scale)) in zip(row[1:], OUTCOMES.items(), strict=True):
            _outcome(axis, own[own["measure"] == outcome], batches, scale)
        for axis in row:
            axis.axvline(0, color=GREY, lw=0.6, ls=":", zorder=0)
    axes[-1, 0].set_xlabel("difference of ln: left is smaller")
    for axis, (label, _) in zip(axes[-1, 1:], OUTCOMES.values(), strict=True):
        axis.set_xlabel(f"difference of {label}")
    handles = [
        marks.dots_key(f"batch size {batch}", color=color)
        for batch, color in zip(batches, sns.color_palette("flare", len(batches)), strict=True)
    ]
    text = (
        "less those of the largest batches from the same start and at the same rate; mean and 95 % "
        "interval over starts ({each}), each the mean of its rates"
    )
    return marks.finished(figure, handles, text, pairs, style, ncols=len(batches))


def _conditions(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the rows of every network, way of matching and label noise by what it is called."""
    found = {}
    for names, own in table.groupby(["network", "label_noise", "matched"], sort=False):
        network, noise, matched = map(str, names)
        with_noise = f", {100 * float(noise):g} % label noise" if float(noise) else ""
        found[f"{network}, {MATCHED[matched]}{with_noise}"] = own
    return found


def _over_starts(rows: pd.DataFrame, scale: float = 1):
    """Return the mean difference over starts and its interval, rates averaged first."""
    return marks.mean_over_units(scale * rows.groupby("seed")["difference"].mean())


def _measures(axis: Axes, own: pd.DataFrame, batches: list[int]) -> None:
    """Draw a row a measure of flatness."""
    colors = sns.color_palette("flare", len(batches))
    for height, measure in enumerate(MEASURES):
        for offset, batch, color in zip(marks.spread(len(batches)), batches, colors, strict=True):
            rows = own[(own["measure"] == measure) & (own["batch"] == batch)]
            marks.dot(axis, _over_starts(rows), height + offset, color=color, ms=3)
    axis.set_xscale("symlog", linthresh=1)
    axis.set_xticks([-3, -1, 0, 1, 3], ["−3", "−1", "0", "1", "3"])
    axis.minorticks_off()
    marks.rows_of(axis, list(MEASURES.values()))


def _outcome(axis: Axes, rows: pd.DataFrame, batches: list[int], scale: float) -> None:
    """Draw a row a batch size."""
    colors = sns.color_palette("flare", len(batches))
    for height, (batch, color) in enumerate(zip(batches, colors, strict=True)):
        of_batch = rows[rows["batch"] == batch]
        marks.dot(axis, _over_starts(of_batch, scale), height, color=color)
    marks.rows_of(axis, [str(batch) for batch in batches])
    axis.set_ylabel("batch size")


def correlations(networks: pd.DataFrame, ranks: pd.DataFrame, style: dict) -> Figure:
    """Draw trace against test accuracy, all rank correlations, and that lines say nothing.

    A row a condition. `networks` is the table of `ruggedness.ruggedness`, `ranks` that of
    `tables.ranks`.
    """
    reached = networks[networks["reached"]]
    conditions, of_ranks = _conditions(reached), _conditions(ranks)
    figure, axes = plt.subplots(
        len(conditions), 3, figsize=(PAGE, 1.9 * len(conditions) + 0.6), squeeze=False,
        layout="constrained", width_ratios=(1, 1.2, 0.8),
    )  # fmt: skip
    batches = sorted(set(reached["batch"]))
    palette = dict(zip(batches, sns.color_palette("flare", len(batches)), strict=True))
    for row, (name, own) in zip(axes, conditions.items(), strict=True):
        for batch, rows in own.groupby("batch"):
            row[0].scatter(
                rows["trace"], 100 * rows["test_accuracy"], 8, color=palette[batch], lw=0
            )
            row[2].scatter(
                rows["basins"], 100 * rows["test_accuracy"], 8, color=palette[batch], lw=0
            )
        row[0].set_ylabel("test accuracy [%]")
        marks.logarithmic(row[0])
        row[0].set_title(name, loc="left")
        row[2].set(xlim=(0, max(3, own["basins"].max() + 0.5)))
        _ranks(row[1], of_ranks[name])
    labels = "tr H [nats]", "rank correlation\nwith test accuracy", "basins along\na random line"
    for axis, label in zip(axes[-1], labels, strict=True):
        axis.set_xlabel(label)
    handles = [marks.dots_key(f"batch size {b}", color=color) for b, color in palette.items()]
    handles += [
        marks.dots_key("plain", color=INK),
        marks.dots_key("at equal training loss, by ranks", color=INK, mfc="white"),
    ]
    text = (
        "a dot a network ({each} starts); intervals of correlations: 95 %, bootstrap over settings "
        "and starts"
    )
    return marks.finished(figure, handles, text, reached, style, ncols=3, columnspacing=1.2)


def _ranks(axis: Axes, ranks: pd.DataFrame) -> None:
    """Draw a row a predictor, with the training loss given and without."""
    own = ranks[ranks["outcome"] == "test_accuracy"]
    for height, predictor in enumerate(PREDICTORS):
        for offset, given, filling in ((-0.15, "", INK), (0.15, "loss", "white")):
            rows = own[(own["predictor"] == predictor) & (own["given"] == given)]
            for row in rows.to_dict("records"):
                found = Interval(row["number"], row["low"], row["high"])
                marks.dot(axis, found, height + offset, color=INK, ms=3, mfc=filling)
    marks.rows_of(axis, list(PREDICTORS.values()))
    axis.axvline(0, color=GREY, lw=0.6, ls=":", zorder=0)
    axis.set(xlim=(-1, 1), xticks=np.linspace(-1, 1, 5))
