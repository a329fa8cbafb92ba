"""Figure of averaged weights: the line to the SGD that goes on, and which side is the flat one."""

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prospect.base.intervals import share_over_units
from prospect.drawing import marks
from prospect.drawing.style import GREY, INK, PAGE
from prospect.systems.valleys.figures.batches import ends_at

SHARES = {"plus_lower": "training loss lower\non the side of SWA",
          "test_plus_lower": "test loss lower\non the side of SWA"}  # fmt: skip
NUMBERS = {"sign_consistency": "sign consistency of\nSWA − SGD with SGD"}


def averages(pairs: pd.DataFrame, lines: pd.DataFrame, style: dict) -> Figure:
    """Draw the loss on the line from SWA to SGD for every weight decay, and its sides.

    A row a network. `pairs` and `lines` are the tables of `averages.averages`.
    """
    networks = list(dict.fromkeys(pairs["network"]))
    decays = list(dict.fromkeys(pairs["weight_decay"]))
    colors = dict(zip(decays, sns.color_palette(n_colors=len(decays)), strict=True))
    columns = len(decays) + 1
    figure, axes = plt.subplots(
        len(networks), columns, figsize=(max(PAGE, 2.3 * columns), 1.9 * len(networks) + 0.7),
        squeeze=False, layout="constrained",
    )  # fmt: skip
    for row, network in zip(axes, networks, strict=True):
        own = lines[lines["network"] == network]
        for axis, decay in zip(row, decays, strict=False):
            _line(axis, own[own["weight_decay"] == decay], colors[decay])
            axis.set_title(f"{network}, weight decay {decay:g}")
        row[0].set_ylabel("loss / loss of SGD")
        _sides(row[-1], pairs[pairs["network"] == network], colors)
    for axis in axes[-1, :-1]:
        axis.set_xlabel("position on the line")
    axes[-1, -1].set_xlabel("share")
    handles = [marks.key(color=INK, label="training"), marks.key(color=INK, ls="--", label="test")]
    handles += [
        marks.dots_key(f"weight decay {decay:g}", color=color) for decay, color in colors.items()
    ]
    text = (
        "geometric mean of the ratios, shares of networks, mean of the consistency, each "
        "with its 95 % interval over networks ({each})"
    )
    return marks.finished(figure, handles, text, pairs, style, ncols=len(handles))


def _line(axis: Axes, lines: pd.DataFrame, color) -> None:
    """Draw training and test loss on the line, in units of those at its end."""
    for prefix, dashes in (("", "-"), ("test_", "--")):
        name = f"{prefix}loss"
        sgd = lines[lines["alpha"] == 1].set_index("seed")[name]
        ratios = lines.assign(ratio=lines[name] / lines["seed"].map(sgd))
        marks.band(axis, ratios, "alpha", "ratio", log=True, color=color, ls=dashes)
    ends_at(axis, {0: "SWA", 1: "SGD"}, lines["alpha"])


def _sides(axis: Axes, pairs: pd.DataFrame, colors: dict) -> None:
    """Draw in how many networks the side of SWA is the lower one, and the sign consistency."""
    for offset, (decay, color) in zip(marks.spread(len(colors), 0.3), colors.items(), strict=True):
        rows = pairs[pairs["weight_decay"] == decay]
        for height, column in enumerate(SHARES):
            shares = rows[column].astype(float).tolist()
            marks.dot(axis, share_over_units(shares), height + offset, color=color)
        for height, column in enumerate(NUMBERS, start=len(SHARES)):
            marks.dot(axis, marks.mean_over_units(rows[column]), height + offset, color=color)
    axis.axvline(0.5, color=GREY, lw=0.6, ls=":", zorder=0)
    axis.set_xlim(-0.05, 1.05)
    marks.rows_of(axis, [*SHARES.values(), *NUMBERS.values()])
