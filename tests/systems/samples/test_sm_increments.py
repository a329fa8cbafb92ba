"""The paper's experiment against loops, networks trained alone and losses of known spread."""

import numpy as np
import pytest
import torch

from prospect.base.errors import ProspectError
from prospect.model import networks
from prospect.model.objective import Objective
from prospect.model.training import train
from prospect.model.weights import flatten, layout
from prospect.systems.samples.increments import first_samples, measure, of_losses, smoothed
from prospect.systems.samples.orders import mean_increments, orders
from prospect.systems.samples.perceptrons import Perceptron, every

OWN = {"widths": [4], "depths": [1], "epochs": [2, 1], "batch": 64, "rate": 1e-3, "orders": 20}


def test_depth_counts_layers_between_the_first_and_the_last():
    module = networks.build(Perceptron(8, 5).network, (1, 8, 8), 10, seed=0)
    shapes = [tuple(weight.shape) for weight in module.parameters()]
    assert shapes == [(8, 64), *[(8, 8)] * 5, (10, 8)]  # and no biases
    named = [str(one) for one in every(OWN | {"depths": [1, 3]})]
    assert named == ["h4-l1", "h4-l3"]


@pytest.mark.parametrize("spread", [0.1, 3.0])
def test_level_is_the_spread_of_any_losses_and_the_slope_says_nothing(spread):
    losses = (spread * torch.randn(800, generator=torch.Generator().manual_seed(1))).exp()
    found, curve = of_losses(losses, orders(400, 800, 0), classes=10)
    assert found["mad"] == pytest.approx(float((losses - losses.mean()).abs().mean()), rel=1e-5)
    assert found["identity"] == pytest.approx(1, abs=0.02)
    assert found["slope"] == pytest.approx(-1, abs=0.03)
    assert not found["dead"] and found["silent"] == 0
    assert curve["k"][0] == 1 and curve["k"][-1] == 799


def test_increments_of_dependent_draws_are_no_identity():
    # the control: orders that take the large losses first fall more steeply than 1/k
    losses = torch.arange(800.0)
    drawn = losses.argsort(descending=True)[None]
    found, _ = of_losses(losses, drawn, classes=10)
    assert abs(found["slope"] + 1) > 0.5


def test_a_dead_network_is_named_and_has_no_slope():
    silent = torch.full((500,), float(np.log(10)))
    silent[0] = 5.0  # one sample in 500 still turns a ReLU on
    found, _ = of_losses(silent, orders(10, 500, 0), classes=10)
    assert found["dead"] and found["silent"] == pytest.approx(0.998)
    assert np.isnan(found["slope"]) and np.isnan(found["identity"])
    alive, _ = of_losses(torch.rand(500), orders(10, 500, 0), classes=10)
    assert not alive["dead"]


def test_smoothing_is_the_authors():
    values = np.random.default_rng(0).random(300)
    expected = [values[0]]
    for value in values[1:]:
        expected.append(0.99 * expected[-1] + 0.01 * value)
    assert smoothed(values) == pytest.approx(np.array(expected))


def test_rows_are_those_of_networks_trained_alone(digits):
    data = first_samples(digits, 200)
    assert torch.equal(data.train.targets, digits.train.targets[:200])
    rows, curves = measure(Perceptron(4, 1), data, OWN, range(2), "cpu")
    assert rows["epochs"].tolist() == [1, 1, 2, 2] and rows["seed"].tolist() == [0, 1, 0, 1]
    for row in rows[rows["epochs"] == 1].itertuples():
        network = networks.build(Perceptron(4, 1).network, (1, 8, 8), 10, row.seed)
        recipe = {"epochs": 1, "batch": 64, "schedule": "constant"}
        recipe |= {"optimizer": {"name": "adam", "lr": 1e-3, "weight_decay": 0.0}}
        blocks = layout(network)
        *_, last = train(network, data, recipe, row.seed, "cpu", what=None)
        losses = Objective(network, data.train).sample_losses(flatten(last.state, blocks)).loss
        assert row.loss == pytest.approx(float(losses.double().mean()), rel=1e-4)
        spread = float((losses - losses.mean()).abs().mean())
        assert row.mad == pytest.approx(spread, rel=1e-3)
        curve = curves[(curves["seed"] == row.seed) & (curves["epochs"] == 1)]
        drawn = orders(20, 200, row.seed, "increments")
        expected = mean_increments(losses, drawn)[curve["k"].to_numpy() - 1]
        assert curve["increment"].to_numpy() == pytest.approx(expected, rel=1e-2)


def test_more_samples_than_there_are_is_one_line(digits):
    with pytest.raises(ProspectError, match=r"increments\.samples: 2000 are more than the 1437"):
        first_samples(digits, 2000)
