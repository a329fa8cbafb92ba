"""Rank correlations over settings and seeds, with intervals that know of both (our definition).

Networks of one setting are alike, and so are those of one start: a bootstrap over pooled networks
gives intervals that are far too narrow.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import rankdata, t

from prospect.base.errors import ProspectError
from prospect.base.intervals import Interval
from prospect.base.seeding import stable_hash

DRAWS = 1000  # of the bootstrap
LARGEST = 0.999  # correlation of a draw that counts as such
FEWEST = 5  # settings, and seeds, that have an interval


def rank_correlation(
    table: pd.DataFrame,
    x: str,
    y: str,
    setting: Sequence[str],
    given: str | None = None,
    draws: int = DRAWS,
) -> Interval:
    """Return Spearman's correlation of two columns, partial where a third is `given`.

    A row of `table` is a network: of the setting that the columns `setting` tell, and of a
    ``seed``. The 95 % interval is that of a bootstrap that draws settings and seeds, each with
    replacement, and takes every network as often as both: with the draws' standard deviation on
    Fisher's scale and t of the fewer of the two, for percentiles of so few would be too narrow.
    Networks without a finite number are left out. NaN where a correlation is undefined, and the
    ends for fewer than `FEWEST` settings or seeds. Raises ProspectError where a setting has a seed
    twice.
    """
    columns = [x, y] + ([given] if given else [])
    cells = _cells(table, columns, setting)  # (settings, seeds, columns)
    number = _correlation(cells.reshape(-1, len(columns)))
    settings, seeds = cells.shape[:2]
    if min(settings, seeds) < FEWEST or not np.isfinite(number):
        return Interval(number, np.nan, np.nan)
    rng = np.random.default_rng(stable_hash(0, "ranks"))
    found = np.empty(draws)
    for draw in range(draws):
        rows = rng.integers(settings, size=settings)
        drawn = cells[rows][:, rng.integers(seeds, size=seeds)]
        found[draw] = _correlation(drawn.reshape(-1, len(columns)))
    fewer = min(settings, seeds)
    half = t.ppf(0.975, fewer - 1) * np.nanstd(_fisher(found)) * np.sqrt(fewer / (fewer - 1))
    low, high = np.tanh(_fisher(number) + half * np.array([-1, 1]))
    return Interval(number, float(low), float(high))


def _fisher(correlations: np.ndarray | float) -> np.ndarray:
    """Return Fisher's z of correlations, finite also where a draw has one of 1."""
    return np.arctanh(np.clip(correlations, -LARGEST, LARGEST))


def _cells(table: pd.DataFrame, columns: list[str], setting: Sequence[str]) -> np.ndarray:
    """Return the columns as (settings, seeds, columns), NaN where there is no network."""
    if table.duplicated([*setting, "seed"]).any():
        raise ProspectError("ranks: a setting has two networks of one seed; want one")
    parts = [
        table.pivot(index=list(setting), columns="seed", values=column).to_numpy(dtype=float)
        for column in columns
    ]
    return np.stack(parts, axis=-1)


def _correlation(values: np.ndarray) -> float:
    """Return Spearman's correlation of the first two columns (n, 2 or 3), given the third."""
    values = values[np.isfinite(values).all(axis=1)]
    ranks = rankdata(values, axis=0) if len(values) else values
    if len(ranks) < 3 or (np.ptp(ranks, axis=0) == 0).any():
        return np.nan
    matrix = np.corrcoef(ranks, rowvar=False)
    if matrix.shape[0] == 2:
        return float(matrix[0, 1])
    left = (1 - matrix[0, 2] ** 2) * (1 - matrix[1, 2] ** 2)
    if left < 1e-12:  # all of one is the third's
        return np.nan
    return float((matrix[0, 1] - matrix[0, 2] * matrix[1, 2]) / np.sqrt(left))
