"""Figures of spectra: which degrees the loss has on spheres about networks."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prospect.drawing import marks
from prospect.drawing.style import GREY, INK, PAGE

CONTROL = "p-spin"
QUANTITIES = {
    "odd_share": "odd share\nof the variance",
    "even_order": "effective order\nof the even part",
}


def spectra(table: pd.DataFrame, style: dict) -> Figure:
    """Draw the spectrum over degrees as bars: a row a center, a column a network, a bar a radius.

    `table` is that of `overlaps.spectra`; the last bar is that of the weight sphere, the last
    column that of p-spins.
    """
    control = table["network"].str.startswith(CONTROL)
    own = table[~control]
    networks, centers = (list(dict.fromkeys(own[name])) for name in ("network", "center"))
    figure, axes = plt.subplots(
        len(centers), len(networks) + 1, figsize=(PAGE, 1.35 * len(centers) + 0.9), sharey=True,
        squeeze=False, layout="constrained", width_ratios=[1.0] * len(networks) + [0.7],
    )  # fmt: skip
    for row, center in zip(axes, centers, strict=True):
        for axis, network in zip(row, networks, strict=False):
            here = own[(own["network"] == network) & (own["center"] == center)]
            bars = {
                f"{radius:g}".lstrip("0") if about == "center" else "‖θ‖": rows
                for (about, radius), rows in here.groupby(["about", "radius"], sort=False)
            }
            _bars(axis, bars)
        row[0].set_ylabel(f"{center}\nshare of variance")
        row[-1].set_visible(False)
    for axis, network in zip(axes[0], networks, strict=False):
        axis.set_title(network)
    for axis in axes[-1, :-1]:
        axis.set_xlabel("radius / ‖θ‖")
    last = axes[0, -1]
    last.set_visible(True)
    _bars(last, {str(name).split()[-1]: own for name, own in table[control].groupby("network")})
    last.set(title="p-spins", xlabel="p")
    degrees = sorted(set(table["degree"]))
    handles = [
        marks.key(color=color_of_degree(p), lw=5, label=_name_of(p, degrees)) for p in degrees
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=len(degrees))
    sns.despine(figure)
    count = int(own["networks"].max())
    text = (
        f"C(q)/C(1) = Σ a$_p$ qᵖ on spheres about networks ({count} each) and, ‖θ‖, on the weight "
        "sphere about 0; lines: 95 % intervals"
    )
    figure.supxlabel(text, size=style["size"] - 2, color=GREY)
    return figure


def color_of_degree(degree: int) -> tuple:
    """Return the colour of a degree: a sequence, as degrees have an order."""
    return sns.color_palette("flare", 4)[min(degree, 4) - 1]


def _name_of(degree: int, degrees: list[int]) -> str:
    """Name a degree; the last one stands for all above it."""
    words = {1: ", slope", 2: ", bowl"}
    return f"p ≥ {degree}" if degree == degrees[-1] else f"p = {degree}{words.get(degree, '')}"


def _bars(axis: Axes, bars: dict[str, pd.DataFrame]) -> None:
    """Draw a bar a name, stacked over degrees, with the interval of each part at its top."""
    for place, rows in enumerate(bars.values()):
        bottom = 0.0
        for row in rows.to_dict("records"):
            degree = row["degree"]
            axis.bar(place, row["number"], 0.8, bottom, color=color_of_degree(degree), lw=0)
            at = place + 0.12 * (degree - 2.5)
            if row["number"] > 0.02:
                limits = [bottom + row["low"], bottom + row["high"]]
                axis.plot([at, at], limits, color=INK, lw=0.6)
            bottom += row["number"]
    axis.set_xticks(range(len(bars)), list(bars))
    axis.tick_params(axis="x", length=0)
    axis.set_ylim(0, 1.12)
    axis.set_yticks([0, 0.5, 1])


def orders(table: pd.DataFrame, style: dict) -> Figure:
    """Draw the odd share and the even part's order against the radius: a colour a center.

    `table` is that of `overlaps.orders`; the last column holds the orders of p-spins.
    """
    control = table["network"].str.startswith(CONTROL)
    own = table[~control & (table["about"] == "center")]
    networks, centers = (list(dict.fromkeys(own[name])) for name in ("network", "center"))
    figure, axes = plt.subplots(
        2, len(networks) + 1, figsize=(PAGE, 3.4), sharey="row", squeeze=False,
        layout="constrained", width_ratios=[1.0] * len(networks) + [0.7],
    )  # fmt: skip
    for row, (quantity, label) in zip(axes, QUANTITIES.items(), strict=True):
        for axis, network in zip(row, networks, strict=False):
            for color, center in zip(sns.color_palette(), centers, strict=False):
                rows = own[(own["network"] == network) & (own["center"] == center)]
                _against_radius(axis, rows[rows["quantity"] == quantity], color)
            marks.logarithmic(axis)
        row[0].set_ylabel(label)
    for axis, network in zip(axes[0], networks, strict=False):
        axis.set_title(network)
    for axis in axes[1, :-1]:
        axis.set_xlabel("radius / ‖θ‖")
        axis.axhline(2, color=GREY, lw=0.6, ls=":", zorder=0)
    axes[1, 0].set_ylim(1.5, 4.3)
    _of_pspins(axes[0, -1], axes[1, -1], table[control])
    handles = [
        marks.key(color=c, label=n) for c, n in zip(sns.color_palette(), centers, strict=False)
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=len(centers))
    sns.despine(figure)
    text = "bands: 95 % intervals by bootstrap over networks; 2 is a bowl; p-spins: the control"
    figure.supxlabel(text, size=style["size"] - 2, color=GREY)
    return figure


def _against_radius(axis: Axes, rows: pd.DataFrame, color) -> None:
    """Draw numbers with their intervals against the radius."""
    finite = rows[np.isfinite(rows["number"])].sort_values("radius")
    axis.plot(finite["radius"], finite["number"], color=color, marker="o", ms=2.5)
    axis.fill_between(
        finite["radius"], finite["low"], finite["high"].clip(upper=9), color=color, alpha=0.2, lw=0
    )


def _of_pspins(shares: Axes, orders: Axes, table: pd.DataFrame) -> None:
    """Draw odd shares and orders of p-spins against their degree, with what is right."""
    degree = table["network"].str.split().str[-1].astype(int)
    for axis, quantity in ((shares, "odd_share"), (orders, "order")):
        rows = table.assign(degree=degree)[table["quantity"] == quantity]
        axis.plot(rows["degree"], rows["number"], "o", ms=3, color=INK)
        axis.vlines(rows["degree"], rows["low"], rows["high"], color=INK, lw=1)
        axis.set_xticks(sorted(rows["degree"]))
    orders.plot([1, 4], [1, 4], color=GREY, lw=0.6, ls=":")
    orders.set(xlabel="p")
    shares.set_title("p-spins")
