"""Shares and means with their 95 % confidence intervals."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest, norm, t


class Interval(NamedTuple):
    """A number with its 95 % interval."""

    number: float
    low: float
    high: float


def share(found: int, of: int) -> dict[str, float]:
    """Return a share with its 95 % Wilson interval, as columns of a table."""
    interval = binomtest(found, of).proportion_ci(method="wilson")
    return {"share": found / of, "share_low": interval.low, "share_high": interval.high}


def wilson(found: float, of: int) -> Interval:
    """Return a share of independent units with its Wilson interval (Wilson 1927).

    Unlike scipy's, `found` may be a sum of shares: each unit counts once, whatever was drawn in it.
    """
    number, z = found / of, float(norm.ppf(0.975))
    middle = (number + z**2 / (2 * of)) / (1 + z**2 / of)
    half = z / (1 + z**2 / of) * math.sqrt(number * (1 - number) / of + z**2 / (4 * of**2))
    low = 0.0 if number == 0 else middle - half
    return Interval(number, low, 1.0 if number == 1 else middle + half)


def mean(values: Sequence[float]) -> Interval:
    """Return the mean of independent values with its t interval; its ends are NaN for one value."""
    number = float(np.mean(values))
    if len(values) < 2:
        return Interval(number, np.nan, np.nan)
    error = float(np.std(values, ddof=1)) / np.sqrt(len(values))
    half = float(t.ppf(0.975, len(values) - 1)) * error
    return Interval(number, number - half, number + half)


def share_over_units(shares: Sequence[float]) -> Interval:
    """Return the mean of the shares of some units, such as networks, with its interval.

    That of Wilson, where each unit counts once: many draws in one network say nothing of another
    one. Where shares are not all 0 or 1, the t interval too, if it reaches farther (our
    definition).
    """
    whole = wilson(sum(shares), len(shares))
    if set(shares) <= {0.0, 1.0}:
        return whole
    spread = mean(shares)
    low, high = np.nanmin([whole.low, spread.low]), np.nanmax([whole.high, spread.high])
    return Interval(whole.number, float(max(low, 0.0)), float(min(high, 1.0)))


def share_of_draws(shares: Sequence[float], draws: int) -> Interval:
    """Return the mean of the shares of some units, each of many draws, with its interval.

    The t interval over units, within 0 and 1. Where all draws agree that has no width: then it is
    Wilson's, of all the `draws` of all units (our definition).
    """
    if len(shares) > 1 and set(shares) in ({0.0}, {1.0}):
        return wilson(shares[0] * draws, draws)
    found = mean(shares)
    return Interval(found.number, max(found.low, 0.0), min(found.high, 1.0))
