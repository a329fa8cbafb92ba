"""Training runs over a surface, and how far from it."""

import itertools
from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from prospect.drawing.panels import contours, footnote, is_log, limits_of, loss_label
from prospect.drawing.style import GREY, INK, PAGE
from prospect.records.grids import Grid

COLORS = ("white", "#ff7f0e", "#e377c2", "#d62728", "#17becf")  # of runs, on any colormap


def trajectories(grid: Grid, checkpoints: pd.DataFrame, runs: pd.DataFrame, style: dict) -> Figure:
    """Draw the checkpoints of training runs over a surface, their losses, and their distance.

    `checkpoints` and `runs` are the rows of this surface (`landscape.runs.follow`). The plane is
    drawn to scale, whatever the angle of its two directions.
    """
    figure = plt.figure(figsize=(PAGE, 3.4), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(1.15, 1))
    several = len(runs) > 1
    _plane(left, grid, checkpoints, runs, style)
    above, below = right.subplots(2, 1, sharex=True, height_ratios=(1.6, 1))
    for color, (name, own) in zip(_colors(), _by_run(checkpoints), strict=False):
        above.plot(own["epoch"], own["loss"], color=color, marker=".", ms=3, label=name)
        above.plot(own["epoch"], own["projected_loss"], color=color, ls="--", lw=0.9)
        below.plot(own["epoch"], own["distance_share"], color=color, marker=".", ms=3)
    above.set(
        yscale="log", ylabel=loss_label(True), title="checkpoints (solid), in the plane (- -)"
    )
    below.set(xlabel="epoch", ylabel="share of the way\nout of the plane", ylim=(0, None))
    below.set_xscale("symlog", linthresh=1)
    below.xaxis.set_major_formatter(lambda epoch, _: f"{epoch:g}")
    if several:
        above.legend(loc="best")
    sns.despine(right)
    attrs = grid.attrs
    figure.suptitle(
        f"{attrs['network']}, seed {attrs['seed']}, {attrs['center']}: {_said(runs)}",
        size=style["size"] + 1,
    )
    figure.supxlabel(footnote([grid]), size=style["size"] - 2, color=GREY)
    return figure


def _plane(figure, grid: Grid, checkpoints: pd.DataFrame, runs: pd.DataFrame, style: dict) -> None:
    """Draw the plane with the loss and the paths, in units of ‖θ‖ of the center."""
    axis, log, about = figure.add_subplot(), is_log([grid]), runs.iloc[0]
    places = np.meshgrid(*grid.axes.values(), indexing="xy")
    loss, limits = grid.values.loss.T, limits_of([grid], log)
    mesh = contours(axis, *_to_scale(*places, about), loss, log, style, limits)
    for color, (_, own) in zip(itertools.cycle(COLORS), _by_run(checkpoints), strict=False):
        x, y = _to_scale(own["alpha"].to_numpy(), own["beta"].to_numpy(), about)
        axis.plot(x, y, color=INK, lw=2.2, zorder=3)
        axis.plot(x, y, color=color, lw=1.2, marker="o", ms=2.5, mec=INK, mew=0.4, zorder=4)
        for place, marker in ((0, "o"), (-1, "s")):
            axis.plot(
                x[place], y[place], marker=marker, ms=6, mfc=color, mec=INK, ls="none", zorder=5
            )
    names, norms = grid.attrs["directions"], (about["norm_alpha"], about["norm_beta"])
    axis.set(
        aspect="equal",
        xlabel=f"[‖θ‖]; α along {names[0]}, ‖ε‖ = {norms[0]:.2g} ‖θ‖",
        ylabel=f"[‖θ‖]; β along {names[1]}, {norms[1]:.2g} ‖θ‖",
    )
    figure.colorbar(mesh, ax=axis, label=loss_label(log), shrink=0.85)


def _to_scale(alpha: np.ndarray, beta: np.ndarray, about: pd.Series) -> tuple:
    """Return points of a plane at right angles, in units of ‖θ‖ of its center."""
    sine = np.sqrt(1 - about["cosine"] ** 2)
    along, across = alpha * about["norm_alpha"], beta * about["norm_beta"]
    return along + across * about["cosine"], across * sine


def _by_run(checkpoints: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the rows of every run, with its name."""
    for (network, seed), own in checkpoints.groupby(["run_network", "run_seed"], sort=False):
        yield f"{network}, seed {seed}", own


def _colors() -> Iterator[str]:
    return itertools.cycle([INK, *COLORS[1:]])


def _said(runs: pd.DataFrame) -> str:
    """Say what the plane explains of the runs, beside a random walk."""
    shares = "explains " + ", ".join(f"{share:.1%}" for share in runs["explained"])
    best = ", ".join(f"{share:.1%}" for share in runs["walk_best"])
    return f"the plane {shares} of the path;\na random walk's best plane {best} of the walk"
