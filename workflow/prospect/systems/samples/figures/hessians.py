"""Figure of converging Hessians: norms, largest eigenvalue, leading eigenvectors."""

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prospect.drawing import marks
from prospect.drawing.style import GREY, INK, PAGE
from prospect.systems.samples.figures.dead import dead_networks

PANELS = {
    "ratio": "‖H$_k$ − H$_n$‖² / formula",
    "relative": "‖H$_k$ − H$_n$‖ / ‖H$_n$‖",
    "spectral": "spectral norm of H$_k$ − H$_n$",
    "slack": "Bernstein / spectral norm",
    "eigenvalue": "λ$_{max}$(H$_k$) / λ$_{max}$(H$_n$)",
    "overlap": "overlap of leading eigenvectors",
}
FORMULAS = {"spectral": "bernstein", "overlap": "overlap_formula"}
LOG = {"relative", "spectral"}
LIMITS = {"slack": (0, None), "overlap": (0, 1.05)}
AT_ONE = {"ratio", "eigenvalue", "overlap"}


def hessians(table: pd.DataFrame, style: dict) -> Figure:
    """Draw what of the Hessian converges over k, a colour a network and state.

    `table` is that of `hessians.hessians`.
    """
    figure, axes = plt.subplots(2, 3, figsize=(PAGE, 4.4), layout="constrained")
    kinds = list(dict.fromkeys(zip(table["network"], table["state"], strict=True)))
    colors = dict(zip(kinds, sns.color_palette(n_colors=len(kinds)), strict=True))
    for axis, (column, title) in zip(axes.flat, PANELS.items(), strict=True):
        for (network, state), color in colors.items():
            own = table[(table["network"] == network) & (table["state"] == state)]
            _measured(axis, own, column, color)
        if column in AT_ONE:
            axis.axhline(1, color=GREY, lw=0.6, ls=":", zorder=0)
        axis.set(yscale="log" if column in LOG else "linear", title=title, xlabel="samples k")
        marks.logarithmic(axis)
        axis.set_ylim(*LIMITS.get(column, (None, None)))
    handles = [
        marks.key(color=color, label=f"{network}, {state}")
        for (network, state), color in colors.items()
    ]
    handles += [
        marks.key(color=INK, label="measured"),
        marks.key(color=INK, ls="--", label="theory"),
    ]
    text = "means over random orders, then mean and 95 % interval over networks ({each}); "
    text += dead_networks(table)
    return marks.finished(figure, handles, text, table, style, ncols=4)


def _measured(axis: Axes, table: pd.DataFrame, column: str, color) -> None:
    """Draw what was measured over k, and what theory says of it, where it says something."""
    log = column in LOG
    marks.band(axis, table, "k", column, log=log, color=color, marker="o", ms=2.5)
    if column in FORMULAS:
        theory = FORMULAS[column]
        marks.band(axis, table, "k", theory, log=log, color=color, ls="--")
