"""Settings of batch size and rate from the same starts: paired differences, and plain lines."""

import numpy as np
import pandas as pd
import pytest
import torch
from settings import setting_for
from test_sg_permutations import RECIPE, small_networks

from prospect.base.errors import ProspectError
from prospect.model import networks
from prospect.model.objective import Objective
from prospect.model.splits import training_part
from prospect.model.training import train
from prospect.model.weights import flatten, layout
from prospect.systems.spinglass.flatness import MEASURES, trace_of
from prospect.systems.spinglass.ruggedness import OUTCOMES, lines, paired, ruggedness

SPEC = {"architecture": "mlp", "hidden": [16]}
PART = {"parts": 1, "part": 0, "samples": 200, "label_noise": 0.0}
SEEDS = [0, 1, 2, 3]


def networks_of(digits, batch, until=None, **recipe):
    optimizer = RECIPE["optimizer"] | {"lr": 0.05}
    training = RECIPE | PART | {"epochs": 150, "batch": batch, "optimizer": optimizer} | recipe
    training["until"] = until and {"loss": until}
    source = digits._replace(train=training_part(digits.train, 10, training))
    return ruggedness(setting_for(SPEC, source, training), SEEDS)


@pytest.fixture(scope="module")
def stopped(digits):
    return pd.concat([networks_of(digits, batch, until=0.1) for batch in (8, 100)])


def test_a_network_is_that_of_plain_training(digits):
    row = networks_of(digits, 25, label_noise=0.2, epochs=3).iloc[1]
    training = RECIPE | PART | {"epochs": 3, "batch": 25, "label_noise": 0.2}
    training["optimizer"] = RECIPE["optimizer"] | {"lr": 0.05}
    source = digits._replace(train=training_part(digits.train, 10, training))
    network = networks.build(SPEC, (1, 8, 8), 10, 1)
    *_, last = train(network, source, training, 1, "cpu", what=None)
    for outcome in OUTCOMES:
        assert row[outcome] == pytest.approx(last.row[outcome], rel=1e-3, abs=1e-6)
    theta = flatten(dict(network.named_parameters()), layout(network))
    trace = trace_of(Objective(network, source.train), theta)
    assert row["trace"] == pytest.approx(trace, rel=1e-2)
    assert (row["matched"], row["epochs"], row["label_noise"]) == ("epochs", 3, 0.2)


def test_networks_stop_at_the_loss_and_say_whether_they_got_there(stopped):
    assert stopped["reached"].all()
    assert (stopped["loss"] < 0.1).all()
    assert (stopped["epochs"] < 150).all()
    assert set(MEASURES) <= set(stopped.columns)
    assert not stopped.duplicated(["batch", "rate", "seed"]).any()


def test_what_does_not_get_there_is_left_out(digits, stopped):
    slow = networks_of(digits, 200, until=0.1, epochs=2)
    assert not slow["reached"].any()
    found = paired(pd.concat([stopped, slow]), 100)
    assert set(found["batch"]) == {8}


def test_differences_are_those_of_the_same_start(stopped):
    found = paired(stopped.sample(frac=1, random_state=0), 100)
    assert (found["batch"] == 8).all()
    found = found.pivot(index="seed", columns="measure", values="difference")
    by_batch = stopped.pivot(index="seed", columns="batch", values=["trace", "test_loss"])
    logs = np.log(by_batch["trace"][8]) - np.log(by_batch["trace"][100])
    assert found["log_trace"].to_list() == pytest.approx(logs.to_list())
    plain = by_batch["test_loss"][8] - by_batch["test_loss"][100]
    assert found["test_loss"].to_list() == pytest.approx(plain.to_list())


def test_a_paired_difference_is_found_under_differences_between_starts_and_none_without_one():
    rng = np.random.default_rng(0)
    starts = 3 * rng.standard_normal(8)
    names = {"network": "net", "matched": "loss", "label_noise": 0.0, "reached": True}
    rows = [
        names
        | {"batch": batch, "rate": 0.1, "seed": seed}
        | {name: start + shift + 0.01 * rng.standard_normal() for name in OUTCOMES}
        | {name: np.exp(start + 0.01 * rng.standard_normal()) for name in MEASURES}
        for batch, shift in ((8, 0.1), (64, 0))
        for seed, start in enumerate(starts)
    ]
    found = paired(pd.DataFrame(rows), 64).groupby("measure")["difference"].mean()
    assert (found[list(OUTCOMES)] > 0.05).all()
    nulls = found.drop(list(OUTCOMES))
    assert (nulls.abs() < 0.03).all()
    assert len(nulls) == len(MEASURES)


def test_a_reference_that_is_not_there_is_said(stopped):
    with pytest.raises(ProspectError, match="no network of batch size 64; there are 8, 100"):
        paired(stopped, 64)


def test_lines_through_trained_networks_have_one_basin(digits):
    objective, _, thetas, _ = small_networks(digits, 32, [0, 1])
    for seed, theta in enumerate(thetas):
        assert lines(objective, theta, seed) == {"basins": 1, "sign_changes": 1}


class Waves:
    """A loss with a wave along every line: what `lines` must find where there is something."""

    def __init__(self, objective):
        self.objective = objective

    def __getattr__(self, name):
        return getattr(self.objective, name)

    def score(self, outputs, index=slice(None)):
        here = self.objective.score(outputs, index)
        distance = (self.objective.flat.weights - self.start).norm() / self.start.norm()
        return here._replace(loss=5 * distance + 2 * torch.sin(12 * distance) + 0 * here.loss)


def test_lines_find_basins_where_there_are_some(digits):
    objective, _, thetas, _ = small_networks(digits, 8, [0])
    waves = Waves(objective)
    waves.start = thetas[0]
    loss = [5 * d + 2 * np.sin(12 * d) for d in np.abs(np.linspace(-1, 1, 81))]
    turns = np.sum(np.diff(np.sign(np.diff(loss))) != 0)
    found = lines(waves, thetas[0], 0)
    assert found == {"basins": (turns + 1) // 2, "sign_changes": turns}
