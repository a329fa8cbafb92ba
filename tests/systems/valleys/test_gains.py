"""Scores and paired gains against scipy, with a null and a positive control."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_rel

from prospect.systems.valleys import gains


def table(method, shift, seeds=range(12), rounds=20, noise=0.01, lr=0.1, held_out=0.5):
    """Rounds of some runs: what a seed has in common is much larger than what a method adds."""
    rows = []
    for seed in seeds:
        common = np.random.default_rng(seed).normal(0, 0.1)
        rng = np.random.default_rng([seed, *method.encode()])
        for number in range(1, rounds + 1):
            accuracy = 0.5 + common + shift + rng.normal(0, noise)
            run = {"method": method, "reduction": "mean", "alpha": 1.0, "lr": lr, "strength": 0.0}
            row = {"test_accuracy": accuracy, "held_out_accuracy": held_out + number / 100}
            rows.append(run | {"seed": seed, "round": number} | row)
    return pd.DataFrame(rows)


def test_scores_are_means_over_rounds_in_any_order():
    rounds = table("fedavg", 0, seeds=[3, 1])
    found = gains.scores(rounds.sample(frac=1, random_state=0)).set_index("seed")
    for seed, run in rounds.groupby("seed"):
        values = run["test_accuracy"].to_numpy()
        assert found.loc[seed, "aulc"] == pytest.approx(values.sum() / 20)
        assert found.loc[seed, "last"] == pytest.approx(values[15:].sum() / 5)
        assert found.loc[seed, "held_out_aulc"] == pytest.approx(0.5 + 0.105)
        assert found.loc[seed, "held_out_last"] == pytest.approx(0.5 + 0.18)


def test_gains_are_paired_as_by_scipy_and_see_what_is_there():
    null, better = table("null", 0), table("better", 0.01)
    scores = gains.scores(pd.concat([null, better]))
    baseline = gains.scores(table("fedavg", 0)).sample(frac=1, random_state=0)
    found = gains.gains(scores, baseline).set_index("method")
    base = baseline.set_index("seed").sort_index()
    for method, row in found.iterrows():
        own = scores[scores["method"] == method].set_index("seed").sort_index()
        for measure in gains.MEASURES:
            interval = ttest_rel(own[measure], base[measure]).confidence_interval()
            assert row[f"{measure}_low"] == pytest.approx(interval.low)
            assert row[f"{measure}_high"] == pytest.approx(interval.high)
        assert row["wins"] == (own["aulc"] > base["aulc"]).sum()
        assert row["seeds"] == 12
    assert found.loc["null", "aulc_low"] < 0 < found.loc["null", "aulc_high"]
    assert found.loc["better", "aulc_low"] > 0
    assert found.loc["better", "aulc_gain"] == pytest.approx(0.01, abs=0.005)
    # not paired, the seeds would hide it
    assert scores["aulc"].std() > 0.05


def test_the_best_rate_is_that_of_what_was_held_out():
    rounds = [table("fedavg", 0.3, lr=0.1), table("fedavg", 0, lr=0.2, held_out=0.6)]
    rounds.append(table("fedprox", 0, lr=0.4))
    rounds.append(table("fedprox", 0, lr=0.8, held_out=0.7, seeds=range(11)))  # diverged at one
    found = gains.tuned(gains.scores(pd.concat(rounds)))
    assert found.groupby("method")["lr"].unique().map(list).to_dict() == {
        "fedavg": [0.2],
        "fedprox": [0.4],
    }
    assert len(found) == 24
