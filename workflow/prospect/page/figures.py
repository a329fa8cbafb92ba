"""What panels are made of: figures, and lines, bands, dots and planes in them.

A figure is plotly's: traces and a layout. A colour is the number of one in the config's palette;
the page fills it in, with fonts, grids and the colours of its light and dark dress. So a panel says
what is shown and not how it looks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from prospect.base import intervals

Trace = dict[str, Any]
DASHES = ("solid", "dash", "dot", "dashdot")  # beside colours, for who does not tell them apart


@dataclass(frozen=True)
class Figure:
    """A figure of a panel.

    name : what a link calls it, unique in its study
    title, text : its heading, and what it shows in words: its caption and its text alternative
    figure : the name of the study's figure that shows the same, whose command is offered
    tables : names of the tables with its numbers; claims held against them lead here
    traces, layout : plotly's, with colours as numbers; a surface of losses says by ``losses`` their
        ``low`` and ``high`` end and whether their scale is ``log``
    steps : what a slider goes through: labels, each with traces that come to `traces`
    step : what the slider is called
    """

    name: str
    title: str
    text: str
    figure: str
    traces: Sequence[Trace]
    layout: Mapping = field(default_factory=dict)
    tables: Sequence[str] = ()
    steps: Sequence[tuple[str, Sequence[Trace]]] = ()
    step: str = ""


@dataclass(frozen=True)
class Panel:
    """A part of the page: a heading, a sentence or two, and figures."""

    name: str
    title: str
    text: str
    figures: Sequence[Figure]


def axis(title: str, log: bool = False, **others) -> dict:
    """Return an axis of a layout."""
    return {"title": {"text": title}, "type": "log" if log else "linear", **others}


def line(x, y, name: object, color: int, **others) -> Trace:
    """Return a line through points."""
    dash = DASHES[others.pop("dash", 0) % len(DASHES)]
    return {
        "type": "scatter", "mode": "lines", "x": np.asarray(x, float), "y": np.asarray(y, float),
        "name": str(name), "color": color, "line": {"dash": dash}, **others,
    }  # fmt: skip


def band(x, low, high, color: int, **others) -> Trace:
    """Return the area between two lines over the same points, without a key of its own."""
    x, low, high = (np.asarray(values, float) for values in (x, low, high))
    return {
        "type": "scatter", "mode": "none", "fill": "toself", "hoverinfo": "skip", "color": color,
        "x": np.concatenate([x, x[::-1]]), "y": np.concatenate([low, high[::-1]]),
        "showlegend": False, **others,
    }  # fmt: skip


def dots(x, numbers, lows, highs, name: object, color: int, **others) -> Trace:
    """Return numbers with their intervals, upright at places that may be names."""
    numbers, lows, highs = (np.asarray(values, float) for values in (numbers, lows, highs))
    bars = {"array": highs - numbers, "arrayminus": numbers - lows, "width": 0, "thickness": 1.5}
    return {
        "type": "scatter", "mode": "markers", "x": list(x), "y": numbers, "name": str(name),
        "color": color, "error_y": {"type": "data", "symmetric": False, **bars}, **others,
    }  # fmt: skip


def over_units(table: pd.DataFrame, x: str, y: str, log: bool = False) -> pd.DataFrame:
    """Return mean and 95 % interval of a column over rows, by another: ``number, low, high``.

    A row is a unit, a network. With `log` means are geometric, of what is above 0.
    """
    own = table[[x, y]].astype(float).replace([np.inf, -np.inf], np.nan).dropna()
    own = own[own[y] > 0].assign(**{y: np.log(own.loc[own[y] > 0, y])}) if log else own
    found = {at: intervals.mean(rows[y].tolist()) for at, rows in own.groupby(x)}
    means = pd.DataFrame(found, index=["number", "low", "high"]).T
    return means.apply(np.exp) if log else means


def mean_line(
    table: pd.DataFrame, x: str, y: str, name: object, color: int, *, log: bool = False, **others
) -> list[Trace]:
    """Return the mean over units as a line with its interval as a band (`over_units`)."""
    means = over_units(table, x, y, log)
    if means.empty:
        return []
    group = {"legendgroup": str(name)} | {
        k: v for k, v in others.items() if k in ("xaxis", "yaxis")
    }
    return [
        band(means.index, means["low"], means["high"], color, **group),
        line(means.index, means["number"], name, color, **group | others),
    ]
