"""Scores and paired gains against scipy, with a null and a positive control."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_rel

from prospect.base.errors import ProspectError
from prospect.systems.valleys import gains


def table(method, shift, seeds=range(12), rounds=20, noise=0.01, held_out=0.5, **trial):
    """Rounds of some runs: what a seed has in common is much larger than what a method adds."""
    rows = []
    trial = {"alpha": 1.0, "lr": 0.1, "strength": 0.0} | trial
    for seed in seeds:
        common = np.random.default_rng(seed).normal(0, 0.1)
        rng = np.random.default_rng([seed, *method.encode()])
        for number in range(1, rounds + 1):
            accuracy = 0.5 + common + shift + rng.normal(0, noise)
            run = {"network": "mlp", "method": method, "reduction": "mean"} | trial
            row = {"test_accuracy": accuracy, "held_out_accuracy": held_out + number / 100}
            rows.append(run | {"seed": seed, "round": number, "diverged": False} | row)
    return pd.DataFrame(rows)


def diverged(rounds):
    """The rows of a trial of which nothing is known."""
    last = rounds.drop_duplicates("seed")
    return last.assign(test_accuracy=np.nan, held_out_accuracy=np.nan, diverged=True)


def test_scores_are_means_over_rounds_in_any_order():
    rounds = table("fedavg", 0, seeds=[3, 1])
    found = gains.scores(rounds.sample(frac=1, random_state=0)).set_index("seed")
    for seed, run in rounds.groupby("seed"):
        values = run["test_accuracy"].to_numpy()
        assert found.loc[seed, "aulc"] == pytest.approx(values.sum() / 20)
        assert found.loc[seed, "last"] == pytest.approx(values[15:].sum() / 5)
        assert found.loc[seed, "held_out_aulc"] == pytest.approx(0.5 + 0.105)
        assert found.loc[seed, "held_out_last"] == pytest.approx(0.5 + 0.18)


def chosen_of(*tables):
    return gains.scores(pd.concat(tables)).assign(setting="tuned-aulc")


def test_gains_are_paired_as_by_scipy_and_see_what_is_there():
    rounds = [table("null", 0), table("better", 0.01), table("fedavg", 0)]
    scores = chosen_of(*rounds).sample(frac=1, random_state=0)
    found = gains.gains(scores)
    of = {m: rows.set_index("seed").sort_index() for m, rows in scores.groupby("method")}
    for method, rows in found.groupby("method"):
        rows = rows.set_index("seed").sort_index()
        assert len(rows) == 12 and set(rows["against"]) == {"fedavg"}
        for measure in gains.MEASURES:
            own, base = of[method][measure], of["fedavg"][measure]
            assert np.allclose(rows[f"{measure}_gain"], own - base)
            interval = ttest_rel(own, base).confidence_interval()
            assert rows[f"{measure}_low"].tolist() == pytest.approx([interval.low] * 12)
            assert rows[f"{measure}_high"].tolist() == pytest.approx([interval.high] * 12)
            assert rows[f"{measure}_mean"].tolist() == pytest.approx([(own - base).mean()] * 12)
    first = found.drop_duplicates("method").set_index("method")
    assert first.loc["null", "aulc_low"] < 0 < first.loc["null", "aulc_high"]
    assert first.loc["better", "aulc_low"] > 0
    assert first.loc["better", "aulc_mean"] == pytest.approx(0.01, abs=0.005)
    # not paired, the seeds would hide it
    assert scores["aulc"].std() > 0.05


def test_gains_are_paired_within_an_alpha_and_against_growth_too():
    tables = []
    for alpha, shift in ((0.1, 0.2), (10.0, 0.0)):
        tables += [table(m, shift, noise=0, alpha=alpha) for m in ("fedavg", "fedsign-growth")]
        tables.append(table("fedsign", shift + 0.03, noise=0, alpha=alpha))
    found = gains.gains(chosen_of(*tables))
    means = found.groupby(["against", "method", "alpha"])["last_gain"].mean()
    for alpha in (0.1, 10.0):
        assert means["fedavg", "fedsign", alpha] == pytest.approx(0.03)
        assert means["fedsign-growth", "fedsign", alpha] == pytest.approx(0.03)
        assert means["fedavg", "fedsign-growth", alpha] == pytest.approx(0)
    assert len(found) == 2 * 2 * 2 * 12


@pytest.mark.parametrize("measure", gains.MEASURES)
def test_the_best_rate_is_that_of_what_was_held_out(measure):
    rounds = [table("fedavg", 0.3, lr=0.1), table("fedavg", 0, lr=0.2, held_out=0.6)]
    rounds.append(table("fedprox", 0, lr=0.4))
    rounds.append(diverged(table("fedprox", 0, lr=0.8)))
    rounds.append(diverged(table("feddyn", 0)))
    found = gains.tuned(gains.scores(pd.concat(rounds)), measure)
    assert found.groupby("method")["lr"].unique().map(list).to_dict() == {
        "fedavg": [0.2],
        "fedprox": [0.4],
    }
    assert len(found) == 24


def test_a_measure_is_tuned_by_itself():
    early, late = table("fedavg", 0, lr=0.1), table("fedavg", 0, lr=0.2)
    early["held_out_accuracy"] = np.where(early["round"] > 15, 0.5, 0.9)
    late["held_out_accuracy"] = np.where(late["round"] > 15, 0.6, 0.1)
    scores = gains.scores(pd.concat([early, late]))
    assert set(gains.tuned(scores, "aulc")["lr"]) == {0.1}
    assert set(gains.tuned(scores, "last")["lr"]) == {0.2}


def test_of_equals_the_first_is_kept():
    one, other = table("fedavg", 0, lr=0.3), table("fedavg", 0, lr=0.1)
    rng = np.random.default_rng(0)
    for rounds in (one, other):
        rounds["held_out_accuracy"] = rng.permutation(np.arange(len(one)) / 287)
    for first, second in ((one, other), (other, one)):
        found = gains.tuned(gains.scores(pd.concat([first, second])), "aulc")
        assert set(found["lr"]) == set(first["lr"])


def test_without_fedavg_there_is_nothing_to_compare_with():
    rounds = [table("fedavg", 0, alpha=0.5), diverged(table("fedavg", 0)), table("fedprox", 0)]
    with pytest.raises(ProspectError, match=r"fedavg has diverged at all of them at alpha 1;"):
        gains.tuned(gains.scores(pd.concat(rounds)), "aulc")


def test_ablations_are_compared_at_the_rate_and_strength_of_fedsign():
    rounds = []
    for lr in (0.1, 0.2):
        rounds.append(table("fedavg", 0, lr=lr, held_out=0.6 - lr))  # best at 0.1
        rounds.append(table("fedprox", 0, lr=lr, strength=0.2))
        for method in ("fedsign", "fedsign-growth"):  # best at 0.2 and 0.1
            held_out = 0.5 + lr if method == "fedsign" else 0.5 - lr
            rounds += [
                table(method, 0, lr=lr, strength=s, held_out=held_out - s) for s in (0.2, 0.4)
            ]
    rounds = pd.concat(rounds)
    found = gains.chosen(gains.scores(rounds))
    settings = found.groupby(["setting", "method"])[["lr", "strength"]].agg(set)
    for measure in gains.MEASURES:
        assert settings.loc[f"tuned-{measure}", "lr"].to_dict() == {
            "fedavg": {0.1},
            "fedprox": {0.1},
            "fedsign": {0.2},
            "fedsign-growth": {0.1},
        }
    assert settings.loc["equal"].to_dict("index") == {
        "fedavg": {"lr": {0.2}, "strength": {0.0}},
        "fedsign": {"lr": {0.2}, "strength": {0.2}},
        "fedsign-growth": {"lr": {0.2}, "strength": {0.2}},
    }
    back = gains.rounds_of(found, rounds)
    assert len(back) == 12 * 20 * (4 + 4 + 3)
