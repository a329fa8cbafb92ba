"""Training runs over a surface, and how far from it."""

import itertools
from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from prospect.drawing.panels import Limits, contours, footnote, is_log, limits_of, loss_label
from prospect.drawing.style import GREY, INK, PAGE
from prospect.records.grids import Grid

COLORS = ("white", "#ff7f0e", "#e377c2", "#d62728", "#17becf")  # of runs, on any colormap
EPOCHS = (0, 1, 3, 10, 30, 100, 300)  # with a tick


def trajectories(
    grid: Grid,
    checkpoints: pd.DataFrame,
    runs: pd.DataFrame,
    style: dict,
    together: list[Grid] | None = None,
) -> Figure:
    """Draw the checkpoints of training runs over a surface, their losses, and their distance.

    `checkpoints` and `runs` are the rows of this surface (`landscape.runs.follow`). The plane is
    drawn to scale, whatever the angle of its two directions; its colours have room for all surfaces
    that are compared `together`.
    """
    figure = plt.figure(figsize=(PAGE, 3.1 + 0.3 * len(runs)), layout="constrained")
    left, right = figure.subfigures(1, 2, squeeze=False, width_ratios=(1.15, 1))[0]
    axis, log = left.add_subplot(), is_log(together or [grid])
    mesh = _plane(axis, grid, runs.iloc[0], log, limits_of(together or [grid], log), style)
    _paths(axis, checkpoints, runs.iloc[0])
    unit = grid.attrs["loss_unit"]
    left.colorbar(mesh, ax=axis, label=loss_label(log, unit), shrink=0.85)
    _losses(right, checkpoints, runs, unit)
    attrs = grid.attrs
    title = f"{attrs['network']}, seed {attrs['seed']}, {attrs['center']}"
    left.suptitle(title, size=style["size"] + 1)
    figure.supxlabel(footnote([grid]), size=style["size"] - 2, color=GREY)
    return figure


def _plane(axis: Axes, grid: Grid, about: pd.Series, log: bool, limits: Limits, style: dict):
    """Draw the loss over the plane in units of ‖θ‖ of the center; return what a bar needs."""
    alpha, beta = np.meshgrid(*grid.axes.values(), indexing="xy")
    loss = grid.values.loss.T
    mesh = contours(axis, *_to_scale(alpha, beta, about), loss, log, style, limits)
    names, norms = grid.attrs["directions"], (about["norm_alpha"], about["norm_beta"])
    axis.set(
        aspect="equal",
        xlabel=f"[‖θ‖]; α along {names[0]}, ‖ε‖ = {norms[0]:.2g} ‖θ‖",
        ylabel=f"[‖θ‖]; β along {names[1]}, {norms[1]:.2g} ‖θ‖",
    )
    return mesh


def _paths(axis: Axes, checkpoints: pd.DataFrame, about: pd.Series) -> None:
    """Draw where the checkpoints of every run are: a ring where it starts, a square at its end."""
    for color, own in zip(itertools.cycle(COLORS), _by_run(checkpoints), strict=False):
        x, y = _to_scale(own["alpha"].to_numpy(), own["beta"].to_numpy(), about)
        axis.plot(x, y, color=INK, lw=2.2, zorder=3)
        axis.plot(x, y, color=color, lw=1.2, marker="o", ms=2.5, mec=INK, mew=0.4, zorder=4)
        for place, marker in ((0, "o"), (-1, "s")):
            axis.plot(
                x[place], y[place], marker=marker, ms=6, mfc=color, mec=INK, ls="none", zorder=5
            )


def _to_scale(
    alpha: np.ndarray, beta: np.ndarray, about: pd.Series
) -> tuple[np.ndarray, np.ndarray]:
    """Return points of a plane at right angles, in units of ‖θ‖ of its center."""
    along, across = alpha * about["norm_alpha"], beta * about["norm_beta"]
    return along + across * about["cosine"], across * np.sqrt(1 - about["cosine"] ** 2)


def _losses(figure: SubFigure, checkpoints: pd.DataFrame, runs: pd.DataFrame, unit: str) -> None:
    """Draw the losses of checkpoints and of their places in the plane, and how far those are."""
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(1.6, 1))
    colors, last = itertools.cycle((INK, *COLORS[1:])), checkpoints["epoch"].max()
    for color, about, own in zip(colors, runs.itertuples(), _by_run(checkpoints), strict=False):
        epoch = own["epoch"]
        above.plot(epoch, own["loss"], color=color, marker=".", ms=3, label=_said(about))
        above.plot(epoch, own["projected_loss"], color=color, ls="--", lw=0.9)
        below.plot(epoch, own["distance_share"], color=color, marker=".", ms=3)
    above.set(yscale="log", ylabel=loss_label(True, unit).replace(", ", ",\n"))
    above.set_title("checkpoint (solid), nearest point in the plane (dashed)", loc="right")
    below.set(xlabel="epoch", ylabel="out of the\nplane [share]", ylim=(0, None))
    below.set_xscale("symlog", linthresh=1)
    below.set_xlim(0, last)
    below.set_xticks([epoch for epoch in EPOCHS if epoch <= last], minor=False)
    below.xaxis.set_major_formatter(lambda epoch, _: f"{epoch:g}")
    figure.legend(loc="outside upper left")
    sns.despine(figure)


def _by_run(checkpoints: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield the rows of every run."""
    for _, own in checkpoints.groupby(["run_network", "run_seed"], sort=False):
        yield own


def _said(about) -> str:
    """Say what the plane explains of a run, beside the best plane, and that of a random walk."""
    return (
        f"{about.run_network}, seed {about.run_seed}: {about.explained:.1%} of the path in the "
        f"plane\n(in its best {about.explained_best:.1%}; random walk {about.walk_best:.1%})"
    )
