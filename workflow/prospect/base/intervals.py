"""Shares and means with their 95 % confidence intervals."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest, t


class Interval(NamedTuple):
    """A number with its 95 % interval."""

    number: float
    low: float
    high: float


def share(found: int, of: int) -> dict[str, float]:
    """Return a share with its 95 % Wilson interval, as columns of a table."""
    number, low, high = wilson(found, of)
    return {"share": number, "share_low": low, "share_high": high}


def wilson(found: int, of: int) -> Interval:
    """Return a share of independent draws with its Wilson interval."""
    interval = binomtest(found, of).proportion_ci(method="wilson")
    return Interval(found / of, interval.low, interval.high)


def mean(values: Sequence[float]) -> Interval:
    """Return the mean of independent values with its t interval; its ends are NaN for one value."""
    number = float(np.mean(values))
    if len(values) < 2:
        return Interval(number, np.nan, np.nan)
    error = float(np.std(values, ddof=1)) / np.sqrt(len(values))
    half = float(t.ppf(0.975, len(values) - 1)) * error
    return Interval(number, number - half, number + half)


def share_of_clusters(found: Sequence[int], of: Sequence[int]) -> Interval:
    """Return the mean share of clusters of draws, such as the directions of one network.

    The interval is that of the mean over clusters, kept within 0 and 1, or the Wilson interval of
    all draws together where that reaches farther: between equal clusters a spread of 0 says
    nothing (our definition).
    """
    number, low, high = mean(np.array(found) / np.array(of))
    pooled = wilson(sum(found), sum(of))
    low, high = np.nanmin([low, pooled.low]), np.nanmax([high, pooled.high])
    return Interval(number, float(max(low, 0.0)), float(min(high, 1.0)))
