"""The figure of the theory: softmax and ReLU on both sides of the weights."""

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from prospect.drawing.marks import band
from prospect.drawing.style import GREY, PAGE

# colours of the palette: those of FedSign, growth alone and no growth in the figures of federated
DIRECTIONS = {
    "sign": ("signs of w", 0, "-"),
    "same-cosine": ("Gaussian, same cosine", 1, "--"),
    "sign-rest": ("signs of w, without growth", 3, "-"),
    "gaussian": ("Gaussian", 7, "--"),
}
SOFTMAX = {
    "softmax_trace": "tr(diag p − ppᵀ)",
    "hessian_trace": "tr H",
    "cross_entropy": "cross-entropy [nats]",
    "error": "error [share]",
    "first_order": "εᵀg [nats]",
    "second_order": "εᵀHε [nats]",
}
RELU = {"agreement": "units that stay as\nthey were [share]", "active": "active units [share]"}


def theory(softmax: pd.DataFrame, relu: pd.DataFrame, style: dict) -> Figure:
    """Draw every number of both demonstrations over λ, a line a direction.

    `softmax` and `relu` are the tables of `theory.softmax_demonstration` and `relu_simulation`.
    """
    figure, axes = plt.subplots(2, 4, figsize=(PAGE, 3.6), sharex=True, layout="constrained")
    panels = [(softmax, "softmax", *panel) for panel in SOFTMAX.items()]
    panels += [(relu, "ReLU", *panel) for panel in RELU.items()]
    # the two of ReLU are the last column
    order = [0, 1, 2, 4, 5, 6, 3, 7]
    for axis, (table, title, column, label) in zip(axes.flat[order], panels, strict=True):
        for direction, (name, color, ls) in DIRECTIONS.items():
            rows = table[table["direction"] == direction]
            line = {"color": sns.color_palette()[color], "ls": ls, "label": name}
            band(axis, rows, "lambda", column, **line)
        axis.axvline(0, color=GREY, lw=0.5, ls=":")
        axis.set(title=title, ylabel=label, xlim=(-1, 1))
    for axis in axes[1]:
        axis.set_xlabel("λ")
    figure.legend(
        *axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=len(DIRECTIONS)
    )
    draws, trained = softmax["seed"].nunique(), "logistic regression of scikit-learn's digits"
    text = f"w + λε; means over {draws} draws of ε with 95 % t intervals; softmax: {trained}; "
    text += "ReLU: w = 0.1 h + δ"
    figure.supxlabel(text, size=style["size"] - 2, color=GREY)
    sns.despine(figure)
    return figure
