"""Figure of walks: the loss they meet, and how far those that heed it get."""

import math

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prospect.drawing import marks
from prospect.drawing.panels import loss_label
from prospect.drawing.style import GREY, INK, PAGE

BINS = 20  # of the overlap


def walks(
    walked: pd.DataFrame, metropolis: pd.DataFrame, diffusion: pd.DataFrame, style: dict
) -> Figure:
    """Draw the loss on the weight sphere and of free walks, and the walks by temperature.

    A row a network, the last center of the walks by temperature. `walked` is the table of
    `walks.walks`, `metropolis` that of `metropolis.metropolis`, `diffusion` its exponents.
    """
    networks, centers = (list(dict.fromkeys(walked[name])) for name in ("network", "center"))
    temperatures = sorted(set(metropolis["temperature"]))
    figure, axes = plt.subplots(
        len(networks), 4, figsize=(PAGE, 1.9 * len(networks) + 0.7), squeeze=False,
        layout="constrained",
    )  # fmt: skip
    for row, network in zip(axes, networks, strict=True):
        own = walked[walked["network"] == network]
        for color, center in zip(sns.color_palette(), centers, strict=False):
            here = own[own["center"] == center]
            _against_overlap(row[0], here[here["kind"] == "weights"], color)
            free = here[here["kind"] == "free"]
            marks.band(row[1], free, "step", "loss", log=True, color=color)
        heeding = metropolis[
            (metropolis["network"] == network) & (metropolis["center"] == centers[-1])
        ]
        for number, temperature in enumerate(temperatures):
            rows = heeding[heeding["temperature"] == temperature]
            color = color_of_heat(number, temperature, len(temperatures))
            marks.band(row[2], rows, "step", "displacement", log=True, color=color)
        _exponents(row[3], _of(diffusion, network, centers[-1]), temperatures)
        row[0].set(yscale="log", xlim=(1.02, 0), ylabel=f"{network}\n{loss_label(True)}")
        row[1].set(yscale="log")
        row[2].set_ylabel("D(t/2, t) / ‖θ‖²")
        marks.logarithmic(row[2], "x")
        marks.logarithmic(row[2], "y")
    for axis, label in zip(
        axes[-1],
        ("overlap with θ\non the weight sphere", "step of a free walk", "steps t", "exponent of D"),
        strict=True,
    ):
        axis.set_xlabel(label)
    handles = [
        marks.key(color=color, label=f"from {center}")
        for color, center in zip(sns.color_palette(), centers, strict=False)
    ]
    handles += [
        marks.key(color=color_of_heat(n, t, len(temperatures)), label=name_of_heat(t))
        for n, t in enumerate(temperatures)
    ]
    text = (
        "means and 95 % intervals over networks ({each}); walks by temperature from "
        f"{centers[-1]}, on the weight sphere; 1: free diffusion"
    )
    return marks.finished(figure, handles, text, walked, style, ncols=6, columnspacing=1.2)


def _of(table: pd.DataFrame, network: str, center: str) -> pd.DataFrame:
    """Return the rows of a network and center."""
    return table[(table["network"] == network) & (table["center"] == center)]


def color_of_heat(number: int, temperature: float, count: int):
    """Return the colour of a temperature, the hotter the lighter; grey without a landscape."""
    return GREY if temperature == math.inf else sns.color_palette("rocket", count + 1)[number]


def name_of_heat(temperature: float) -> str:
    """Name a temperature."""
    return "T = ∞" if temperature == math.inf else f"T = {temperature:g} nats"


def _against_overlap(axis: Axes, rows: pd.DataFrame, color) -> None:
    """Draw the loss of walks on the weight sphere against the overlap with where they began."""
    bins = (rows["overlap"].clip(0, 0.9999) * BINS).astype(int)
    binned = rows.assign(bin=(bins + 0.5) / BINS)
    means = binned.groupby(["bin", "seed"])[["loss"]].mean().reset_index()
    marks.band(axis, means, "bin", "loss", log=True, color=color)


def _exponents(axis: Axes, rows: pd.DataFrame, temperatures: list[float]) -> None:
    """Draw the exponents of the displacement, a row a temperature."""
    for height, temperature in enumerate(temperatures):
        found = rows.loc[rows["temperature"] == temperature, "exponent"]
        color = color_of_heat(height, temperature, len(temperatures))
        marks.dot(axis, marks.mean_over_units(found), height, color=color)
    marks.rows_of(axis, ["∞" if t == math.inf else f"{t:g}" for t in temperatures])
    axis.axvline(1, color=INK, lw=0.6, ls=":", zorder=0)
    axis.set_ylabel("T [nats]")
