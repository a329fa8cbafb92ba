"""A set of solutions of every kind, with all that is measured of it."""

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from prospect.base.resume import Partial
from prospect.landscape.alignment import align_together
from prospect.model.setting import Setting
from prospect.systems.spinglass.hierarchy import hierarchy
from prospect.systems.spinglass.overlaps_between import disagreements, distributions, overlaps
from prospect.systems.spinglass.solutions import Solutions, forked, independent
from prospect.systems.spinglass.trees import copies
from prospect.systems.spinglass.ultrametricity import Distances, cosine_distances

DRAWN = 0  # the set whose pairs are kept, to be drawn


class Tables(NamedTuple):
    """What is measured of sets of solutions.

    solutions : a row a network, see `solutions.Solutions`
    distributions : P(q) of set `DRAWN`, see `overlaps_between.distributions`
    hierarchy : see `hierarchy.hierarchy`
    distances : of set `DRAWN`, a row a pair: ``space`` is ``weights``, 1 − the cosine after
        alignment to one barycentre, or ``answers``, the share of test samples answered differently
    """

    solutions: pd.DataFrame
    distributions: pd.DataFrame
    hierarchy: pd.DataFrame
    distances: pd.DataFrame


def measured(
    setting: Setting,
    seed: int,
    count: int,
    forks: Sequence[int],
    branches: int,
    draws: int,
    partial: Partial | None = None,
) -> Tables:
    """Find and measure a set of solutions: untrained, independent, copies of one, and forked.

    Parameters
    ----------
    setting
        The network, its data and its recipe.
    seed
        Of the set.
    count, forks, branches
        See `solutions.independent` and `solutions.forked`.
    draws
        Of every null.
    partial
        Where the training of the independent ones is kept.
    """
    before, after = independent(setting, seed, count, partial)
    kinds = [before, after, copies(after, seed), forked(setting, seed, forks, branches)]
    tables = [
        Tables(
            found.table,
            _distributions(found, setting, seed),
            hierarchy(found, setting.test, seed, draws),
            _distances(found, setting, seed),
        )
        for found in kinds
    ]
    return Tables(*(pd.concat(parts, ignore_index=True) for parts in zip(*tables, strict=True)))


def _distributions(solutions: Solutions, setting: Setting, seed: int) -> pd.DataFrame:
    """Return P(q) of the set that is drawn, none of others."""
    if seed != DRAWN:
        return pd.DataFrame()
    return distributions(overlaps(solutions, seed, what=f"{setting.name}: overlaps"))


def _distances(solutions: Solutions, setting: Setting, seed: int) -> pd.DataFrame:
    """Return the distances of all pairs of the set that is drawn, none of others."""
    columns = ["network", "seed", "kind", "space", "member", "member_b", "distance"]
    if seed != DRAWN:
        return pd.DataFrame(columns=columns)
    aligned = align_together(solutions.thetas, solutions.symmetry, seed).thetas
    spaces: dict[str, Distances] = {
        "weights": cosine_distances(aligned),
        "answers": disagreements(setting.test, solutions.thetas),
    }
    names = solutions.table[["network", "seed", "kind"]].iloc[0].to_dict()
    members = range(len(aligned))
    rows = [
        names | {"space": space, "member": a, "member_b": b, "distance": distances[a, b]}
        for space, distances in spaces.items()
        for a in members
        for b in members[a + 1 :]
    ]
    return pd.DataFrame(rows, columns=columns)
