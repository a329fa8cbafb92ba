"""Whether sign consistency says more of a pair's midpoint than the cosine does.

Spearman correlations of the midpoint's gap and of the barrier with either, and partial ones with
either given the other. Values are ranked within strata and the ranks centered there, so that what
differs between strata is removed. A condition is a network and a start. All is our definition.
"""

import itertools

import numpy as np
import pandas as pd
from scipy.stats import rankdata, t

from prospect.base.errors import ProspectError
from prospect.base.seeding import stable_hash

OUTCOMES = ("midpoint_gap", "barrier")
PREDICTORS = ("sign_consistency", "overlap")
CONDITION = ("network", "start")
SCOPES: dict[str, tuple[str, ...]] = {
    "over conditions": (),  # at the last epoch
    "over conditions at equal epochs": ("epoch",),
    "within conditions": CONDITION,
    "within conditions at equal epochs": (*CONDITION, "epoch"),
}
DRAWS = 1000  # of the bootstrap
FEWEST = 5  # pairs that have an interval: three can be drawn in ten ways only


def rank_correlations(pairs: pd.DataFrame, draws: int = DRAWS) -> pd.DataFrame:
    """Correlate outcomes with predictors by ranks: a row a scope, outcome, predictor and given.

    `pairs` is the table of `fusion.fusion`. ``given`` is empty or the other predictor; ``number``
    has a 95 % interval ``low`` to ``high`` by bootstrap over ``pairs``: seeds, each with all its
    conditions and epochs, which share halves of the training set. A pair that lacks a finite number
    somewhere is left out. NaN where a correlation is undefined, and for intervals of fewer than
    `FEWEST` pairs. Raises ProspectError where a row is there twice.
    """
    rows: list[dict] = []
    for scope, strata in SCOPES.items():
        rows += _of_scope(_those_of(pairs, strata), scope, strata, draws)
    return pd.DataFrame(rows)


def correlations_of_units(pairs: pd.DataFrame) -> pd.DataFrame:
    """Correlate outcomes with predictors over the epochs of every pair: a row each, by ranks.

    Columns ``network``, ``start``, ``seed``, ``outcome``, ``predictor``, ``number``; NaN where one
    does not change. Never partial ones: of so few ranks, those are far above 0 by chance.
    """
    rows = []
    for names, own in pairs.groupby([*CONDITION, "seed"], sort=False):
        found = own[[*OUTCOMES, *PREDICTORS]].rank().corr().to_dict()
        named = dict(zip([*CONDITION, "seed"], names, strict=True))
        for outcome, predictor in itertools.product(OUTCOMES, PREDICTORS):
            number = found[predictor][outcome]
            rows.append(named | {"outcome": outcome, "predictor": predictor, "number": number})
    return pd.DataFrame(rows)


def in_words(correlations: pd.DataFrame) -> list[str]:
    """Say of every correlation in one sentence whether its interval leaves out 0."""
    names = {"sign_consistency": "the sign consistency", "overlap": "the cosine"}
    names |= {"midpoint_gap": "the midpoint's gap", "barrier": "the barrier"}
    sentences = []
    for row in correlations.to_dict("records"):
        given = names[row["given"]].replace("the ", "at an equal ") + ", " if row["given"] else ""
        sides = {row["low"] > 0: "rises with", row["high"] < 0: "falls with"}
        relation = sides.get(True, "is not seen to change with")
        said = f"{names[row['outcome']]} {relation} {names[row['predictor']]} ({row['scope']})"
        sentences.append(given + said)
    return sentences


def _those_of(pairs: pd.DataFrame, strata: tuple[str, ...]) -> pd.DataFrame:
    """Return the rows that a scope takes: those of the last epoch where it has no strata."""
    return pairs if strata else pairs[pairs["epoch"] == pairs["epoch"].max()]


def _of_scope(pairs: pd.DataFrame, scope: str, strata: tuple[str, ...], draws: int) -> list[dict]:
    """Return the rows of one scope, with one bootstrap for all."""
    values, groups = _by_pair(pairs, strata)
    count = len(next(iter(values.values())))
    rng = np.random.default_rng(stable_hash(0, "bootstrap"))
    drawn = np.concatenate([np.arange(count)[None], rng.integers(count, size=(draws, count))])
    ranks = {name: _ranks(table[drawn], groups) for name, table in values.items()}
    rows = []
    for outcome in OUTCOMES:
        for predictor, other in (PREDICTORS, PREDICTORS[::-1]):
            for given in ("", other):
                named = {"scope": scope, "outcome": outcome, "predictor": predictor}
                found = _partial(ranks, outcome, predictor, given)
                rows.append(named | {"given": given, "pairs": count} | _interval(found, count))
    return rows


def _by_pair(
    pairs: pd.DataFrame, strata: tuple[str, ...]
) -> tuple[dict[str, np.ndarray], list[np.ndarray]]:
    """Return the columns as (pairs, cells), and the cells of each stratum.

    A cell is a condition and epoch.
    """
    cells = [*CONDITION, "epoch"]
    if pairs.duplicated([*cells, "seed"]).any():
        raise ProspectError("correlations: a pair has two rows of one start and epoch; want one")
    names = [*OUTCOMES, *PREDICTORS]
    wide = pairs.pivot(index="seed", columns=cells, values=names)
    wide = wide[np.isfinite(wide.to_numpy()).all(axis=1)]
    of_cells = wide[names[0]].columns.to_frame(index=False)
    number = of_cells.groupby(list(strata)).ngroup() if strata else np.zeros(len(of_cells))
    groups = [np.flatnonzero(number == stratum) for stratum in np.unique(number)]
    return {name: wide[name].to_numpy() for name in names}, groups


def _ranks(values: np.ndarray, groups: list[np.ndarray]) -> np.ndarray:
    """Rank values (draws, pairs, cells) within each group of cells; centered, (draws, numbers)."""
    parts = []
    for group in groups:
        inside = values[:, :, group].reshape(len(values), -1)
        parts.append(rankdata(inside, axis=1) / inside.shape[1] if inside.size else inside)
    return np.concatenate([part - part.mean(axis=1, keepdims=True) for part in parts], axis=1)


def _partial(ranks: dict[str, np.ndarray], outcome: str, predictor: str, given: str) -> np.ndarray:
    """Return the correlations (draws,) of ranks, partial where something is given."""
    x, y = ranks[outcome], ranks[predictor]
    simple = _correlation(x, y)
    if not given:
        return simple
    z = ranks[given]
    of_x, of_y = _correlation(x, z), _correlation(y, z)
    left = np.clip((1 - of_x**2) * (1 - of_y**2), 0, None)
    return _ratio(simple - of_x * of_y, np.sqrt(left))


def _correlation(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the correlations (draws,) of centered rows (draws, n)."""
    return _ratio((x * y).sum(1), np.sqrt((x**2).sum(1) * (y**2).sum(1)))


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Divide; NaN where there is nothing to divide by but rounding."""
    undefined = np.full(len(numerator), np.nan)
    return np.divide(numerator, denominator, out=undefined, where=denominator > 1e-6)


def _interval(found: np.ndarray, count: int) -> dict[str, float]:
    """Return the number, which comes first, and its interval from the draws after it.

    With t and the draws' standard deviation: of so few pairs, percentiles would be too narrow.
    """
    number, drawn = float(found[0]), found[1:][np.isfinite(found[1:])]
    half = np.nan
    if count >= FEWEST and drawn.size:
        half = float(t.ppf(0.975, count - 1) * drawn.std() * np.sqrt(count / (count - 1)))
    return {"number": number, "low": max(number - half, -1.0), "high": min(number + half, 1.0)}
