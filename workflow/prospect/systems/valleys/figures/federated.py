"""Figures of federated training: learning curves and gains, what growth does, the partition."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prospect.drawing.marks import band
from prospect.drawing.style import GREY, INK, PAGE

METHODS = {
    "fedavg": "FedAvg",
    "fedprox": "FedProx",
    "feddyn": "FedDyn",
    "fedpan": "FedPAN",
    "fedsign": "FedSign",
    "fedsign-permuted": "signs permuted",
    "fedsign-growth": "growth alone",
    "fedsign-rest": "without growth",
}
# colours of the palette; those of FedSign and its parts are the same in all figures of the system
COLORS = {"fedsign": 0, "fedsign-growth": 1, "fedsign-permuted": 2, "fedsign-rest": 3}
COLORS |= {"fedprox": 4, "feddyn": 9, "fedpan": 7}
MEASURES = {"aulc": "o", "last": "s"}
MARKS = "filled: mean of all rounds; open: of the last five"
PER_ROUND = {
    "norm": "norm of weights",
    "drift": "drift of clients",
    "sign_consistency_clients": "equal signs\namong clients",
    "midpoint_gap": "midpoint gap\n[points]",
}
SHOWN = 40  # clients of a partition


def federated(rounds: pd.DataFrame, gains: pd.DataFrame, style: dict) -> Figure:
    """Draw learning curves of the tuned methods, and what they gain over tuned FedAvg, by α.

    `rounds` and `gains` are the tables of `gains.rounds_of` and `gains.gains`.
    """
    alphas = sorted(rounds["alpha"].unique())
    figure, axes = _panels(2, alphas, (2.1, 2.4))
    for axis, alpha in zip(axes[0], alphas, strict=True):
        own = rounds[(rounds["setting"] == "tuned-aulc") & (rounds["alpha"] == alpha)]
        for method in _methods_of(own):
            if method not in ("fedsign-permuted", "fedsign-rest"):
                _curve(axis, own, method, "test_accuracy", 100)
        axis.set(title=_title(alpha), xlabel="round", xlim=(1, own["round"].max()))
    axes[0, 0].set_ylabel("test accuracy [%]")
    for axis, alpha in zip(axes[1], alphas, strict=True):
        own = gains[(gains["alpha"] == alpha) & (gains["against"] == "fedavg")]
        tuned = {m: own[own["setting"] == f"tuned-{m}"] for m in MEASURES}
        _gains(axis, tuned, _methods_of(own))
        axis.set_xlabel(f"gain over tuned FedAvg [points of accuracy]\n{MARKS}")
    text = "rate and strength of every method tuned on samples held out"
    return _finished(figure, rounds, text, style)


def growth(rounds: pd.DataFrame, gains: pd.DataFrame, style: dict) -> Figure:
    """Draw what FedSign and its parts gain at equal rate and strength, and what weights do."""
    rounds, gains = (table[table["setting"] == "equal"] for table in (rounds, gains))
    alphas = sorted(rounds["alpha"].unique())
    figure, axes = _panels(1 + len(PER_ROUND), alphas, (1.7, *[1.15] * len(PER_ROUND)))
    for column, alpha in zip(axes.T, alphas, strict=True):
        own = gains[(gains["alpha"] == alpha) & (gains["against"] == "fedavg")]
        _gains(column[0], dict.fromkeys(MEASURES, own), _methods_of(own))
        own = rounds[rounds["alpha"] == alpha]
        for axis, name in zip(column[1:], PER_ROUND, strict=True):
            for method in _methods_of(own):
                _curve(axis, own, method, name, 100 if name == "midpoint_gap" else 1)
            axis.set_xlim(1, own["round"].max())
        sign = own[own["method"] == "fedsign"].iloc[0]
        column[0].set_title(f"{_title(alpha)}: lr {sign['lr']:g}, s {sign['strength']:g}")
        column[0].set_xlabel(f"gain over FedAvg of equal rate [points of accuracy]\n{MARKS}")
        column[-1].set_xlabel("round")
    for axis, label in zip(axes[1:, 0], PER_ROUND.values(), strict=True):
        axis.set_ylabel(label)
    for axis in axes[1:-1].flat:
        axis.tick_params(labelbottom=False)
    figure.align_ylabels(axes[1:, 0])
    text = "rate and strength are those of tuned FedSign"
    return _finished(figure, rounds, text, style)


def partitions(table: pd.DataFrame, style: dict) -> Figure:
    """Draw how many samples of each class clients have: circles for some, and all in brief.

    `table` is that of `tuning.partitions`; a row of panels for every α.
    """
    alphas = sorted(table["alpha"].unique())
    figure, axes = plt.subplots(
        len(alphas), 2, figsize=(PAGE, 1.75 * len(alphas) + 0.4), sharex="col", squeeze=False,
        width_ratios=(3.2, 1), layout="constrained",
    )  # fmt: skip
    classes = sorted(table["class"].unique())
    for (left, right), alpha in zip(axes, alphas, strict=True):
        own = table[table["alpha"] == alpha]
        first = own[(own["run"] == 0) & (own["client"] < SHOWN)]
        left.scatter(
            first["client"], first["class"], s=5 * first["count"], color=sns.color_palette()[0],
            lw=0, alpha=0.85,
        )  # fmt: skip
        left.set(ylabel="class", title=_title(alpha), yticks=classes[::3])
        left.set(xlim=(-1, first["client"].max() + 1), ylim=(classes[0] - 0.8, classes[-1] + 0.8))
        held = own.groupby(["run", "client"]).size().value_counts(normalize=True)
        right.bar(held.index, 100 * held, color=GREY)
        right.set(ylabel="share of clients [%]", xticks=range(1, len(classes) + 1, 3))
    axes[-1, 0].set_xlabel("client")
    axes[-1, 1].set_xlabel("classes that a client has")
    clients, runs = (table[name].nunique() for name in ("client", "run"))
    samples = table.groupby(["alpha", "run", "client"])["count"].sum().max()
    text = f"{clients} clients of {samples} samples each; area: samples of a class, the first "
    text += f"{min(clients, SHOWN)} clients of run 0; right: all clients of {runs} runs"
    figure.supxlabel(text, size=style["size"] - 2, color=GREY)
    sns.despine(figure)
    return figure


def _panels(rows: int, alphas: list, heights: tuple[float, ...]) -> tuple[Figure, np.ndarray]:
    """Make a column of panels for every α; heights in inches."""
    return plt.subplots(
        rows, len(alphas), figsize=(PAGE, sum(heights) + 0.5), sharey="row", squeeze=False,
        height_ratios=heights, layout="constrained",
    )  # fmt: skip


def _methods_of(table: pd.DataFrame) -> list[str]:
    """List the methods of a table in the order in which they are shown."""
    there = set(table["method"])
    return [method for method in METHODS if method in there]


def _color(method: str):
    return sns.color_palette()[COLORS[method]] if method in COLORS else INK


def _title(alpha: float) -> str:
    return f"Dirichlet α = {alpha:g}"


def _curve(axis: Axes, rounds: pd.DataFrame, method: str, column: str, scale: float) -> None:
    """Draw a number over the rounds of a method, times `scale`."""
    own = rounds[rounds["method"] == method]
    own = own.assign(**{column: scale * own[column]})
    sparse = own[column].isna().any()
    look: dict[str, Any] = {"marker": "o", "ms": 3} if sparse else {}
    band(axis, own, "round", column, color=_color(method), label=METHODS[method], **look)


def _gains(axis: Axes, tables: dict[str, pd.DataFrame], methods: list[str]) -> None:
    """Draw paired gains with their intervals, a method a line of the axis, a mark a measure.

    `tables` are the gains by measure. The first method is at the top.
    """
    axis.axvline(0, color=GREY, lw=0.6, ls=":")
    for (measure, marker), offset in zip(MEASURES.items(), (-0.17, 0.17), strict=True):
        columns = [f"{measure}_{end}" for end in ("mean", "low", "high")]
        points = tables[measure].drop_duplicates("method").set_index("method").loc[methods, columns]
        filled = measure == "aulc"
        for at, (method, ends) in enumerate(zip(methods, 100 * points.to_numpy(), strict=True)):
            mean, low, high = ends
            axis.errorbar(
                mean, at + offset, xerr=[[mean - low], [high - mean]], marker=marker, ms=4, lw=1,
                color=_color(method), mfc=_color(method) if filled else "white",
            )  # fmt: skip
    axis.set_yticks(range(len(methods)), [METHODS[method] for method in methods])
    axis.set_ylim(len(methods) - 0.5, -0.5)


def _finished(figure: Figure, rounds: pd.DataFrame, text: str, style: dict) -> Figure:
    """Add the legend above and the line below."""
    labels = [axis.get_legend_handles_labels() for axis in figure.axes]
    entries: dict[str, Artist] = {}
    for handles, names in labels:
        entries = dict(zip(names, handles, strict=True)) | entries
    shown = {name: entries[name] for name in METHODS.values() if name in entries}
    figure.legend(shown.values(), shown, loc="outside upper center", ncols=len(shown))
    network, dataset, runs = rounds["network"].iloc[0], rounds["dataset"].iloc[0], rounds["seed"]
    said = f"{network} on {dataset}; means over {runs.nunique()} runs with 95 % t intervals, gains "
    text = f"{said}paired by run; {text}"
    figure.supxlabel(text, size=style["size"] - 2, color=GREY)
    sns.despine(figure)
    return figure
