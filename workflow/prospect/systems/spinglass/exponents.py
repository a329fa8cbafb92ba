"""Exponents of power laws, with intervals over networks.

y ~ x^a over a range of x; never one line through all of them: the exponent of the barrier against
width changes with the range and with how long networks are trained (our definition).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import t

from prospect.base.errors import ProspectError
from prospect.base.intervals import Interval

FEWEST = 5  # units that have an interval


def exponents(
    table: pd.DataFrame, x: str, y: str, ranges: Sequence[tuple[float, float]]
) -> pd.DataFrame:
    """Fit an exponent of y against x over each range: a row a range.

    Columns ``outcome`` (y), ``against`` (x), ``from`` and ``to`` (ends of the range, both in it),
    ``number``, ``low``, ``high``: see `exponent`.
    """
    rows = []
    for low, high in ranges:
        found = exponent(table[table[x].between(low, high)], x, y)
        names = {"outcome": y, "against": x, "from": low, "to": high}
        rows.append(names | found._asdict())
    return pd.DataFrame(rows)


def exponent(table: pd.DataFrame, x: str, y: str) -> Interval:
    """Return the least-squares slope of log mean y against log x, with its 95 % interval.

    The mean is that of all rows of an x. The interval is the jackknife's with t, over seeds: each
    is left out in turn with all its rows, those of a pair (``seed``, ``seed_b``) with either of its
    networks, so that pairs that share a network are not taken for independent. NaN where a mean is
    not positive, and the ends for fewer than `FEWEST` seeds. Raises ProspectError where x takes
    fewer than two values.
    """
    places = table[x].nunique()
    if places < 2:
        raise ProspectError(f"exponents: '{x}' takes {places} values; want at least 2")
    networks = table[[name for name in ("seed", "seed_b") if name in table]]
    seeds = np.unique(networks)
    number = _slope(table, x, y)
    if len(seeds) < FEWEST:
        return Interval(number, np.nan, np.nan)
    without = [_slope(table[(networks != seed).all(axis=1)], x, y) for seed in seeds]
    error = np.std(without) * np.sqrt(len(seeds) - 1)
    half = float(t.ppf(0.975, len(seeds) - 1) * error)
    return Interval(number, number - half, number + half)


def _slope(table: pd.DataFrame, x: str, y: str) -> float:
    """Return the least-squares slope of log mean y against log x; NaN where a mean is not > 0."""
    means = table.groupby(x)[y].mean()
    if not (means > 0).all():
        return np.nan
    across = np.log(means.index.to_numpy(dtype=float))
    centered = across - across.mean()
    return float(np.log(means.to_numpy()) @ centered / (centered @ centered))
