"""Figures of retraining: what settles as samples are added, and the landscape settling."""

import tempfile
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import NullFormatter

from prospect.base.intervals import Interval
from prospect.drawing import marks
from prospect.drawing.panels import loss_label
from prospect.drawing.style import GREY, INK, PAGE
from prospect.systems.samples.figures.dead import dead_networks

LINES = {
    "losses": {
        "excess": "excess of all samples' loss",
        "test_loss": "test loss",
        "own_loss": "own samples' loss",
    },
    "distances": {
        "to_all": "to θₙ",
        "to_next": "to the next k",
        "between_orders": "between batch orders",
    },
    "barriers": {"barrier": "to the next k", "order_barrier": "between batch orders"},
    "planes": {"ratio": "the seed's order", "random_ratio": "random orders"},
}
LABELS = {
    "losses": "loss [nats]",
    "distances": "distance [‖θₙ − θ₀‖]",
    "barriers": "barrier [nats]",
    "planes": "D$_k^2$ / formula of a fixed plane",
}
MEASURES = {
    "excess": "excess, k < n",
    "excess-to-half": "excess, k ≤ n/2",
    "distance": "distance to θₙ",
    "step": "distance to the next",
    "test-loss": "test loss above its floor",
}
SPEED = 3  # frames a second
ACROSS = 3  # panels side by side


def retraining(
    table: pd.DataFrame, planes: pd.DataFrame, exponents: pd.DataFrame, style: dict
) -> Figure:
    """Draw losses, distances, barriers, exponents and the formula's failure, a row a network.

    The tables are those of `retraining.retraining`, `shared_plane.settling` and `rates.exponents`.
    """
    networks = list(dict.fromkeys(table["network"]))
    figure, axes = plt.subplots(
        2 * len(networks), 3, figsize=(PAGE, 4.6 * len(networks)), squeeze=False,
        layout="constrained",
    )  # fmt: skip
    for number, network in enumerate(networks):
        one, two = axes[2 * number : 2 * number + 2]
        own = table[table["network"] == network]
        for axis, panel in zip(one, ("losses", "distances", "barriers"), strict=True):
            _lines(axis, own, panel)
        one[2].set_yscale("symlog", linthresh=1e-3)
        one[2].set_ylim(bottom=0)
        _exponents(two[0], exponents[exponents["network"] == network])
        _lines(two[1], planes[planes["network"] == network], "planes")
        two[1].axhline(1, color=GREY, lw=0.6, ls=":", zorder=0)
        _needed(two[2], own)
        one[0].set_ylabel(f"{network}\n{LABELS['losses']}")
    missed = int((~table.groupby(["network", "seed"])["reached"].all()).sum())
    text = (
        "mean and 95 % interval over starts ({each}), each with an order of samples of its own;\n"
    )
    text += f"{missed} of them missed the goal at some k; {dead_networks(table)}"
    return marks.finished(figure, [], text + _missing(table), table, style)


def _missing(table: pd.DataFrame) -> str:
    """Say where fewer classes are among the k samples than among all, if anywhere."""
    few = table[table["classes"] < table["classes"].max()].groupby("k").size()
    said = [f"in {count} of k = {k:,}" for k, count in few.items()]
    return f"; classes are missing {', '.join(said)}" if said else ""


def _lines(axis: Axes, table: pd.DataFrame, panel: str) -> None:
    """Draw some columns over k on logarithmic axes, with their names in the panel."""
    log = panel in ("losses", "planes")
    for column, name in LINES[panel].items():
        some = table[table["k"] < table["k"].max()] if column == "excess" else table
        some = some[~((some[column] == 0) & (column == "to_all"))]
        marks.band(axis, some, "k", column, log=log, label=name, marker="o", ms=2.5)
    axis.set(xlabel="samples k", ylabel=LABELS[panel], yscale="log" if log else "linear")
    if log:
        axis.yaxis.set_minor_formatter(NullFormatter())
    if panel == "distances":
        axis.set_ylim(bottom=0)
    marks.logarithmic(axis)
    axis.legend(
        loc="lower left", bbox_to_anchor=(0, 1), handlelength=1.2, borderpad=0.1, labelspacing=0.2
    )


def _exponents(axis: Axes, table: pd.DataFrame) -> None:
    """Draw the exponents with their intervals."""
    for height, measure in enumerate(MEASURES):
        row = table[table["measure"] == measure].iloc[0]
        found = Interval(*(float(row[name]) for name in ("number", "low", "high")))
        marks.dot(axis, found, height, color=INK)
    marks.rows_of(axis, list(MEASURES.values()))
    for at in (0, 0.5, 1):
        axis.axvline(at, color=GREY, lw=0.6, ls=":", zorder=0)
    axis.set(xlabel="exponent c of k⁻ᶜ")


def _needed(axis: Axes, table: pd.DataFrame) -> None:
    """Draw how many steps training took."""
    marks.band(axis, table, "k", "steps", color=INK, marker="o", ms=2.5)
    axis.set(xlabel="samples k", ylabel="steps to the goal", ylim=(0, None))
    marks.logarithmic(axis)


def settling(
    surfaces: pd.DataFrame, corners: pd.DataFrame, shown: list[int], style: dict
) -> Figure:
    """Draw the surfaces of L_k over one plane as panels, one a number of samples.

    `surfaces` and `corners` are those of `shared_plane.settling`, `shown` some of its k.
    """
    rows = -(-len(shown) // ACROSS)
    figure, axes = plt.subplots(
        rows, ACROSS, figsize=(PAGE, 2.1 * rows + 0.3), sharex=True, sharey=True, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    norm = _norm(surfaces)
    for axis, k in zip(axes.flat, shown, strict=False):
        mesh = _surface(axis, surfaces[surfaces["k"] == k], norm, style)
        _corners(axis, corners, k)
        axis.set_title(f"k = {k:,}")
    for axis in axes.flat[len(shown) :]:
        axis.set_visible(False)
    for axis in axes[-1]:
        axis.set_xlabel("α")
    for axis in axes[:, 0]:
        axis.set_ylabel("β")
    figure.colorbar(mesh, ax=axes, label=loss_label(log=True), shrink=0.8, aspect=20)
    text = "L$_k$ over the plane through the networks of " + _names(corners)
    text += " samples; axes in units of the distance of the first from the last"
    figure.supxlabel(text, size=style["size"] - 2, color=GREY)
    return figure


def settling_animation(surfaces: pd.DataFrame, corners: pd.DataFrame, style: dict) -> FuncAnimation:
    """Animate the surface of L_k over one plane, a frame a number of samples; see `as_gif`.

    `surfaces` and `corners` are those of `shared_plane.settling`.
    """
    figure, axis = plt.subplots(figsize=(3.4, 3.0), layout="constrained")
    norm, counts = _norm(surfaces), sorted(set(surfaces["k"]))
    scale = mpl.cm.ScalarMappable(norm=norm, cmap=style["colormap"])
    figure.colorbar(scale, ax=axis, label=loss_label(log=True))

    def draw(k: int) -> list:
        axis.clear()
        _surface(axis, surfaces[surfaces["k"] == k], norm, style)
        _corners(axis, corners, k)
        axis.set(title=f"k = {k:,} samples", xlabel="α", ylabel="β")
        return []

    # the last one longer
    return FuncAnimation(figure, draw, frames=[*counts, *[counts[-1]] * 4], interval=1000 / SPEED)


def as_gif(animation: FuncAnimation, style: dict) -> bytes:
    """Return an animation as a GIF, the same bytes for the same figure."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "animation.gif")
        animation.save(path, writer=PillowWriter(fps=SPEED), dpi=style["dpi"])
        return path.read_bytes()


def _norm(surfaces: pd.DataFrame) -> mpl.colors.Normalize:
    """Return one logarithmic scale for all surfaces."""
    low = surfaces["loss"].min()
    return mpl.colors.LogNorm(low, max(surfaces["loss"].max(), 1.01 * low))


def _surface(axis: Axes, surface: pd.DataFrame, norm, style: dict):
    """Draw the contours of one surface; return what a colour bar needs."""
    wide = surface.pivot(index="beta", columns="alpha", values="loss")
    alpha, beta = wide.columns.to_numpy(), wide.index.to_numpy()
    mesh = axis.pcolormesh(
        alpha, beta, wide.to_numpy(), cmap=style["colormap"], norm=norm, shading="gouraud",
        rasterized=True,
    )  # fmt: skip
    levels = np.geomspace(norm.vmin, norm.vmax, 13)[1:-1]
    axis.contour(alpha, beta, wide.to_numpy(), levels, colors="white", linewidths=0.5)
    row, column = np.unravel_index(wide.to_numpy().argmin(), wide.shape)
    axis.plot(alpha[column], beta[row], "v", ms=4, mfc="white", mec=INK, mew=0.6)
    axis.set(aspect="equal", xlim=(alpha[0], alpha[-1]), ylim=(beta[0], beta[-1]))
    return mesh


def _corners(axis: Axes, corners: pd.DataFrame, k: int) -> None:
    """Mark the networks that the plane goes through; filled where it was trained on these k."""
    for _, corner in corners.iterrows():
        fill = INK if corner["k"] == k else "white"
        axis.plot(corner["alpha"], corner["beta"], "o", ms=4, mfc=fill, mec=INK, mew=0.8)
        place = (corner["alpha"], corner["beta"])
        axis.annotate(
            f"{int(corner['k']):,}", place, (0, 4), textcoords="offset points", ha="center",
            size="small", color="white", path_effects=[withStroke(linewidth=1.2, foreground=INK)],
        )  # fmt: skip


def _names(corners: pd.DataFrame) -> str:
    """List the numbers of samples of the corners."""
    *first, last = (f"{int(k):,}" for k in corners["k"])
    return f"{', '.join(first)} and {last}"
