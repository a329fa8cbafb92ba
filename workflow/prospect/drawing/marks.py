"""Means over networks with their 95 % intervals, as bands and as dots; axes and keys for them."""

import math
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from prospect.base import intervals
from prospect.base.intervals import Interval
from prospect.drawing.style import GREY

DOT: dict[str, Any] = {"marker": "o", "ms": 4, "ls": "none"}


def mean_over_units(values: pd.Series, log: bool = False) -> Interval:
    """Return the mean of what is finite and its t interval; of logarithms, as a geometric mean."""
    numbers = values.astype(float)
    numbers = numbers[np.isfinite(numbers) & ((numbers > 0) | (not log))]
    if not len(numbers):
        return Interval(np.nan, np.nan, np.nan)
    found = intervals.mean([math.log(n) if log else n for n in numbers])
    return Interval(*np.exp(found)) if log else found


def band(
    axis: Axes, table: pd.DataFrame, x: str, y: str, *, log: bool = False, scale: float = 1, **line
) -> None:
    """Draw the mean of a column over units at every x, with its interval as a band."""
    table = table.dropna(subset=[y])
    places = np.unique(table[x])
    found = [mean_over_units(table.loc[table[x] == at, y] * scale, log) for at in places]
    numbers, lows, highs = np.array(found).T if found else np.empty((3, 0))
    (drawn,) = axis.plot(places, numbers, **line)
    axis.fill_between(places, lows, highs, color=drawn.get_color(), alpha=0.2, lw=0)


def dot(axis: Axes, found: Interval, at: float, **marks) -> None:
    """Draw a number with its interval, across at a height of its own."""
    (drawn,) = axis.plot(found.number, at, **DOT | marks)
    axis.plot([found.low, found.high], [at, at], color=drawn.get_color(), lw=1)


def upright_dot(axis: Axes, found: Interval, at: float, **marks) -> None:
    """Draw a number with its interval, upright at a place of its own."""
    (drawn,) = axis.plot(at, found.number, **DOT | marks)
    axis.plot([at, at], [found.low, found.high], color=drawn.get_color(), lw=1)


def spread(count: int, width: float = 0.5) -> np.ndarray:
    """Return places (count,) side by side about 0."""
    return np.linspace(-width / 2, width / 2, count) if count > 1 else np.zeros(1)


def logarithmic(axis: Axes, side: str = "x") -> None:
    """Give a panel a logarithmic axis, ``x`` or ``y``, with plain numbers: for a decade or two."""
    axis.set(**{f"{side}scale": "log"})
    low, high = getattr(axis, f"get_{side}lim")()
    steps = (1, 2, 5) if high < 10 * low else (1, 3) if high < 100 * low else (1,)
    ticks = getattr(axis, f"{side}axis")
    ticks.set_major_locator(LogLocator(subs=steps))
    ticks.set_major_formatter(FuncFormatter(lambda number, _: f"{number:g}"))
    ticks.set_minor_formatter(NullFormatter())


def about_zero(axis: Axes, linear: float) -> None:
    """Give a panel an upright scale that is linear up to `linear` and logarithmic beyond."""
    axis.set_yscale("symlog", linthresh=linear)
    powers = [linear * 10**power for power in range(5)]
    low, high = axis.get_ylim()
    ticks = [-power for power in powers[::-1]] + [0] + powers
    axis.set_yticks([tick for tick in ticks if low <= tick <= high])
    axis.yaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:g}"))
    axis.yaxis.set_minor_locator(NullLocator())


def rows_of(axis: Axes, names: Sequence[str]) -> None:
    """Name the rows of a panel of dots, the first on top."""
    axis.set_yticks(range(len(names)), names)
    axis.set_ylim(len(names) - 0.5, -0.5)
    axis.tick_params(axis="y", length=0)


def key(**look) -> mpl.lines.Line2D:
    """Make an entry of a legend."""
    return mpl.lines.Line2D([], [], **look)


def dots_key(label: str, **look) -> mpl.lines.Line2D:
    """Make an entry of a legend for dots."""
    return key(label=label, **DOT | look)


def footnote(figure: Figure, text: str, table: pd.DataFrame, style: dict) -> None:
    """Write below a figure what it shows; ``{each}`` is how many of each network a table has."""
    counts = table.groupby("network", sort=False)["seed"].nunique()
    each = ", ".join(f"{count} of {network}" for network, count in counts.items())
    figure.supxlabel(text.format(each=each), size=style["size"] - 2, color=GREY)


def finished(
    figure: Figure, handles: list, text: str, table: pd.DataFrame, style: dict, **legend
) -> Figure:
    """Add the legend above, the `footnote` below, and take off what frames panels needlessly."""
    figure.legend(handles=handles, loc="outside upper center", **legend)
    footnote(figure, text, table, style)
    sns.despine(figure)
    return figure
