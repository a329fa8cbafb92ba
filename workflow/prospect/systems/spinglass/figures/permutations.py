"""Figure of permuted copies: the loss on the way to them, and the barrier by units moved."""

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prospect.drawing import marks
from prospect.drawing.panels import loss_label
from prospect.drawing.style import INK, PAGE

DASHES = {"swaps": "-", "derangement": (0, (1, 1)), "cycle": "--"}
NAMES = {"swaps": "swaps of two", "derangement": "any, none stays", "cycle": "one cycle"}


def permutations(
    barriers: pd.DataFrame, exponents: pd.DataFrame, segments: pd.DataFrame, style: dict
) -> Figure:
    """Draw segments to copies, barriers against units moved, and their exponents: a row a network.

    `barriers` is the table of `permutations.barriers`, `exponents` that of
    `tables.permutation_exponents`, `segments` that of `permutations.segments`.
    """
    networks = list(dict.fromkeys(barriers["network"]))
    figure, axes = plt.subplots(
        len(networks), 3, figsize=(PAGE, 2.3 * len(networks) + 0.6), squeeze=False,
        layout="constrained", width_ratios=(1, 1, 0.8),
    )  # fmt: skip
    lengths = sorted(set(barriers["epochs"]))
    for row, network in zip(axes, networks, strict=True):
        _segments(row[0], segments[segments["network"] == network], lengths)
        own = barriers[barriers["network"] == network]
        losses = {}
        for number, epochs in enumerate(lengths):
            rows = own[own["epochs"] == epochs]
            losses[epochs] = rows["loss_a"].mean()
            for kind, dashes in DASHES.items():
                of_kind = rows[rows["kind"] == kind]
                of_networks = of_kind.groupby(["moved", "seed"], as_index=False)["barrier"].mean()
                marks.band(
                    row[1],
                    of_networks,
                    "moved",
                    "barrier",
                    log=True,
                    color=_color(number),
                    ls=dashes,
                )
        row[1].set(yscale="log", xlabel="units that change places", ylabel="barrier [nats]")
        row[1].set_xscale("log", base=2)
        row[1].set_xticks(sorted(set(own["moved"])), sorted(set(own["moved"])))
        _exponents(row[2], exponents[exponents["network"] == network], lengths, losses)
        row[1].set_title(network)
    handles = [marks.key(color=INK, ls=ls, label=NAMES[kind]) for kind, ls in DASHES.items()]
    handles += [
        marks.key(color=_color(number), label=f"{epochs} epochs")
        for number, epochs in enumerate(lengths)
    ]
    text = (
        "left: the longest training of one network; lines: geometric means and 95 % intervals over "
        "networks ({each}), each the mean of its draws"
    )
    return marks.finished(figure, handles, text, barriers, style, ncols=6, columnspacing=1.2)


def _color(number: int):
    """Return the colour of a length of training."""
    return sns.color_palette()[number]


def _segments(axis: Axes, segments: pd.DataFrame, lengths: list[int]) -> None:
    """Draw the loss on the way to a copy of each kind, all units moved that are, and a quarter."""
    own = segments[segments["epochs"] == lengths[-1]]
    most, color = own["moved"].max(), _color(len(lengths) - 1)
    for moved, width in ((most, 1.2), (most // 4, 0.7)):
        for kind, dashes in DASHES.items():
            curve = own[(own["moved"] == moved) & (own["kind"] == kind) & (own["draw"] == 0)]
            axis.plot(curve["t"], curve["loss"], color=color, ls=dashes, lw=width)
        if len(curve):
            top = own[own["moved"] == moved].groupby("kind")["loss"].max().max()
            axis.annotate(
                f"{moved} units", (0.5, top), (0, 2), textcoords="offset points", ha="center",
                size="x-small",
            )  # fmt: skip
    axis.set(yscale="log", xlabel="t, from θ to its copy", ylabel=loss_label(True))


def _exponents(axis: Axes, exponents: pd.DataFrame, lengths: list[int], losses: dict) -> None:
    """Draw the exponents of the barrier, a row a length of training."""
    for height, epochs in enumerate(lengths):
        rows = exponents[exponents["epochs"] == epochs].set_index("kind")
        for offset, kind in zip(marks.spread(len(DASHES)), DASHES, strict=True):
            row = rows.loc[kind]
            color = _color(lengths.index(epochs))
            axis.plot(
                [row["low"], row["high"]], [height + offset] * 2, color=color, lw=1, ls=DASHES[kind]
            )
            axis.plot(row["number"], height + offset, "o", ms=4, color=color)
    marks.rows_of(axis, [f"{epochs} epochs,\nloss {losses[epochs]:.1g}" for epochs in lengths])
    axis.set_xlabel("exponent of the barrier\nin units moved")
