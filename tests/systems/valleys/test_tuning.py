"""Trials of a method: their order, what a divergence leaves, and going on after a stop."""

import math

import pandas as pd
import pytest

from prospect.base.resume import Partial
from prospect.systems.valleys import tuning
from prospect.systems.valleys.federated import Federation
from prospect.systems.valleys.partition import partition

OWN = {"alphas": [0.3, 10.0], "strengths": [0.1, 0.2], "rates": [0.05, 0.1], "runs": 2}
OWN |= {"rounds": 3, "clients": 5, "fraction": 0.6, "local_epochs": 1, "batch": 100}
OWN |= {"held_out": 0.2, "reduction": "sum"}
PARAMS = {
    "network": {"architecture": "mlp", "hidden": [8]},
    "name": "small",
    "dataset": {"name": "digits"},
    "device": "cpu",
    "federated": OWN,
}
TRIAL = ["alpha", "strength", "lr"]


def params_of(**own):
    return PARAMS | {"federated": OWN | own}


def whole(tmp_path, method="feddyn", **own):
    return tuning.try_all(params_of(**own), method, Partial(tmp_path / "whole", {}))


def test_every_setting_is_a_trial_with_all_runs():
    found = [(run.alpha, run.strength, run.lr, run.seed) for t in tuning.trials(OWN) for run in t]
    assert found == [
        (alpha, strength, lr, seed)
        for alpha in (0.3, 10.0)
        for strength in (0.1, 0.2)
        for lr in (0.05, 0.1)
        for seed in (0, 1)
    ]


def test_rows_are_those_of_one_trial_alone(tmp_path):
    table = whole(tmp_path)
    assert len(table) == 8 * 3 * 2
    assert not table["diverged"].any()
    assert set(table["network"]) == {"small"} and set(table["dataset"]) == {"digits"}
    alone = whole(tmp_path, alphas=[10.0], strengths=[0.2], rates=[0.05])
    same = table[(table["alpha"] == 10.0) & (table["strength"] == 0.2) & (table["lr"] == 0.05)]
    pd.testing.assert_frame_equal(same.reset_index(drop=True), alone)


def test_nothing_held_out_is_trained_on():
    shared, held_out = tuning.split(PARAMS)
    images = {tuple(image.flatten().tolist()) for image in held_out.inputs}
    assert len(held_out.targets) == round(0.2 * (len(shared.train.targets) + len(held_out.targets)))
    assert not images & {tuple(image.flatten().tolist()) for image in shared.train.inputs}


def test_a_trial_that_diverges_ends_alone(tmp_path):
    table = whole(tmp_path, "fedprox", strengths=[0.1, 1e30], alphas=[10.0])
    lost = table["strength"] == 1e30
    assert (table["diverged"] == lost).all()
    assert len(table[lost]) == 2 * 2  # a row a run at both rates
    assert table.loc[lost, "test_accuracy"].isna().all()
    assert table.loc[lost, "round"].between(1, 3).all()
    kept = whole(tmp_path, "fedprox", strengths=[0.1], alphas=[10.0])
    pd.testing.assert_frame_equal(table[~lost].reset_index(drop=True), kept)


@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_a_stop_after_any_round_changes_nothing(tmp_path, monkeypatch, at):
    monkeypatch.setattr("prospect.base.resume.SHARE", 0)
    own = {"alphas": [0.3], "strengths": [0.1, 1e30], "rates": [0.05]}
    want = whole(tmp_path, **own)
    rounds, advance = [], Federation.advance

    def stopping(federation):
        rounds.append(1)
        if len(rounds) == at:
            raise KeyboardInterrupt
        return advance(federation)

    monkeypatch.setattr(Federation, "advance", stopping)
    with pytest.raises(KeyboardInterrupt):
        tuning.try_all(params_of(**own), "feddyn", Partial(tmp_path / "d", {}, every=0))
    found = tuning.try_all(params_of(**own), "feddyn", Partial(tmp_path / "d", {}, every=0))
    assert len(rounds) == 3 + 1 + 1  # the second trial diverges in its first round
    pd.testing.assert_frame_equal(found, want)


def test_the_table_of_partitions_is_what_clients_have():
    table = tuning.partitions(PARAMS)
    shared, _ = tuning.split(PARAMS)
    assert table["count"].min() > 0
    for (alpha, run), rows in table.groupby(["alpha", "run"]):
        counts = partition(shared.train.targets, 5, alpha, run).counts
        for row in rows.itertuples():
            assert row.count == counts[row.client, row._4]
        assert rows["count"].sum() == counts.sum()
    share = table.groupby(["alpha", "run", "client"])["count"].agg(lambda n: n.max() / n.sum())
    assert share.loc[0.3].mean() > share.loc[10.0].mean() + 0.1
    assert math.isclose(share.loc[10.0].mean(), 0.2, abs_tol=0.1)
