"""Loss and metric over the epochs."""

import itertools

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from prospect.drawing.panels import loss_label
from prospect.drawing.style import PAGE


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
            for row, quantity in enumerate(quantities):
                axis = axes[row, column]
                axis.plot(table["epoch"], table[quantity], color=color, label=f"seed {seed}, train")
                axis.plot(
                    table["epoch"], table[f"test_{quantity}"], color=color, ls="--", lw=0.9,
                    label=f"seed {seed}, test",
                )  # fmt: skip
        axes[0, column].set(title=network, yscale="log")
        axes[-1, column].set_xlabel("epoch")
    for axis, label in zip(axes[:, 0], (loss_label(True, unit), metric), strict=False):
        axis.set_ylabel(label)
    axes[-1, -1].legend(loc="lower right" if metric == "accuracy" else "best")
    sns.despine(figure)
    return figure
