"""Loss and metric over the epochs."""

import itertools

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from prospect.drawing.panels import loss_label
from prospect.drawing.style import PAGE

FEW = 10  # epochs of which each is marked: a line alone would not show a single one


def training(
    histories: dict[tuple[str, int], pd.DataFrame], style: dict, unit: str, metric: str
) -> Figure:
    """Draw loss and metric over the epochs, a column a network, a colour a seed.

    `unit` is the loss's, `metric` its name; each empty where there is none.
    """
    networks = list(dict.fromkeys(network for network, _ in histories))
    quantities = ["loss", "accuracy"] if metric else ["loss"]
    figure, axes = plt.subplots(
        len(quantities), len(networks),
        figsize=(PAGE / 2 * max(1.2, len(networks)), 0.4 + 1.6 * len(quantities)),
        sharex=True, sharey="row", squeeze=False, layout="constrained",
    )  # fmt: skip
    for column, network in enumerate(networks):
        runs = [(seed, table) for (name, seed), table in histories.items() if name == network]
        for color, (seed, table) in zip(itertools.cycle(sns.color_palette()), runs, strict=False):
            dot, cross = ("o", "x") if len(table) < FEW else ("", "")
            how = {"color": color, "markersize": 3}
            for row, quantity in enumerate(quantities):
                axis = axes[row, column]
                axis.plot(
                    table["epoch"], table[quantity], label=f"seed {seed}, train", marker=dot, **how
                )
                axis.plot(
                    table["epoch"], table[f"test_{quantity}"], ls="--", lw=0.9,
                    label=f"seed {seed}, test", marker=cross, **how,
                )  # fmt: skip
        axes[0, column].set(title=network, yscale="log")
        axes[-1, column].set_xlabel("epoch")
        axes[-1, column].xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    for axis, label in zip(axes[:, 0], (loss_label(True, unit), metric), strict=False):
        axis.set_ylabel(label)
    axes[-1, -1].legend(loc="lower right" if metric == "accuracy" else "best")
    sns.despine(figure)
    return figure
