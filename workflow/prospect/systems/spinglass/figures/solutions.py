"""Figures of solutions: P(q), dendrograms with their distances, and z against the nulls."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from scipy.cluster.hierarchy import dendrogram as of_linkage

from prospect.drawing import marks
from prospect.drawing.style import GREY, INK, PAGE
from prospect.systems.spinglass.tables import FOUND
from prospect.systems.spinglass.ultrametricity import dendrogram

KINDS = ("untrained", "independent", "copies", "forked")
ALIGNMENTS = {"none": ":", "pairs": "-", "barycentre": "--"}
NAMES = {
    "none": "as they are",
    "pairs": "aligned in pairs",
    "barycentre": "aligned to a barycentre",
}
NULLS = {"shuffled": "s", "rows": "^", "rotation": "o"}
SPACES = {"weights": "aligned", "raw": "as they are", "answers": "answers"}


def distributions(table: pd.DataFrame, style: dict) -> Figure:
    """Draw P(q) before and after alignment: a row a network, a column a kind of solutions.

    `table` is that of `overlaps_between.distributions`; over all weights, of one set.
    """
    whole = table[table["layer"] == "all"]
    networks = list(dict.fromkeys(whole["network"]))
    kinds = [kind for kind in KINDS if (whole["kind"] == kind).any()]
    figure, axes = plt.subplots(
        len(networks), len(kinds), figsize=(PAGE, 1.5 * len(networks) + 0.8), sharex=True,
        sharey=True, squeeze=False, layout="constrained",
    )  # fmt: skip
    for row, network in zip(axes, networks, strict=True):
        for axis, kind in zip(row, kinds, strict=True):
            own = whole[(whole["network"] == network) & (whole["kind"] == kind)]
            for color, (alignment, dashes) in zip(
                sns.color_palette(), ALIGNMENTS.items(), strict=False
            ):
                rows = own[own["alignment"] == alignment]
                heights = rows.set_index("overlap")["density"]
                bins = np.round(np.arange(-0.295, 1, 0.01), 3)
                heights = heights.rename(lambda q: round(q, 3)).reindex(bins, fill_value=0)
                axis.step(bins, heights, where="mid", color=color, ls=dashes, lw=1)
            axis.set(yscale="symlog", ylim=(0, 120), xlim=(-0.3, 1))
            axis.set_yticks([0, 1, 10, 100], ["0", "1", "10", "100"])
        row[0].set_ylabel(f"{network}\nP(q)")
    for axis, kind in zip(axes[0], kinds, strict=True):
        axis.set_title(kind)
    for axis in axes[-1]:
        axis.set_xlabel("overlap q")
    handles = [
        marks.key(color=color, ls=ls, label=NAMES[alignment])
        for color, (alignment, ls) in zip(sns.color_palette(), ALIGNMENTS.items(), strict=False)
    ]
    text = "density of the overlaps of all pairs of a set ({each}); linear up to 1"
    return marks.finished(figure, handles, text, table, style, ncols=3)


def dendrograms(distances: pd.DataFrame, style: dict) -> Figure:
    """Draw dendrograms over the distances in their order: a row a network, a column a kind.

    `distances` is the table of `sets.Tables`; those of aligned weights, average linkage.
    """
    kinds = ["independent", "copies", "forked"]
    own = distances[(distances["space"] == "weights") & distances["kind"].isin(kinds)]
    networks = list(dict.fromkeys(own["network"]))
    figure = plt.figure(figsize=(PAGE, 2.9 * len(networks) + 0.3), layout="constrained")
    grid = figure.add_gridspec(
        2 * len(networks), len(kinds), height_ratios=[0.45, 1] * len(networks)
    )
    for number, network in enumerate(networks):
        most = own.loc[own["network"] == network, "distance"].max()
        for column, kind in enumerate(kinds):
            rows = own[(own["network"] == network) & (own["kind"] == kind)]
            tree = figure.add_subplot(grid[2 * number, column])
            image = figure.add_subplot(grid[2 * number + 1, column])
            drawn = _tree_and_distances(tree, image, _matrix(rows), most)
            tree.set_title(f"{network}, {kind}")
            if column == 0:
                tree.set_ylabel("1 − cosine")
                image.set_ylabel("solutions")
        figure.colorbar(drawn, ax=image, label="1 − cosine, aligned", pad=0.02, shrink=0.9)
    text = (
        "average linkage; weights aligned to one barycentre, one set of each kind; "
        "copies: one network with noise, which has no tree"
    )
    figure.supxlabel(text, size=style["size"] - 2, color=GREY)
    return figure


def _matrix(rows: pd.DataFrame) -> np.ndarray:
    """Return distances (M, M) of the rows of pairs."""
    count = int(rows["member_b"].max()) + 1
    found = np.zeros((count, count))
    found[rows["member"], rows["member_b"]] = rows["distance"]
    return found + found.T


def _tree_and_distances(tree: Axes, image: Axes, distances: np.ndarray, most: float):
    """Draw a dendrogram above the distances in its order."""
    with plt.rc_context({"lines.linewidth": 0.6}):
        found = of_linkage(
            dendrogram(distances), ax=tree, no_labels=True, color_threshold=0,
            above_threshold_color=INK,
        )  # fmt: skip
    tree.set_ylim(0, most * 1.02)
    for side in ("top", "right", "bottom"):
        tree.spines[side].set_visible(False)
    order = found["leaves"]
    shown = distances[np.ix_(order, order)]
    image.set(xticks=[], yticks=[])
    return image.imshow(shown, cmap="mako", vmin=0, vmax=most, aspect="auto", rasterized=True)


def hierarchy(table: pd.DataFrame, style: dict) -> Figure:
    """Draw z against every null: a panel a network and one of the controls, a row a kind and space.

    `table` is that of all sets and controls, of `hierarchy.hierarchy` and `trees.controls`.
    """
    control = table["space"] == "control"
    networks = list(dict.fromkeys(table.loc[~control, "network"]))
    panels = {name: _rows_of_network(table[table["network"] == name]) for name in networks}
    panels["controls"] = {
        str(name): own for name, own in table[control].groupby("network", sort=False)
    }
    figure, axes = plt.subplots(
        1, len(panels), figsize=(PAGE, 3.6), layout="constrained", squeeze=False, sharex=True
    )
    for axis, (name, rows) in zip(axes[0], panels.items(), strict=True):
        axis.add_patch(Rectangle((FOUND, -1), -2 * FOUND, 99, color=GREY, alpha=0.15, lw=0))
        for height, own in enumerate(rows.values()):
            for offset, (null, marker) in zip(marks.spread(3, 0.4), NULLS.items(), strict=True):
                z = own.loc[own["null"] == null, "z"]
                deciding = null == "rotation"
                look = {
                    "color": INK if deciding else GREY,
                    "marker": marker,
                    "ms": 4 if deciding else 3,
                }
                marks.dot(axis, marks.mean_over_units(z), height + offset, **look)
        marks.rows_of(axis, list(rows))
        axis.set_xscale("symlog", linthresh=3)
        axis.set_xticks([-100, -10, -2, 2], ["−100", "−10", "−2", "2"])
        axis.minorticks_off()
        axis.set(title=name, xlabel="z of K")
    handles = [
        marks.dots_key(label, color=color, marker=NULLS[null])
        for null, label, color in (
            ("shuffled", "null: distances shuffled", GREY),
            ("rows", "null: row effects kept", GREY),
            ("rotation", "null: members rotated, which decides", INK),
        )
    ]
    text = (
        "ultrametricity K in standard deviations of its null, below 0 as of a tree; mean and 95 % "
        "interval over sets ({each}); linear up to 3"
    )
    return marks.finished(figure, handles, text, table[~control], style, ncols=3)


def _rows_of_network(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return what is drawn of a network by its label: every kind, in three spaces."""
    found = {}
    for kind in KINDS:
        for space, label in SPACES.items():
            rows = table[(table["kind"] == kind) & (table["space"] == space)]
            # whoever has learnt nothing answers all samples alike
            if len(rows) and not (space == "answers" and kind in ("untrained", "copies")):
                found[f"{kind}, {label}"] = rows
    return found
