"""Loss and accuracy over the epochs."""

import itertools

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from prospect.drawing.panels import loss_label
from prospect.drawing.style import PAGE


def training(histories: dict[tuple[str, int], pd.DataFrame], style: dict) -> Figure:
    """Draw loss and accuracy over the epochs, a column a network, a colour a seed."""
    networks = list(dict.fromkeys(network for network, _ in histories))
    figure, axes = plt.subplots(
        2, len(networks), figsize=(PAGE / 2 * max(1.2, len(networks)), 3.6),
        sharex=True, sharey="row", squeeze=False, layout="constrained",
    )  # fmt: skip
    for column, network in enumerate(networks):
        runs = [(seed, table) for (name, seed), table in histories.items() if name == network]
        for color, (seed, table) in zip(itertools.cycle(sns.color_palette()), runs, strict=False):
            for row, quantity in enumerate(("loss", "accuracy")):
                axis = axes[row, column]
                axis.plot(table["epoch"], table[quantity], color=color, label=f"seed {seed}, train")
                axis.plot(
                    table["epoch"], table[f"test_{quantity}"], color=color, ls="--", lw=0.9,
                    label=f"seed {seed}, test",
                )  # fmt: skip
        axes[0, column].set(title=network, yscale="log")
        axes[1, column].set_xlabel("epoch")
    axes[0, 0].set_ylabel(loss_label(True))
    axes[1, 0].set_ylabel("accuracy")
    axes[1, -1].legend(loc="lower right")
    sns.despine(figure)
    return figure
