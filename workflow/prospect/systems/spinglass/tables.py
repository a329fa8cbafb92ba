"""Tables of the study, made of those of its networks: a row a unit, for its claims.

The unit is the network and seed; of solutions the set, of pairs of networks those that share none.
"""

import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd

from prospect.base import intervals
from prospect.systems.spinglass.exponents import exponent, exponents
from prospect.systems.spinglass.flatness import MEASURES
from prospect.systems.spinglass.permutations import KINDS
from prospect.systems.spinglass.ranks import rank_correlation

FOUND = -2.0  # of z: a set whose K is so far below its null shows a hierarchy
SETTING = ["batch", "rate"]
CONDITION = ["network", "matched", "label_noise"]
PREDICTORS = (*MEASURES, "odd_share", "even_order", "loss")
FEWEST = 4  # settings of a rank correlation of one start


def permutation_units(barriers: pd.DataFrame) -> pd.DataFrame:
    """Return how barriers of a network depend on the units moved: a row a network, seed and length.

    ``kind``, ``exponent``: the slope of the log of the mean barrier over draws against that of
    ``moved``; ``over_cycle``: ln of the barrier over that of cycles, all units moved that are;
    ``loss``, that of the network. `barriers` is the table of `permutations.barriers`.
    """
    names = ["network", "seed", "epochs"]
    rows = []
    for cell, own in barriers.groupby(names, sort=False):
        most = own[own["moved"] == own["moved"].max()].groupby("kind")["barrier"].mean()
        for kind in KINDS:
            of_kind = own[own["kind"] == kind]
            rows.append(
                dict(zip(names, cell, strict=True))
                | {"kind": kind, "exponent": exponent(of_kind, "moved", "barrier").number}
                | {"over_cycle": np.log(most[kind] / most["cycle"]), "loss": own["loss_a"].iloc[0]}
            )
    return pd.DataFrame(rows)


def permutation_exponents(barriers: pd.DataFrame) -> pd.DataFrame:
    """Return the exponents of barriers against units moved: a row a network, length and kind.

    Columns as of `exponents.exponents`, over all numbers of units.
    """
    return _exponents_by(barriers, ["network", "epochs", "kind"], "moved", ["barrier"])


def width_exponents(pairs: pd.DataFrame, ranges: Sequence[tuple[float, float]]) -> pd.DataFrame:
    """Return the exponents of barriers against width: a row a recipe, length, outcome and range.

    Of trained networks, before alignment and after it; columns as of `exponents.exponents`.
    """
    trained = pairs[pairs["state"] == "trained"]
    outcomes = ["barrier", "aligned_barrier"]
    return _exponents_by(trained, ["network", "epochs"], "width", outcomes, ranges)


def _exponents_by(
    table: pd.DataFrame, by: list[str], x: str, outcomes: list[str], ranges=None
) -> pd.DataFrame:
    """Fit exponents of some outcomes for every cell of a table."""
    parts = []
    for cell, own in table.groupby(by, sort=False):
        spans = ranges or [(own[x].min(), own[x].max())]
        names: dict = dict(zip(by, cell, strict=True))
        for outcome in outcomes:
            parts.append(exponents(own, x, outcome, spans).assign(**names))
    whole = pd.concat(parts, ignore_index=True)
    return whole[by + [name for name in whole if name not in by]]


def width_pairs(pairs: pd.DataFrame) -> pd.DataFrame:
    """Add to pairs of solutions what alignment does.

    ``disjoint``: whether the pair is one of a set of pairs that share no network; ``lowering``: ln
    of the barrier over that after alignment, NaN where either is 0; ``excess``, by how much the
    aligned overlap is above its null.
    """
    seeds = sorted({*pairs["seed"], *pairs["seed_b"]})
    apart = set(zip(seeds[::2], seeds[1::2], strict=False))
    both = zip(pairs["seed"], pairs["seed_b"], strict=True)
    positive = (pairs["barrier"] > 0) & (pairs["aligned_barrier"] > 0)
    return pairs.assign(
        disjoint=[pair in apart for pair in both],
        lowering=np.log((pairs["barrier"] / pairs["aligned_barrier"]).where(positive)),
        excess=pairs["aligned_overlap"] - pairs["null_overlap"],
    )


def ranks(table: pd.DataFrame) -> pd.DataFrame:
    """Return rank correlations of flatness with the test set's numbers: a row a condition and pair.

    Columns `CONDITION`, ``predictor``, ``outcome``, ``given`` (empty, or the training loss), and
    ``number``, ``low``, ``high`` over settings and starts, see `ranks.rank_correlation`. Networks
    that reached their goal only.
    """
    rows = []
    for cell, own in table[table["reached"]].groupby(CONDITION, sort=False):
        for predictor, outcome, given in _looked_at():
            found = rank_correlation(own, predictor, outcome, SETTING, given)
            names = {"predictor": predictor, "outcome": outcome, "given": given or ""}
            rows.append(dict(zip(CONDITION, cell, strict=True)) | names | found._asdict())
    return pd.DataFrame(rows)


def _looked_at():
    """Yield predictor, outcome and what is given."""
    for predictor, outcome in itertools.product(PREDICTORS, ("test_accuracy", "test_loss")):
        yield predictor, outcome, None
        if predictor != "loss":
            yield predictor, outcome, "loss"


def rank_units(table: pd.DataFrame) -> pd.DataFrame:
    """Return the same correlations over the settings of one start: a row a condition, pair, seed.

    ``number``, NaN where fewer than `FEWEST` settings reached their goal. What they say is of these
    settings alone: intervals over other ones are those of `ranks`.
    """
    rows = []
    for (*cell, seed), own in table[table["reached"]].groupby([*CONDITION, "seed"], sort=False):
        for predictor, outcome in itertools.product(PREDICTORS, ("test_accuracy", "test_loss")):
            both = own[[predictor, outcome]].dropna()
            enough = len(both) >= FEWEST and (both.nunique() > 1).all()
            number = both[predictor].corr(both[outcome], method="spearman") if enough else np.nan
            names = {"seed": seed, "predictor": predictor, "outcome": outcome, "number": number}
            rows.append(dict(zip(CONDITION, cell, strict=True)) | names)
    return pd.DataFrame(rows)


def hierarchy_in_words(table: pd.DataFrame) -> list[str]:
    """Say of every kind of solutions whether they show a hierarchy, and what the controls show."""
    lines = []
    deciding = table[(table["null"] == "rotation") & table["space"].isin(["weights", "control"])]
    for (network, kind), own in deciding.groupby(["network", "kind"], sort=False):
        found = intervals.mean(own["z"].tolist())
        verdict, built_in = "undecided", "though one is built in"
        if found.low > FOUND:
            verdict = "no hierarchy is seen"
        elif found.high < FOUND:
            verdict, built_in = "a hierarchy", "which is built in"
        verdict += f", {built_in}" if kind in ("forked", "tree") else ""
        lines.append(
            f"{network}, {kind}, {len(own)} sets: z = {found.number:.1f} [{found.low:.1f}, "
            f"{found.high:.1f}] against the rotation null: {verdict}."
        )
    return lines
