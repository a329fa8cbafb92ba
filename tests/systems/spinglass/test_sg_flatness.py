"""Flatness in float64 against autograd's whole Hessian, and the radius against a closed form."""

import math

import pytest
import torch
from test_sg_permutations import small_networks
from torch import nn
from torch.func import functional_call, hessian
from torch.nn import functional

from prospect.base.errors import ProspectError
from prospect.landscape.alignment import permuted
from prospect.model import networks
from prospect.model.objective import Objective
from prospect.systems.spinglass.flatness import MEASURES, flatness, radius, trace_of


@pytest.fixture(scope="module")
def tiny(digits):
    """Two networks of three units on 60 samples."""
    return small_networks(digits, 3, [0, 1], samples=60)


def whole_hessian(objective, theta):
    def loss(theta):
        outputs = functional_call(
            objective.flat.module, objective.flat.parts(theta), (objective.inputs,)
        )
        return functional.cross_entropy(outputs, objective.targets)

    return hessian(loss)(theta)


@pytest.mark.parametrize("state", [2, 3], ids=["trained", "untrained"])
def test_the_trace_is_that_of_the_whole_hessian(tiny, state):
    for theta in tiny[state]:
        wanted = whole_hessian(tiny[0], theta)
        assert trace_of(tiny[0], theta) == pytest.approx(float(wanted.trace()), rel=1e-10)


def test_the_trace_without_biases(digits):
    spec = {"architecture": "mlp", "hidden": [3], "bias": False}
    split = digits.train.subset(50, seed=0)
    network = networks.build(spec, (1, 8, 8), 10, 0)
    objective = Objective(network, split, dtype=torch.float64)
    theta = 2 * objective.flat.weights
    assert trace_of(objective, theta) == pytest.approx(
        float(whole_hessian(objective, theta).trace()), rel=1e-10
    )


def test_all_measures_at_once_and_the_eigenvalue(tiny):
    objective, theta = tiny[0], tiny[2][0]
    found = flatness(objective, theta, seed=0)
    assert tuple(found) == MEASURES
    values = torch.linalg.eigvalsh(whole_hessian(objective, theta))
    assert found["eigenvalue"] == pytest.approx(float(values[-1]), rel=2e-3)
    assert found["norm"] == pytest.approx(float(theta.norm()))
    assert found["scale_free_trace"] == pytest.approx(found["trace"] * found["norm"] ** 2)


def test_a_permuted_copy_is_as_flat(tiny):
    objective, symmetry, thetas, _ = tiny
    copy = permuted(thetas[0], symmetry, [torch.tensor([2, 0, 1])])
    assert trace_of(objective, copy) == pytest.approx(trace_of(objective, thetas[0]), rel=1e-12)


def test_a_small_rise_is_reached_where_the_trace_says(digits):
    objective, _, thetas, _ = small_networks(digits, 16, [0])
    theta, rise = thetas[0], 1e-5
    P = len(theta)
    predicted = math.sqrt(2 * P * rise / trace_of(objective, theta))  # E uᵀHu = tr H / P
    found = [radius(objective, theta, seed, rise) for seed in range(12)]
    assert sum(found) / 12 == pytest.approx(predicted, rel=0.1)


def test_the_radius_is_where_the_loss_has_risen(tiny):
    objective, theta = tiny[0], tiny[2][0]
    assert radius(objective, theta, 0, 0.05) < radius(objective, theta, 0, 0.1)
    assert math.isnan(radius(objective, theta, 0, 1e9))  # never
    assert math.isnan(radius(objective, theta, 0, 1e-14))  # at once


@pytest.mark.parametrize(
    ("network", "said"),
    [
        (nn.Sequential(nn.Flatten(), nn.Linear(64, 10)), "a network of Linear; want"),
        (
            nn.Sequential(nn.Flatten(), nn.Linear(64, 4), nn.Tanh(), nn.Linear(4, 10)),
            "a network of Linear, Tanh, Linear; want Linear, ReLU, Linear: one hidden layer",
        ),
    ],
    ids=["no hidden layer", "tanh"],
)
def test_another_network_is_said_in_a_line(digits, network, said):
    objective = Objective(network, digits.train.subset(20, seed=0))
    with pytest.raises(ProspectError, match=said):
        trace_of(objective, objective.flat.weights)
