"""Figures of asymmetry: noise with and without the signs of θ, special directions, controls.

Bands and bars are 95 % intervals over networks, each of which is the mean over its directions.
"""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prospect.drawing import marks
from prospect.drawing.style import GREY, INK, PAGE
from prospect.records.grids import Grid
from prospect.systems.valleys.tables import SIGNED, UNIT, of_kind

RADIUS = 1.0  # at which figures compare the sides
WORDS = {
    "start": "θ₀, the start",
    "theta": "θ",
    "sign": "sign θ",
    "sign-centred": "sign(θ − μ)",
    "positive": "[θ > 0]",
    "positive-centred": "[θ > μ]",
    "rest": "η without its part along θ",
    "same-cosine": "Gaussian, cosine of η",
    "permuted": "η, signs permuted",
    "smallest": "η, smallest half of |θ|",
    "smallest-same-cosine": "Gaussian, cosine of that",
    "rest-whole": "the third, θ as one vector",
    "same-cosine-whole": "the second, θ as one vector",
    "eta": "η = |ε| sign θ",
}
CONTROLS = (
    *("eta", "same-cosine", "rest", "permuted"),
    *("smallest", "smallest-same-cosine", "rest-whole", "same-cosine-whole"),
)


def curves_of(grids: Sequence[Grid], column: str) -> pd.DataFrame:
    """Return a row a network, seed, kind and α: the mean over directions of loss or error."""
    parts = []
    for grid in grids:
        values = getattr(grid.values, "accuracy" if column == "error" else column)
        values = 1 - values if column == "error" else values
        first = 0
        for family, name, signs, count in grid.attrs["params"]["item"]["kinds"]:
            part = {"alpha": grid.axes["alpha"], column: values[first : first + count].mean(axis=0)}
            said = {"family": family, "name": name, "signs": signs}
            said |= {key: grid.attrs[key] for key in (*UNIT, "center")}
            parts.append(pd.DataFrame(part | said))
            first += count
    return pd.concat(parts, ignore_index=True)


def signs(grids: Sequence[Grid], column: str, reach: float, style: dict) -> Figure:
    """Draw loss or error along raw and signed noise: a row a network, a column a kind of noise."""
    curves = curves_of(grids, column)
    curves = curves[(curves["family"] == "noise") & (curves["alpha"].abs() <= reach + 1e-9)]
    networks, noises = (list(dict.fromkeys(curves[name])) for name in ("network", "name"))
    figure, axes = plt.subplots(
        len(networks), len(noises), sharex=True, sharey="row", squeeze=False, layout="constrained",
        figsize=(PAGE, 0.95 * len(networks) + 0.7),
    )  # fmt: skip
    colors = dict(zip((0, 1), (GREY, sns.color_palette()[0]), strict=True))
    scale = 100 if column == "error" else 1
    for (network, name), rows in curves.groupby(["network", "name"], sort=False):
        axis = axes[networks.index(network), noises.index(name)]
        for signed, color in colors.items():
            own = rows[rows["signs"] == signed]
            _band(axis, own, "alpha", own[column] * scale, color)
        axis.axvline(0, color=GREY, lw=0.5, ls=":")
    for axis, name in zip(axes[0], noises, strict=True):
        axis.set_title(name, size="small")
    for axis, network in zip(axes[:, 0], networks, strict=True):
        axis.set_ylabel(network)
    handles = [
        marks.key(color=color, label=label)
        for color, label in zip(colors.values(), ("raw", "with the signs of θ"), strict=True)
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=2)
    axes[-1, len(noises) // 2].set_xlabel("α, in units of ‖θ‖")
    label = "error [%]" if column == "error" else "loss [nats]"
    figure.supylabel(label, size=style["size"])
    return _finished(figure, grids[0].attrs["center"], curves, style)


def ratio(table: pd.DataFrame, style: dict) -> Figure:
    """Draw the mean error of both sides, and the lead of the + side, by the share of signs."""
    rows = table[(table["family"] == "ratio") & (table["radius"] == RADIUS)]
    figure, axes = plt.subplots(1, 2, figsize=(PAGE, 2.6), layout="constrained")
    colors = _colors(rows)
    for network, of_network in rows.groupby("network", sort=False):
        color = colors[network]
        _band(axes[0], of_network, "signs", 100 * of_network["error_plus"], color)
        _band(axes[0], of_network, "signs", 100 * of_network["error_minus"], color, ls="--")
        lead = of_network["rise_minus"] - of_network["rise_plus"]
        _band(axes[1], of_network, "signs", lead, color, label=network)
    axes[1].axhline(0, color=GREY, lw=0.5, ls=":")
    axes[0].set_ylabel("mean error of a side [%]")
    axes[0].plot([], [], color=INK, label="+ side")
    axes[0].plot([], [], color=INK, ls="--", label="− side")
    axes[0].legend(loc="upper left")
    axes[1].set_ylabel("lead of the + side in loss [nats]")
    axes[1].legend()
    for axis in axes:
        axis.set_xlabel("share of elements with the sign of θ")
    return _finished(figure, rows["center"].iloc[0], rows, style)


def directions(table: pd.DataFrame, style: dict) -> Figure:
    """Draw the lead of the + side along special directions and in groups of parameters."""
    rows = table[table["family"].isin(["special", "group"]) & (table["radius"] == RADIUS)]
    special, signed, raw = (
        rows[rows["family"] == "special"],
        rows[(rows["family"] == "group") & (rows["signs"] == 1)],
        rows[(rows["family"] == "group") & (rows["signs"] == 0)],
    )
    names = ("special directions", "Gaussian noise in a group, signs of θ", "the same, raw")
    parts = [
        (rows, name) for rows, name in zip((special, signed, raw), names, strict=True) if len(rows)
    ]
    heights = [rows["name"].nunique() for rows, _ in parts]
    figure, axes = plt.subplots(
        len(parts), 2, sharex="col", squeeze=False, layout="constrained",
        figsize=(PAGE, 0.3 * sum(heights) + 0.35 * len(parts) + 0.7),
        height_ratios=heights,
    )  # fmt: skip
    for (left, right), (of_part, title) in zip(axes, parts, strict=True):
        left.set_title(title, loc="left", size="small")
        kinds = [
            (name, of_part[of_part["name"] == name]) for name in dict.fromkeys(of_part["name"])
        ]
        _dots(left, kinds, lambda rows: -100 * rows["error_difference"], _colors(table))
        _dots(right, kinds, lambda rows: 100 * rows["plus_lower"], _colors(table))
        right.set_yticklabels([])
        left.axvline(0, color=GREY, lw=0.5, ls=":")
        right.axvline(50, color=GREY, lw=0.5, ls=":")
        right.set_xlim(-4, 104)
    axes[-1, 0].set_xlabel("lead of the + side in mean error [points]")
    axes[-1, 1].set_xlabel("directions whose + side has the lower loss [%]")
    _legend(figure, _colors(table))
    return _finished(figure, rows["center"].iloc[0], rows, style)


def growth_or_signs(table: pd.DataFrame, style: dict) -> Figure:
    """Draw the lead of the + side by cosine and by agreement of signs, and control by control."""
    here = table[table["radius"] == RADIUS]
    eta = of_kind(here, *SIGNED).assign(name="eta")
    controls = pd.concat([eta, here[here["family"] == "control"]])
    controls = controls[controls["center"] == here[here["family"] == "control"]["center"].iloc[0]]
    networks, palette = list(dict.fromkeys(controls["network"])), sns.color_palette("tab10")
    figure = plt.figure(figsize=(PAGE, 6.6), layout="constrained")
    halves = figure.subfigures(2, 1, squeeze=False, height_ratios=(1.25, 1))
    top, bottom = halves.ravel()
    axes = top.subplots(2, len(networks), sharey="col", sharex="row", squeeze=False)
    colors = dict(zip(CONTROLS, palette, strict=False))
    for column, network in enumerate(networks):
        rows = controls[controls["network"] == network]
        for axis, place in zip(axes[:, column], ("overlap", "sign_consistency"), strict=True):
            for name in CONTROLS:
                own = rows[rows["name"] == name]
                lead = -100 * own["error_difference"]
                axis.plot(own[place], lead, "o", ms=2.2, color=colors[name], alpha=0.8, mew=0)
            axis.axhline(0, color=GREY, lw=0.5, ls=":")
        axes[0, column].set_title(network, size="small")
    axes[0, 0].set_xlim(-0.05, 0.85)
    axes[1, 0].set_xlim(0.45, 1.03)
    for axis, label in zip(
        axes[:, len(networks) // 2], ("cosine with θ", "share of signs of θ"), strict=True
    ):
        axis.set_xlabel(label)
    top.supylabel("lead in error [points]", size=style["size"])
    axis = bottom.subplots()
    kinds = [(name, controls[controls["name"] == name]) for name in CONTROLS]
    _dots(axis, kinds, lambda rows: -100 * rows["error_difference"], _colors(table))
    axis.set_yticklabels([_said(name, rows) for name, rows in kinds])
    for label, name in zip(axis.get_yticklabels(), CONTROLS, strict=True):
        label.set_color(colors[name])
    axis.axvline(0, color=GREY, lw=0.5, ls=":")
    axis.set_xlabel("lead of the + side in mean error [points]")
    _legend(bottom, _colors(table))
    return _finished(figure, controls["center"].iloc[0], controls, style)


def _said(name: str, rows: pd.DataFrame) -> str:
    """Say a control with its mean agreement of signs and cosine over all networks."""
    return (
        f"{WORDS[name]}: signs {rows['sign_consistency'].mean():.2f}, "
        f"cosine {abs(rows['overlap'].mean()):.2f}"
    )


def _band(axis: Axes, rows: pd.DataFrame, by: str, values: pd.Series, color, **line) -> None:
    """Draw the mean over networks of values against a column, with its interval as a band."""
    marks.band(axis, rows.assign(value=values), by, "value", color=color, **line)


def _dots(axis: Axes, kinds: list, value, colors: dict) -> None:
    """Draw a row a kind of directions: for every network the mean with its interval."""
    for row, (_, rows) in enumerate(kinds):
        for aside, (network, color) in zip(
            marks.spread(len(colors), 0.6), colors.items(), strict=True
        ):
            found = marks.mean_over_units(value(rows[rows["network"] == network]))
            marks.dot(axis, found, row + aside, ms=3, color=color)
    marks.rows_of(axis, [WORDS.get(name, name) for name, _ in kinds])


def _colors(table: pd.DataFrame) -> dict:
    """Return a colour a network."""
    return dict(zip(dict.fromkeys(table["network"]), sns.color_palette(), strict=False))


def _legend(figure, colors: dict) -> None:
    """Add a legend of the networks."""
    handles = [marks.dots_key(network, color=color, ms=3) for network, color in colors.items()]
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles))


def _finished(figure: Figure, center: str, rows: pd.DataFrame, style: dict) -> Figure:
    """Add a line that says where, and over how many networks."""
    text = f"at {center}; 95 % intervals over networks: {{each}}"
    marks.footnote(figure, text, rows, style)
    sns.despine(figure)
    return figure
