"""A network evaluated sooner near points where it is known, against the objective itself."""

import logging

import pytest
import torch
from torch import nn

from prospect.model import approximation, networks
from prospect.model.approximation import (
    Approximation,
    arithmetics,
    has_bfloat16,
    in_arithmetic,
    probe,
)
from prospect.model.objective import Objective

CPU = torch.device("cpu")
SPECS = {
    "mlp": {"architecture": "mlp", "hidden": [32]},
    "mlp, batchnorm": {"architecture": "mlp", "hidden": [32, 32], "batchnorm": True},
    "resnet": {"architecture": "resnet", "width": 8, "blocks": [1, 1]},
}
CASES = {  # samples in a batch, samples that statistics come from: None is the same ones
    "statistics on the way": {},
    "statistics of batches": {"batch": 800},
    "test samples": {"statistics": True},
    "frozen": {"batchnorm": "frozen"},
}


@pytest.fixture(params=SPECS)
def network(request):
    return networks.build(SPECS[request.param], (1, 8, 8), 10, seed=0)


def objective_of(network, digits, case, **others):
    case = dict(case)
    split = digits.test if case.get("statistics") else digits.train
    if case.pop("statistics", False):
        case["statistics"] = digits.train
    return Objective(network, split, classes=10, **case, **others)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_with_the_shift_of_the_point_itself_it_is_exact(network, digits, case):
    objective = objective_of(network, digits, case, dtype=torch.float64)
    index = torch.randperm(objective.samples, generator=torch.Generator().manual_seed(0))[:200]
    near = Approximation(objective, index)
    theta = objective.flat.weights.clone()
    directions = torch.randn(2, len(theta), generator=torch.Generator().manual_seed(1))
    directions = (directions / 100).double()
    for point in ([0, 0], [0.7, -1.0]):
        exact, shift = objective.outputs_and_shift(
            theta, directions, point, probe(objective, index)
        )
        found = near.outputs(theta, directions, point, shift)
        scale = exact.abs().max()
        if case.get("batch") or case.get("statistics"):
            # an average of batches is no average of their statistics layer by layer
            assert (found - exact[index]).abs().max() < 0.05 * scale
        else:
            assert (found - exact[index]).abs().max() < 1e-9 * scale


def test_statistics_of_the_probe_alone_would_not_do(digits):
    network = networks.build(SPECS["resnet"], (1, 8, 8), 10, seed=0)
    objective = Objective(network, digits.train, classes=10)
    index = torch.arange(300)
    theta = objective.flat.weights.clone()
    exact, shift = objective.outputs_and_shift(theta, (), (), probe(objective, index))
    near = Approximation(objective, index)
    right = (near.outputs(theta, (), (), shift) - exact[index]).abs().max()
    wrong = (near.outputs(theta, (), (), torch.zeros_like(shift)) - exact[index]).abs().max()
    assert right < 1e-4 < 1e-2 < wrong


def test_without_a_probe_nothing_is_noted(digits):
    network = networks.build(SPECS["resnet"], (1, 8, 8), 10, seed=0)
    objective = Objective(network, digits.train, classes=10)
    outputs, shift = objective.outputs_and_shift(objective.flat.weights.clone())
    assert len(shift) == 0
    again, shift = objective.outputs_and_shift(
        objective.flat.weights.clone(), probe=torch.arange(100)
    )
    assert torch.equal(outputs, again)
    assert len(shift) == 2 * sum(
        layer.num_features for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)
    )


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_outputs_in_another_precision(network, digits, case):
    objective = objective_of(network, digits, case)
    double = in_arithmetic(objective, torch.float64)
    assert in_arithmetic(objective, torch.float32) is objective
    theta = objective.flat.weights.clone()
    directions = torch.randn(1, len(theta), generator=torch.Generator().manual_seed(1)) / 100
    index = probe(objective, torch.arange(200))
    for point in ([0.0], [0.7]):
        where = theta, directions, point, index
        (wanted, its_shift), (found, shift) = (
            which.outputs_and_shift(*where) for which in (objective, double)
        )
        assert found.dtype == torch.float32
        assert 0 < (found - wanted).abs().max() < 1e-4 * wanted.abs().max()
        assert torch.allclose(shift, its_shift, atol=1e-4)
        assert torch.equal(objective.outputs(*where[:3]), wanted)  # it is as it was


@pytest.mark.skipif(not has_bfloat16(CPU), reason="this processor has no bfloat16")
def test_losses_in_bfloat16_are_within_one_percent(digits):
    network = networks.build(SPECS["resnet"], (1, 8, 8), 10, seed=0)
    objective = Objective(network, digits.train, classes=10)
    index = torch.arange(500)
    theta = objective.flat.weights.clone()
    exact, shift = objective.outputs_and_shift(theta, (), (), probe(objective, index))
    near = Approximation(in_arithmetic(objective, torch.bfloat16), index)
    everything = in_arithmetic(objective, torch.bfloat16).outputs(theta)
    for found, some in ((near.outputs(theta, (), (), shift), index), (everything, slice(None))):
        assert found.dtype == torch.float32
        wanted = objective.score(exact[some], some).loss
        apart = objective.score(found, some).loss.mean() - wanted.mean()
        assert 0 < apart.abs() < 0.01 * wanted.mean()


def test_the_arithmetic_follows_from_processor_and_network(digits, monkeypatch, caplog):
    monkeypatch.setattr(logging.getLogger("prospect"), "propagate", True)
    small, large = (
        Objective(networks.build(SPECS[name], (1, 8, 8), 10, 0), digits.train, classes=10)
        for name in ("mlp", "resnet")
    )
    both = [torch.bfloat16, torch.float32]
    monkeypatch.setattr(approximation, "has_bfloat16", lambda device: True)
    assert arithmetics(small) == [torch.float32]
    assert arithmetics(large) == both
    assert arithmetics(large, "float32") == [torch.float32]
    assert arithmetics(small, "bfloat16") == both
    monkeypatch.setattr(approximation, "has_bfloat16", lambda device: False)
    assert arithmetics(large) == [torch.float32]
    assert not caplog.records
    assert arithmetics(large, "bfloat16") == [torch.float32]
    (record,) = caplog.records
    assert "it is float32 instead" in record.message
