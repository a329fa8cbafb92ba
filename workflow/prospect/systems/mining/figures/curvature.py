"""Figures of the Hessian: spectra, curvatures, planes of eigenvectors, and the lens."""

import itertools
import json

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prospect.drawing.panels import contour_panel, footnote, is_log, loss_label
from prospect.drawing.style import GREY, INK, PAGE


def spectrum(hessians: list[tuple[dict, dict]], style: dict) -> Figure:
    """Draw the spectral densities, a row a network, a column a center, a colour a seed.

    `hessians` holds, for every Hessian, its arrays and attributes. Below the density the extreme
    eigenvalues, one mark each.
    """
    figure, panels = _by_network_and_center([attrs for _, attrs in hessians])
    for found, attrs in hessians:
        axis, color = panels[attrs["network"], attrs["center"]], _color_of(attrs, hessians)
        at, density = found["density_at"], found["density"]
        shown = density > density.max() * 1e-8
        axis.plot(at[shown], density[shown], color=color, label=f"seed {attrs['seed']}")
        axis.plot(
            found["eigenvalues"], np.full(len(found["eigenvalues"]), 0.03), "|", color=color, ms=8,
            mew=1.2, transform=axis.get_xaxis_transform(),
        )  # fmt: skip
        axis.axvline(0, color=GREY, lw=0.5, ls=":")
        axis.set_yscale("log")
        axis.set_xlabel("eigenvalue")
    return _finished(figure, panels, hessians, "spectral density", style)


def curvatures(hessians: list[tuple[dict, dict]], densities: pd.DataFrame, style: dict) -> Figure:
    """Draw the curvatures of random directions against the distribution that is predicted.

    `densities` is the table of `insights.density_table`.
    """
    figure, panels = _by_network_and_center([attrs for _, attrs in hessians])
    seeds = sorted({attrs["seed"] for _, attrs in hessians})
    by_hessian = densities.groupby(["network", "seed", "center"])
    for found, attrs in hessians:
        axis, color = panels[attrs["network"], attrs["center"]], _color_of(attrs, hessians)
        bins = by_hessian.get_group((attrs["network"], attrs["seed"], attrs["center"]))
        edges = [*bins["low"], bins["high"].iloc[-1]]
        axis.stairs(
            bins["seen"], edges, fill=True, color=color, alpha=0.35, lw=0,
            label=f"seed {attrs['seed']}",
        )  # fmt: skip
        axis.plot((bins["low"] + bins["high"]) / 2, bins["predicted"], color=color)
        axis.axvline(0, color=INK, lw=0.6, ls=":")
        axis.ticklabel_format(axis="x", scilimits=(-2, 3))
        low, high = found["eigenvalues"][[0, -1]]
        axis.text(
            0.98, 0.95 - 0.1 * seeds.index(attrs["seed"]), f"λ from {low:.2g} to {high:.2g}",
            color=color, ha="right", va="top", size="small", transform=axis.transAxes,
        )  # fmt: skip
        axis.set_xlabel("uᵀHu along Gaussian directions")
    return _finished(figure, panels, hessians, "density", style)


def eigenplanes(pairs: list[tuple[tuple, tuple]], style: dict) -> Figure:
    """Draw planes of random directions beside planes of extreme eigenvectors at the same center.

    `pairs` holds two surfaces each, a surface being its row of the table of shapes and its grid.
    """
    figure, axes = plt.subplots(
        len(pairs), 2, figsize=(PAGE, 3.1 * len(pairs)), squeeze=False, layout="constrained"
    )
    for panels, pair in zip(axes, pairs, strict=True):
        for axis, (row, grid) in zip(panels, pair, strict=True):
            log = is_log([grid])
            mesh = contour_panel(axis, grid, log, style, basins=json.loads(row["basin_points"]))
            names = grid.attrs["directions"]
            axis.set(xlabel=f"α [{names[0]}]", ylabel=f"β [{names[1]}]")
            axis.set_title(f"{row['network']}, {row['center']}: {row['shape']}")
            label = loss_label(log, grid.attrs["loss_unit"])
            figure.colorbar(mesh, ax=axis, label=label, fraction=0.046, pad=0.03)
    grids = [grid for pair in pairs for _, grid in pair]
    figure.supxlabel(footnote(grids), size=style["size"] - 2, color=GREY)
    return figure


def lens(table: pd.DataFrame, style: dict) -> Figure:
    """Draw measured against predicted curvature of every curve: close by, and over a grid step."""
    figure, axes = plt.subplots(
        1, 2, figsize=(PAGE, 3.4), sharex=True, sharey=True, layout="constrained"
    )
    shapes = list(dict.fromkeys(table["shape"]))
    networks = list(dict.fromkeys(table["network"]))
    colors = dict(zip(shapes, itertools.cycle(sns.color_palette()), strict=False))
    markers = dict(zip(networks, itertools.cycle("os^Dv"), strict=False))
    columns = ("curvature_measured", "curvature_seen")
    texts = ("measured close by (float64)", "seen over one step of the grid")
    sizes = table[["curvature", *columns]].abs().to_numpy()
    sizes = sizes[np.isfinite(sizes) & (sizes > 0)]  # what a logarithmic scale can show
    ends = (sizes.min() / 2, sizes.max() * 2) if len(sizes) else (0.1, 10.0)
    for axis, column, text in zip(axes, columns, texts, strict=True):
        _against_predicted(axis, table, column, colors, markers)
        axis.plot(ends, ends, color=GREY, lw=0.7, zorder=0)
        axis.set(xscale="log", yscale="log", xlim=ends, ylim=ends, title=text)
        axis.set_xlabel("|uᵀHu|, predicted by the Hessian")
    axes[0].set_ylabel("|second difference| per squared length")
    handles = _legend_of(colors, markers)
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    sns.despine(figure)
    return figure


def _against_predicted(
    axis: Axes, table: pd.DataFrame, column: str, colors: dict, markers: dict
) -> None:
    """Mark every curve by its predicted curvature and another one; hollow where it is negative."""
    for row in table.to_dict("records"):
        color, value = colors[row["shape"]], row[column]
        axis.plot(
            abs(row["curvature"]), abs(value), marker=markers[row["network"]], ms=5,
            mfc="none" if value < 0 else color, mec=color, mew=1.0, ls="none",
        )  # fmt: skip


def _legend_of(colors: dict, markers: dict) -> list[mpl.lines.Line2D]:
    """Make an entry for every shape (colour), every network (marker), and for hollow marks."""
    handles = [
        mpl.lines.Line2D([], [], color=colors[s], marker="o", ls="none", ms=4, label=s)
        for s in colors
    ]
    handles += [
        mpl.lines.Line2D([], [], color=INK, marker=markers[n], ls="none", ms=4, label=n)
        for n in markers
    ]
    handles.append(
        mpl.lines.Line2D(
            [], [], color=INK, marker="o", mfc="none", ls="none", ms=4, label="bends down"
        )
    )
    return handles


def _by_network_and_center(attrs: list[dict]) -> tuple[Figure, dict]:
    """Make a panel for every network (rows) and center (columns)."""
    networks = list(dict.fromkeys(a["network"] for a in attrs))
    centers = list(dict.fromkeys(a["center"] for a in attrs))
    figure, axes = plt.subplots(
        len(networks), len(centers), squeeze=False, layout="constrained",
        figsize=(PAGE / 2 * max(1.2, len(centers)), 2.0 * len(networks) + 0.3),
    )  # fmt: skip
    panels = {
        (network, center): axes[row, column]
        for row, network in enumerate(networks)
        for column, center in enumerate(centers)
    }
    for (network, center), axis in panels.items():
        axis.set_title(f"{network}, {center}", loc="left")
    return figure, panels


def _color_of(attrs: dict, hessians: list[tuple[dict, dict]]):
    seeds = sorted({other["seed"] for _, other in hessians})
    palette = sns.color_palette()
    return palette[seeds.index(attrs["seed"]) % len(palette)]


def _finished(figure: Figure, panels: dict, hessians: list, label: str, style: dict) -> Figure:
    """Add what figures of Hessians share: legend, label of the heights, and a line below."""
    first = next(iter(panels.values()))
    first.legend(loc="upper left" if label == "density" else "upper right")
    columns = len({center for _, center in panels})
    for axis in list(panels.values())[::columns]:
        axis.set_ylabel(label)
    samples = {attrs["samples"] for _, attrs in hessians}
    policies = {attrs["batchnorm"] for _, attrs in hessians} - {"none"}
    text = f"Hessian of the training loss on {', '.join(f'{n:,}' for n in sorted(samples))} samples"
    text += "".join(f", BatchNorm {policy}" for policy in sorted(policies))
    figure.supxlabel(text, size=style["size"] - 2, color=GREY)
    sns.despine(figure)
    return figure
