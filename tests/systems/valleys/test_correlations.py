"""Rank correlations against plain ones, on pairs whose truth is known."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata, spearmanr

from prospect.base.errors import ProspectError
from prospect.systems.valleys.correlations import (
    OUTCOMES,
    PREDICTORS,
    SCOPES,
    correlations_of_units,
    in_words,
    rank_correlations,
)

CONDITIONS, EPOCHS = ("a", "b", "c", "d"), (1, 2, 5)


def pairs_of(seeds, truth, seed=0, noise=0.3):
    """A table of pairs: the gap is `truth` of cosine and of what is the sign consistency's own."""
    rng = np.random.default_rng(seed)
    rows = []
    for one in range(seeds):
        of_pair = rng.normal(size=3)
        for start, epoch in itertools.product(CONDITIONS, EPOCHS):
            cosine = CONDITIONS.index(start) + of_pair[0] + rng.normal()
            own = of_pair[1] + rng.normal()
            gap = truth(cosine, own) + noise * (of_pair[2] + rng.normal())
            signs = cosine + own
            rows.append([start, epoch, one, gap, -gap, signs, cosine])
    names = ["start", "epoch", "seed", *OUTCOMES, *PREDICTORS]
    return pd.DataFrame(rows, columns=names).assign(network="mlp")


def numbers(table, outcome="midpoint_gap"):
    """The rows of an outcome, by scope, predictor and given."""
    keys = ["scope", "predictor", "given"]
    return table[table["outcome"] == outcome].set_index(keys)[["number", "low", "high"]]


def residuals(ranks, given):
    """What is left of ranks after a straight line through them."""
    design = np.stack([given, np.ones_like(given)], axis=1)
    return ranks - design @ np.linalg.lstsq(design, ranks, rcond=None)[0]


def test_numbers_are_those_of_scipy_and_of_residuals():
    pairs = pairs_of(7, lambda cosine, own: cosine + own)
    found = numbers(rank_correlations(pairs, draws=10))["number"]
    last = pairs[pairs["epoch"] == 5]
    gap, signs, cosine = (last[name] for name in ("midpoint_gap", *PREDICTORS))
    there = found["over conditions"]
    assert there["sign_consistency", ""] == pytest.approx(spearmanr(gap, signs).statistic)
    assert there["overlap", ""] == pytest.approx(spearmanr(gap, cosine).statistic)
    ranks = [rankdata(values) for values in (gap, signs, cosine)]
    left = [residuals(ranks[number], ranks[2]) for number in (0, 1)]
    wanted = np.corrcoef(*left)[0, 1]
    assert there["sign_consistency", "overlap"] == pytest.approx(wanted)


@pytest.mark.parametrize("scope", list(SCOPES)[1:])
def test_strata_are_ranked_by_themselves(scope):
    pairs = pairs_of(6, lambda cosine, own: cosine)
    names = ["midpoint_gap", "overlap"]
    ranked = pairs.groupby(list(SCOPES[scope]))[names].rank(pct=True)
    found = numbers(rank_correlations(pairs, draws=10))["number"]
    assert found[scope, "overlap", ""] == pytest.approx(ranked.corr().iloc[0, 1])
    shifted = pairs["start"].map({"a": 0, "b": 50, "c": -50, "d": 9}) + 7 * pairs["epoch"]
    pairs["midpoint_gap"] += shifted
    after = numbers(rank_correlations(pairs, draws=10))["number"]
    last = "within conditions at equal epochs"
    pd.testing.assert_series_equal(found[last], after[last])


def test_a_noisy_copy_of_the_cosine_says_nothing_more():
    low, high = [], []
    for seed in range(20):
        table = rank_correlations(pairs_of(10, lambda cosine, own: cosine, seed), draws=100)
        partial = numbers(table).xs(("sign_consistency", "overlap"), level=[1, 2])
        low.append(partial["low"] < 0)
        high.append(partial["high"] > 0)
        other = numbers(table).xs(("overlap", "sign_consistency"), level=[1, 2])
        assert (other["low"] > 0).all()
        assert (numbers(table).xs(("sign_consistency", ""), level=[1, 2])["low"] > 0).all()
    holds_nothing = (np.array(low) & np.array(high)).mean(axis=0)
    assert (holds_nothing >= 0.8).all()  # 0.95 but for chance, with 20 tables


def test_what_only_signs_know_is_found():
    for seed in range(5):
        table = rank_correlations(pairs_of(10, lambda cosine, own: own, seed), draws=100)
        for outcome, side in zip(OUTCOMES, (1, -1), strict=True):
            partial = numbers(table, outcome).xs(("sign_consistency", "overlap"), level=[1, 2])
            assert (side * partial["number"] > 0.5).all()
            assert (side * partial[["low", "high"]] > 0).all(axis=None)


def test_only_ranks_count():
    pairs = pairs_of(6, lambda cosine, own: cosine + own)
    bent = pairs.assign(midpoint_gap=np.exp(pairs["midpoint_gap"]))
    pd.testing.assert_frame_equal(rank_correlations(pairs, 20), rank_correlations(bent, 20))


def test_pairs_without_a_finite_number_are_left_out():
    pairs = pairs_of(6, lambda cosine, own: cosine)
    broken = pairs.copy()
    broken.loc[(broken["seed"] == 2) & (broken["epoch"] == 5), "barrier"] = np.nan
    found, wanted = rank_correlations(broken), rank_correlations(pairs[pairs["seed"] != 2])
    assert (found["pairs"] == 5).all()
    pd.testing.assert_frame_equal(found, wanted)


def test_what_is_undefined_is_nan():
    one = rank_correlations(pairs_of(1, lambda cosine, own: cosine))
    assert one[["low", "high"]].isna().all(axis=None)
    simple = one[(one["scope"] == "over conditions") & (one["given"] == "")]
    assert simple["number"].notna().all()
    flat = rank_correlations(pairs_of(5, lambda cosine, own: cosine).assign(barrier=0.0))
    assert flat.loc[flat["outcome"] == "barrier", ["number", "low", "high"]].isna().all(axis=None)


def test_mistakes_are_one_line():
    pairs = pairs_of(3, lambda cosine, own: cosine)
    with pytest.raises(ProspectError, match="two rows of one start and epoch; want one"):
        rank_correlations(pd.concat([pairs, pairs]))


def test_a_pair_by_itself_is_what_scipy_says_over_its_epochs():
    pairs = pairs_of(3, lambda cosine, own: cosine + own)
    pairs.loc[(pairs["seed"] == 0) & (pairs["start"] == "a"), "barrier"] = 0.0
    found = correlations_of_units(pairs)
    assert len(found) == 3 * len(CONDITIONS) * len(OUTCOMES) * len(PREDICTORS)
    numbers_of = found.set_index(["start", "seed", "outcome", "predictor"])["number"]
    for (start, seed), own in pairs.groupby(["start", "seed"]):
        wanted = spearmanr(own["midpoint_gap"], own["overlap"]).statistic
        assert numbers_of[start, seed, "midpoint_gap", "overlap"] == pytest.approx(wanted)
    assert np.isnan(numbers_of["a", 0, "barrier", "overlap"])


@pytest.mark.parametrize(("weight", "low", "high"), [(0.0, -0.2, 0.2), (1.0, 0.4, 1.0)])
def test_over_pairs_nothing_is_found_where_there_is_nothing(weight, low, high):
    pairs = pairs_of(60, lambda cosine, own: weight * own)
    found = correlations_of_units(pairs)
    rows = found[(found["outcome"] == "midpoint_gap") & (found["predictor"] == "sign_consistency")]
    assert low < rows["number"].mean() < high


def test_a_sentence_says_on_which_side_of_zero_an_interval_lies():
    table = pd.DataFrame(
        [
            ["here", "barrier", "sign_consistency", "overlap", -0.2, 0.3],
            ["here", "barrier", "overlap", "", -0.9, -0.3],
        ],
        columns=["scope", "outcome", "predictor", "given", "low", "high"],
    )
    assert in_words(table) == [
        "at an equal cosine, the barrier is not seen to change with the sign consistency (here)",
        "the barrier falls with the cosine (here)",
    ]


def test_three_pairs_have_no_interval():
    for seeds in (4, 5):
        found = rank_correlations(pairs_of(seeds, lambda cosine, own: cosine), draws=20)
        assert found["number"].notna().all()
        assert found["low"].isna().all() == (seeds < 5)
