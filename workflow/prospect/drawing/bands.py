"""Means over runs or networks with their 95 % intervals: bands along a curve, bars at points."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from prospect.base import intervals


def band(axis: Axes, table: pd.DataFrame, x: str, y: str, **line) -> None:
    """Draw the mean of column `y` at every value of column `x`, its 95 % t interval as a band.

    The rows at one value of `x` are independent units. `line` is as for matplotlib's ``plot``.
    """
    groups = table.dropna(subset=[y]).groupby(x)[y]
    points = [(at, *intervals.mean(list(values))) for at, values in groups]
    at, middle, low, high = np.array(points).T if points else np.empty((4, 0))
    (drawn,) = axis.plot(at, middle, **line)
    axis.fill_between(at, low, high, color=drawn.get_color(), alpha=0.18, lw=0)
