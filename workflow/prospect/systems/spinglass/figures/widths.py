"""Figure of independent solutions against width, before and after alignment."""

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from prospect.drawing import marks
from prospect.drawing.panels import loss_label
from prospect.drawing.style import GREY, INK, PAGE


def widths(pairs: pd.DataFrame, exponents: pd.DataFrame, style: dict) -> Figure:
    """Draw barriers, overlaps and losses against width: a row a recipe, a colour a length.

    `pairs` is the table of `tables.width_pairs`, `exponents` that of `tables.width_exponents`.
    Bands are over pairs that share no network.
    """
    networks, lengths = list(dict.fromkeys(pairs["network"])), sorted(set(pairs["epochs"]))
    figure, axes = plt.subplots(
        len(networks), 4, figsize=(PAGE, 2.2 * len(networks) + 0.7), squeeze=False,
        layout="constrained",
    )  # fmt: skip
    apart = pairs[pairs["disjoint"]]
    for row, network in zip(axes, networks, strict=True):
        own = apart[apart["network"] == network]
        trained, untrained = (own[own["state"] == state] for state in ("trained", "untrained"))
        for color, epochs in zip(sns.color_palette(), lengths, strict=False):
            rows = trained[trained["epochs"] == epochs]
            marks.band(row[0], rows, "width", "barrier", log=True, color=color, ls="--")
            marks.band(row[0], rows, "width", "aligned_barrier", log=True, color=color)
            marks.band(row[1], rows, "width", "loss", log=True, color=color)
            marks.band(row[2], rows, "width", "aligned_overlap", color=color)
            marks.band(row[2], rows, "width", "null_overlap", color=color, ls=":")
        marks.band(row[2], untrained, "width", "aligned_overlap", color=GREY)
        _exponents(row[3], exponents[exponents["network"] == network], lengths)
        for axis in row[:3]:
            axis.set_xscale("log", base=2)
            shown = sorted(set(own["width"]))[:: max(1, len(set(own["width"])) // 4)]
            axis.set_xticks(shown, shown)
            axis.set_xlabel("hidden units")
        row[0].set(yscale="log", ylabel="barrier [nats]", title=f"recipe of {network}")
        row[1].set(yscale="log", ylabel=loss_label(True))
        row[2].set(ylim=(0, 1), ylabel="overlap after alignment")
    handles = [
        marks.key(color=color, label=f"{epochs} epochs")
        for color, epochs in zip(sns.color_palette(), lengths, strict=False)
    ]
    handles += [
        marks.key(color=INK, ls="--", label="before alignment"),
        marks.key(color=INK, label="after"),
        marks.key(color=INK, ls=":", label="null: shuffled in rows"),
        marks.key(color=GREY, label="untrained"),
    ]
    text = (
        "means and 95 % intervals over pairs that share no network ({each}); exponents over all "
        "pairs, intervals by jackknife over networks"
    )
    return marks.finished(figure, handles, text, apart, style, ncols=4, columnspacing=1.2)


def _exponents(axis, exponents: pd.DataFrame, lengths: list[int]) -> None:
    """Draw the exponents of the barrier after alignment, a row a range of widths."""
    after = exponents[exponents["outcome"] == "aligned_barrier"]
    spans = list(dict.fromkeys(zip(after["from"], after["to"], strict=True)))
    for height, (low, high) in enumerate(spans):
        rows = after[(after["from"] == low) & (after["to"] == high)].set_index("epochs")
        places = zip(marks.spread(len(lengths)), sns.color_palette(), lengths, strict=False)
        for offset, color, epochs in places:
            row = rows.loc[epochs]
            axis.plot(row["number"], height + offset, "o", ms=4, color=color)
            axis.plot([row["low"], row["high"]], [height + offset] * 2, color=color, lw=1)
    axis.axvline(-0.5, color=GREY, lw=0.6, ls=":", zorder=0)
    marks.rows_of(axis, [f"{low:g}–{high:g}" for low, high in spans])
    axis.set(xlabel="exponent of the\naligned barrier", ylabel="hidden units")
