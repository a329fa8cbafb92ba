"""How fast numbers fall with the number of samples k: exponents with 95 % intervals over networks.

``slope`` : of ln y over ln k, one a network, and the t interval of their mean
``floor`` : c of a + b k^(−c) with a, b ≥ 0, fitted to the mean over networks; its interval is that
    of the jackknife over networks (our choice: percentiles of a bootstrap over 8 are too narrow)
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar, nnls
from scipy.stats import t

from prospect.base import intervals
from prospect.base.intervals import Interval

STEEPEST = 4.0  # the largest c that is tried

# by measure: the column of `retraining.retraining`, the way, and which k take part
MEASURES = {
    "excess": ("excess", "slope", "below n"),
    "excess-to-half": ("excess", "slope", "to n/2"),
    "distance": ("to_all", "slope", "to n/2"),
    "step": ("to_next", "slope", "to n/2"),
    "test-loss": ("test_loss", "floor", "all"),
}


def exponents(table: pd.DataFrame) -> pd.DataFrame:
    """Return how fast the measures of `retraining.retraining` fall: a row a network and measure.

    ``network``, ``measure`` (of `MEASURES`), ``way``, ``over`` (which k), ``number`` and ``low``,
    ``high``, its interval: c where the measure falls as k^(−c); ``seeds``, how many took part
    (those that met the goal at every k, and whose numbers are positive).
    """
    rows = []
    for network, own in table.groupby("network", sort=False):
        for measure, (_, way, over) in MEASURES.items():
            wide = _wide(own, measure)
            counts, values = wide.columns.to_numpy(dtype=float), wide.to_numpy()
            if not len(wide):
                found = Interval(np.nan, np.nan, np.nan)
            elif way == "slope":
                found = intervals.mean(slopes(counts, values).tolist())
            else:
                found = falls_to_a_floor(counts, values)
            names = {"network": network, "measure": measure, "way": way, "over": over}
            rows.append(names | found._asdict() | {"seeds": len(wide)})
    return pd.DataFrame(rows)


def slopes_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return the exponents that are slopes, a row a network, seed and measure of `exponents`.

    ``network``, ``seed``, ``measure``, ``exponent``.
    """
    rows = []
    for network, own in table.groupby("network", sort=False):
        for measure, (_, way, _) in MEASURES.items():
            wide = _wide(own, measure)
            if way != "slope" or not len(wide):
                continue
            found = slopes(wide.columns.to_numpy(dtype=float), wide.to_numpy())
            for seed, exponent in zip(wide.index, found, strict=True):
                row = {"network": network, "seed": seed, "measure": measure}
                rows.append(row | {"exponent": exponent})
    return pd.DataFrame(rows, columns=["network", "seed", "measure", "exponent"])


def _wide(own: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Return a measure of one network: a row a seed that takes part, a column a k."""
    column, _, over = MEASURES[measure]
    n = own["k"].max()
    ends = {"below n": n - 1, "to n/2": n / 2, "all": n}
    met = own.groupby("seed")["reached"].transform("all")
    some = own[met & (own["k"] <= ends[over])]
    wide = some.pivot(index="seed", columns="k", values=column)
    return wide[(wide > 0).all(axis=1)]


def slopes(counts: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return c (S,) of each row of values (S, K) that falls as k^(−c) at counts (K,).

    NaN where there are fewer than two counts.
    """
    if len(counts) < 2:
        return np.full(len(values), np.nan)
    return -np.polyfit(np.log(counts), np.log(values).T, 1)[0]


def falls_to_a_floor(counts: np.ndarray, values: np.ndarray) -> Interval:
    """Return c of values (S, K) whose mean falls as a + b k^(−c) at counts (K,).

    The interval is number ± t · the jackknife's standard error, not below 0; NaN for one row.
    """
    if len(counts) < 4:
        return Interval(np.nan, np.nan, np.nan)
    number = with_floor(counts, values.mean(axis=0))
    S = len(values)
    if S < 2:
        return Interval(number, np.nan, np.nan)
    without = np.array(
        [with_floor(counts, np.delete(values, row, axis=0).mean(axis=0)) for row in range(S)]
    )
    error = np.sqrt((S - 1) / S * ((without - without.mean()) ** 2).sum())
    half = float(t.ppf(0.975, S - 1)) * error
    return Interval(number, max(number - half, 0.0), number + half)


def with_floor(counts: Sequence[float] | np.ndarray, values: np.ndarray) -> float:
    """Return c of the best a + b k^(−c), by relative squares; a and b follow from c."""
    counts = np.asarray(counts, dtype=float)

    def misfit(c: float) -> float:
        columns = np.stack([np.ones_like(counts), (counts / counts[0]) ** -c], axis=1)
        return nnls(columns / values[:, None], np.ones_like(counts))[1]

    grid = np.linspace(0.05, STEEPEST, 80)
    best = int(np.argmin([misfit(c) for c in grid]))
    around = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    return float(minimize_scalar(misfit, bounds=around, method="bounded").x)
