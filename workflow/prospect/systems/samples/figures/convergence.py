"""Figures of the rate at which planes settle: the two rates, the formula's test, what planes need.

Bands and bars are 95 % intervals over networks.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from prospect.drawing import marks
from prospect.drawing.style import GREY, PAGE

PARTS = {"": "all of D$_k$", "_shape": "shape", "_offset": "offset"}
INCREMENT = "_increment"


def convergence(sizes: pd.DataFrame, planes: pd.DataFrame, style: dict) -> Figure:
    """Draw root mean squares of L_k − L_n and of one more sample by k, a panel a center.

    At the largest radius; `sizes` and `planes` are the tables of `convergence.converge`.
    """
    sizes, planes = (table[table["radius"] == table["radius"].max()] for table in (sizes, planes))
    centers = list(dict.fromkeys(sizes["center"]))
    figure, axes = plt.subplots(
        1, len(centers), sharex=True, squeeze=False, layout="constrained", figsize=(PAGE, 2.9)
    )
    colors = dict(zip((*PARTS, INCREMENT), sns.color_palette(), strict=False))
    for axis, center in zip(axes[0], centers, strict=True):
        own, rates = sizes[sizes["center"] == center], planes[planes["center"] == center]
        for part, color in colors.items():
            roots = own.assign(
                rms=np.sqrt(own[f"measured{part}"]), formula=np.sqrt(own[f"expected{part}"])
            )
            marks.band(axis, roots, "k", "rms", log=True, color=color, lw=0, marker="o", ms=3)
            formula = roots.groupby("k")["formula"].agg(lambda x: np.exp(np.log(x).mean()))
            axis.plot(formula.index, formula, color=color, lw=0.9)
        axis.set(xscale="log", yscale="log", xlabel="samples k")
        slopes = [f"{rates[name].mean():.2f}" for name in ("rate", "rate_increment")]
        axis.set_title(f"{center}: slopes {slopes[0]} and {slopes[1]}", size="small")
    axes[0, 0].set_ylabel("root mean square [nats]")
    words = [*PARTS.values(), "one more sample, L$_{k+1}$ − L$_k$"]
    handles = [
        marks.dots_key(text, color=color, ls="-", ms=3)
        for text, color in zip(words, colors.values(), strict=True)
    ]
    text = (
        "dots: measured over random orders, with 95 % intervals over networks ({each}); lines: "
        f"formulas; plane of radius {sizes['radius'].iloc[0]:g} ‖θ‖; slopes of D$_k$ and of one "
        "more sample for k ≤ n/3"
    )
    return marks.finished(figure, handles, text, sizes, style, ncols=len(handles))


def formula(sizes: pd.DataFrame, style: dict) -> Figure:
    """Draw measured over expected D_k² by k, a panel a center and radius."""
    centers, radii = list(dict.fromkeys(sizes["center"])), sorted(sizes["radius"].unique())
    figure, axes = plt.subplots(
        len(radii), len(centers), sharex=True, sharey=True, squeeze=False, layout="constrained",
        figsize=(PAGE, 1.35 * len(radii) + 0.8),
    )  # fmt: skip
    colors = dict(zip(PARTS, sns.color_palette(), strict=False))
    for (center, radius), own in sizes.groupby(["center", "radius"], sort=False):
        axis = axes[radii.index(radius), centers.index(center)]
        for aside, (part, color) in zip((0.93, 1, 1.07), colors.items(), strict=True):
            for k in own["k"].unique():
                found = marks.mean_over_units(own.loc[own["k"] == k, f"ratio{part}"])
                marks.upright_dot(axis, found, k * aside, color=color, ms=2.5)
        axis.axhline(1, color=GREY, lw=0.6, ls=":", zorder=0)
        axis.set_xscale("log")
        axis.set_title(f"{center}, {radius:g} ‖θ‖", size="small")
    axes[len(radii) // 2, 0].set_ylabel("measured / formula, D$_k^2$")
    axes[-1, len(centers) // 2].set_xlabel("samples k")
    handles = [
        marks.dots_key(text, color=color, ms=3)
        for text, color in zip(PARTS.values(), colors.values(), strict=True)
    ]
    text = "means and 95 % intervals over networks ({each}), each over the same random orders"
    return marks.finished(figure, handles, text, sizes, style, ncols=len(handles))


def planes(table: pd.DataFrame, style: dict) -> Figure:
    """Draw what planes need: samples, what is measured there, and what pilots say."""
    names = list(
        dict.fromkeys(zip(table["network"], table["center"], table["radius"], strict=True))
    )
    figure, axes = plt.subplots(
        1, 4, figsize=(PAGE, 0.24 * len(names) + 1.5), sharey=True, layout="constrained"
    )
    first, second = sns.color_palette()[:2]
    for row, (network, center, radius) in enumerate(names):
        own = table[
            (table["network"] == network)
            & (table["center"] == center)
            & (table["radius"] == radius)
        ]
        for axis, column, color, aside in (
            (axes[0], "needed", first, -0.2), (axes[0], "needed_shape", second, 0),
            (axes[0], "needed_most", GREY, 0.2),
            (axes[1], "error", first, 0), (axes[2], "pilot_ratio", first, -0.1),
            (axes[2], "pilot_ratio_large", second, 0.1), (axes[3], "offset_share", first, 0),
        ):  # fmt: skip
            log = column.startswith("needed")
            found = marks.mean_over_units(own[column], log)
            marks.dot(axis, found, row + aside, color=color, ms=3)
    several = len({network for network, _, _ in names}) > 1
    marks.rows_of(
        axes[0],
        [
            f"{network + ', ' if several else ''}{center}, {radius:g} ‖θ‖"
            for network, center, radius in names
        ],
    )
    _dress(axes)
    keys = (
        ("all of D$_k$; pilot as it is", first),
        ("shape alone; pilot, if n were large", second),
        ("nine of ten subsets", GREY),
    )
    handles = [marks.dots_key(text, color=color, ms=3) for text, color in keys]
    text = (
        "means (of samples geometric ones) and 95 % intervals over networks ({each}); "
        f"of n = {table['samples'].max():,} samples"
    )
    return marks.finished(figure, handles, text, table, style, ncols=len(handles))


def _dress(axes: np.ndarray) -> None:
    """Label the panels of what planes need."""
    axes[0].set_xscale("log")
    words = (
        "samples needed",
        "measured /\nwanted error",
        "pilot / needed",
        "offset's share\nof σ²",
    )
    for axis, text in zip(axes, words, strict=True):
        axis.set_xlabel(text)
    for axis in axes[1:3]:
        axis.axvline(1, color=GREY, lw=0.6, ls=":", zorder=0)
    axes[3].set_xlim(-0.03, 1.03)
