"""Rank correlations against scipy, nulls that deceive a pooled bootstrap, a positive control."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata, spearmanr

from prospect.base.errors import ProspectError
from prospect.systems.spinglass.ranks import rank_correlation

BATCHES, RATES, SEEDS = (8, 32, 128, 512), (0.01, 0.03, 0.1), range(8)


def networks_of(rng, shared=0.0, setting=1.0, seed=0.5):
    """x and y with effects of settings and seeds, of which y has a share from x."""
    of_setting = setting * rng.standard_normal((len(BATCHES), len(RATES), 2))
    of_seed = seed * rng.standard_normal((len(SEEDS), 2))
    rows = []
    for (i, batch), (j, rate), k in itertools.product(enumerate(BATCHES), enumerate(RATES), SEEDS):
        x, y = of_setting[i, j] + of_seed[k] + 0.3 * rng.standard_normal(2)
        y = shared * x + (1 - shared) * y
        rows.append({"batch": batch, "rate": rate, "seed": k, "x": x, "y": y})
    return pd.DataFrame(rows)


def correlate(table, **options):
    return rank_correlation(table, "x", "y", ["batch", "rate"], **options)


def test_the_number_is_scipys():
    table = networks_of(np.random.default_rng(0), shared=0.3)
    assert correlate(table).number == pytest.approx(spearmanr(table["x"], table["y"]).statistic)


def test_the_partial_one_is_that_of_residuals_of_ranks():
    table = networks_of(np.random.default_rng(1), shared=0.3)
    table["z"] = table["x"] + np.random.default_rng(2).standard_normal(len(table))
    x, y, z = (rankdata(table[name]) for name in "xyz")
    residuals = [v - np.polyval(np.polyfit(z, v, 1), z) for v in (x, y)]
    wanted = np.corrcoef(*residuals)[0, 1]
    assert correlate(table, given="z").number == pytest.approx(wanted)


def test_null_intervals_contain_0_where_settings_differ_by_chance():
    rng = np.random.default_rng(3)
    tables = [networks_of(rng) for _ in range(60)]
    found = [correlate(table, draws=150) for table in tables]
    inside = np.mean([low <= 0 <= high for _, low, high in found])
    pooled = np.mean([spearmanr(table["x"], table["y"]).pvalue > 0.05 for table in tables])
    print(f"two-way {inside:.2f}, pooled {pooled:.2f} of intervals contain 0")
    assert inside >= 0.9
    assert pooled < 0.6  # what is taken for independent


def test_a_relation_is_found():
    rng = np.random.default_rng(4)
    found = [correlate(networks_of(rng, shared=0.7), draws=200) for _ in range(20)]
    assert np.mean([low > 0 for _, low, _ in found]) >= 0.9


def test_what_a_third_column_explains_is_gone_given_it():
    rng = np.random.default_rng(5)
    table = networks_of(rng)
    table["z"] = networks_of(rng, setting=3)["x"]
    table["x"], table["y"] = (table["z"] + 0.5 * rng.standard_normal(len(table)) for _ in "xy")
    assert correlate(table, draws=200).low > 0.5
    _, low, high = correlate(table, given="z", draws=200)
    assert low < 0 < high


def test_networks_without_a_number_are_left_out():
    table = networks_of(np.random.default_rng(6))
    some = table.copy()
    some.loc[::7, "x"] = np.nan
    left = some.dropna()
    assert correlate(some).number == pytest.approx(spearmanr(left["x"], left["y"]).statistic)
    assert correlate(left) == correlate(some)


def test_what_is_undefined_is_nan_and_what_cannot_be_is_said():
    table = networks_of(np.random.default_rng(7))
    assert np.isnan(correlate(table.assign(y=1.0))).all()
    few = correlate(table[table["seed"] < 4])
    assert np.isfinite(few.number)
    assert np.isnan(few[1:]).all()
    with pytest.raises(ProspectError, match="two networks of one seed"):
        correlate(pd.concat([table, table]))
