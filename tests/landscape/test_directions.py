"""Directions: kinds of noise, normalisations, and what happens to zeros."""

import pytest
import torch
from torch import nn

from prospect.landscape.directions import make, noise, normalise
from prospect.model.objective import Objective
from prospect.model.weights import flatten, layout


@pytest.fixture
def problem(network):
    """θ with a zero filter and a zero bias, the blocks, and a random direction."""
    blocks = layout(network)
    theta = flatten(dict(network.named_parameters()), blocks)
    theta[blocks[0].start : blocks[0].start + 64 // blocks[0].shape[0]] = 0
    theta[blocks[-1].start : blocks[-1].stop] = 0
    return theta, blocks, noise("gaussian", len(theta), 0, "test")


@pytest.mark.parametrize("how", ["scaled", "filter", "layer", "none"])
def test_never_nan_and_zeros_stay_zero(problem, how):
    theta, blocks, direction = problem
    assert torch.isfinite(normalise(direction, theta, blocks, how)).all()
    assert (normalise(torch.zeros_like(theta), theta, blocks, how) == 0).all()


def test_scaled_has_the_norm_of_theta_and_keeps_the_direction(problem):
    theta, blocks, direction = problem
    scaled = normalise(direction, theta, blocks, "scaled")
    assert scaled.norm() == pytest.approx(float(theta.norm()), rel=1e-5)
    assert torch.allclose(scaled / scaled.norm(), direction / direction.norm(), atol=1e-6)


def test_layer_and_filter_scale_every_part(problem):
    theta, blocks, direction = problem
    by_layer = normalise(direction, theta, blocks, "layer")
    by_filter = normalise(direction, theta, blocks, "filter")
    for block in blocks:
        part = slice(block.start, block.stop)
        assert torch.isclose(by_layer[part].norm(), theta[part].norm(), rtol=1e-4)
        rows = block.shape[0] if len(block.shape) > 1 else 1
        for got, want in zip(
            by_filter[part].view(rows, -1), theta[part].view(rows, -1), strict=True
        ):
            assert torch.isclose(got.norm(), want.norm(), rtol=1e-4)


def test_rescaling_a_filter_rescales_its_direction(problem):
    theta, blocks, direction = problem
    block = next(b for b in blocks if len(b.shape) > 1)
    size = block.shape[1:].numel()
    filter_ = slice(block.start + size, block.start + 2 * size)
    larger = theta.clone()
    larger[filter_] *= 3
    before = normalise(direction, theta, blocks, "filter")[filter_]
    after = normalise(direction, larger, blocks, "filter")[filter_]
    assert torch.allclose(after, 3 * before, rtol=1e-5)


def test_noise_has_its_distribution_and_its_own_stream():
    count = 20000
    gaussian = noise("gaussian", count, 0, "a")
    uniform = noise("uniform", count, 0, "a")
    rademacher = noise("rademacher", count, 0, "a")
    assert abs(gaussian.mean()) < 0.03
    assert gaussian.var() == pytest.approx(1, abs=0.05)
    assert uniform.abs().max() <= 1
    assert uniform.var() == pytest.approx(1 / 3, abs=0.02)
    assert set(rademacher.tolist()) == {-1.0, 1.0}
    assert abs(rademacher.mean()) < 0.03
    assert torch.equal(gaussian, noise("gaussian", count, 0, "a"))
    assert not torch.equal(gaussian, noise("gaussian", count, 1, "a"))
    assert not torch.equal(gaussian, noise("gaussian", count, 0, "b"))


def test_sign_difference_and_gradient(network, digits):
    objective = Objective(network, digits.train)
    blocks = objective.flat.blocks
    theta = flatten(dict(network.named_parameters()), blocks)
    target = theta + 1

    def made(**spec):
        return make({"normalise": "none"} | spec, "x", objective, theta, 0, target)

    assert torch.equal(made(sign="theta"), theta.sign())
    assert torch.allclose(made(to="trained"), torch.ones_like(theta), atol=1e-5)
    downhill = made(gradient="negative")
    step = 1e-2 / downhill.norm()
    before = objective.sample_losses(theta).loss.mean()
    after = objective.sample_losses(theta, downhill[None], [float(step)]).loss.mean()
    assert float(before - after) == pytest.approx(float(downhill.norm()) * 1e-2, rel=0.1)


def test_a_frozen_parameter_is_no_part_of_weight_space():
    network = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 2))
    network[0].weight.requires_grad_(False)
    assert [block.name for block in layout(network)] == ["0.bias", "1.weight", "1.bias"]
