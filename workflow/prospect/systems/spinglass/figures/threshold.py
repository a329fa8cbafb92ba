"""Figure of the map: width × number of samples, across the interpolation threshold."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure

from prospect.drawing.style import GREY, INK, PAGE

# column -> label, whether on a logarithmic scale
MAPS = {
    "loss": ("training loss [nats]", True),
    "test_accuracy": ("test accuracy", False),
    "scale_free_trace": ("tr H ‖θ‖²", True),
    "odd_share": ("odd share", False),
    "even_order": ("order of the even part", False),
    "aligned_barrier": ("barrier after alignment [nats]", True),
}
FITTED = 0.999  # accuracy on the training set from which on a network has fitted it


def threshold(table: pd.DataFrame, style: dict) -> Figure:
    """Draw a map a quantity, means over networks, with the border of what is fitted.

    `table` is that of `threshold.threshold`, of one recipe.
    """
    figure, axes = plt.subplots(
        2, 3, figsize=(PAGE, 4.5), sharex=True, sharey=True, layout="constrained"
    )
    widths, samples = sorted(set(table["width"])), sorted(set(table["samples"]))
    fitted = _map(table, "accuracy", widths, samples) >= FITTED
    for axis, (column, (label, log)) in zip(axes.flat, MAPS.items(), strict=True):
        values = _map(table, column, widths, samples)
        if log:
            values = np.where(values > 0, values, np.nan)
        norm = (LogNorm if log else Normalize)(np.nanmin(values), np.nanmax(values))
        drawn = axis.imshow(values, cmap="mako_r", norm=norm, origin="lower", aspect="auto")
        figure.colorbar(drawn, ax=axis, label=label, pad=0.02)
        _border(axis, fitted)
        axis.set_xticks(range(len(samples)), samples)
        axis.set_yticks(range(len(widths)), widths)
    for axis in axes[-1]:
        axis.set_xlabel("training samples")
    for axis in axes[:, 0]:
        axis.set_ylabel("hidden units")
    count = table.groupby(["width", "samples"]).size().max()
    text = (
        f"means over {count} networks; line: above it the mean training accuracy is at least "
        f"{100 * FITTED:g} %"
    )
    figure.supxlabel(text, size=style["size"] - 2, color=GREY)
    return figure


def _map(table: pd.DataFrame, column: str, widths: list, samples: list) -> np.ndarray:
    """Return the means of a column (widths, samples)."""
    means = table.groupby(["width", "samples"])[column].mean().unstack()
    return means.reindex(widths, columns=samples).to_numpy()


def _border(axis, fitted: np.ndarray) -> None:
    """Draw the border between what is fitted and what is not, along the cells."""
    rows, columns = fitted.shape
    for row in range(rows):
        for column in range(columns):
            if row + 1 < rows and fitted[row, column] != fitted[row + 1, column]:
                axis.plot([column - 0.5, column + 0.5], [row + 0.5] * 2, color=INK, lw=1.5)
            if column + 1 < columns and fitted[row, column] != fitted[row, column + 1]:
                axis.plot([column + 0.5] * 2, [row - 0.5, row + 0.5], color=INK, lw=1.5)
