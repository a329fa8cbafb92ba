"""Directions: kinds of noise, normalisations, and what happens to zeros."""

import math
import re

import pytest
import torch
from torch import nn

from prospect.base.errors import ProspectError
from prospect.base.seeding import generator
from prospect.landscape.directions import NOISES, check, make, noise, normalise, with_signs
from prospect.landscape.kinds import KINDS
from prospect.model.objective import Objective
from prospect.model.weights import flatten, layout
from prospect.study.schema import schema


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


MOMENTS = {  # values, mean and variance
    "gaussian": (None, 0, 1),
    "uniform": (None, 0, 1 / 3),
    "rademacher": ({-1, 1}, 0, 1),
    "ternary": ({-1, 0, 1}, 0, 2 / 3),
    "gaussian-1": (None, 1, 1),
    "uniform-01": (None, 1 / 2, 1 / 12),
    "binary": ({0, 1}, 1 / 2, 1 / 4),
    "ones": ({1}, 1, 0),
}


@pytest.mark.parametrize("kind", NOISES)
def test_every_noise_has_its_values_mean_and_variance(kind):
    values, mean, variance = MOMENTS[kind]
    drawn = noise(kind, 40000, 0, "a").double()
    assert float(drawn.mean()) == pytest.approx(mean, abs=4 * math.sqrt(max(variance, 1e-9) / 4e4))
    assert float(drawn.var()) == pytest.approx(variance, abs=0.03)
    if values:
        assert set(drawn.tolist()) == values
    bounds = {"uniform": (-1, 1), "uniform-01": (0, 1)}.get(kind)
    if bounds:
        assert bounds[0] <= drawn.min() < bounds[0] + 0.01
        assert bounds[1] - 0.01 < drawn.max() <= bounds[1]


def test_the_schemas_list_is_the_registrys():
    pattern = schema()["$defs"]["noise"]["pattern"]
    listed = re.match(r"\^\((.*)\|\[A-Za", pattern)[1].split("|")
    assert listed == list(NOISES)
    assert (
        set(KINDS)
        <= schema()["properties"]["directions"]["additionalProperties"]["properties"].keys()
    )


def test_a_share_of_the_elements_takes_the_signs_of_theta_and_more_holds_all():
    theta = noise("gaussian", 2000, 0, "theta")
    raw = noise("gaussian", 2000, 0, "direction")
    signed = [with_signs(raw, theta, r, generator(0, "signs")) for r in (0, 0.25, 0.5, 1)]
    assert torch.equal(signed[0], raw)
    assert torch.equal(signed[3], raw.abs() * theta.sign())
    agree = [(part.sign() == theta.sign()).double().mean() for part in signed]
    assert agree == pytest.approx([0.5, 0.625, 0.75, 1], abs=0.04)  # half agree by chance
    turned = [part != raw for part in signed]
    assert not (turned[1] & ~turned[2]).any() and not (turned[2] & ~turned[3]).any()
    assert all(torch.equal(part.abs(), raw.abs()) for part in signed)


def test_a_direction_in_some_tensors_only_has_their_norm(network, digits):
    objective = Objective(network, digits.train)
    blocks = objective.flat.blocks
    theta = flatten(dict(network.named_parameters()), blocks) + 0.1
    spec = {"noise": "gaussian", "normalise": "scaled", "only": r"weight$"}
    vector = make(spec, "x", objective, theta, 0, None)
    inside = torch.zeros(len(theta), dtype=torch.bool)
    for block in blocks:
        inside[block.start : block.stop] = block.name.endswith("weight")
    assert inside.any() and not inside.all()
    assert not vector[~inside].any()
    assert float(vector.norm()) == pytest.approx(float(theta[inside].norm()), rel=1e-5)
    with pytest.raises(ProspectError, match=r"only: 'conv9' finds none of the parameters"):
        make(spec | {"only": "conv9"}, "x", objective, theta, 0, None)


def alternating(count, rng):
    return (torch.arange(count) % 2).double() * torch.rand(1, generator=rng).double()


def test_your_own_noise_is_drawn_and_of_another_length_refused():
    kind = f"{__name__}:alternating"
    one, two = (noise(kind, 6, seed) for seed in (0, 1))
    assert one[::2].tolist() == [0, 0, 0] and one.dtype == torch.float32
    assert one[1] == one[3] != two[1]
    with pytest.raises(ProspectError, match=r"gives \(2,\); want \(7,\)"):
        noise(f"{__name__}:too_short", 7, 0)


def too_short(count, rng):
    return torch.zeros(2)


def test_sign_difference_and_gradient(network, digits):
    objective = Objective(network, digits.train)
    blocks = objective.flat.blocks
    theta = flatten(dict(network.named_parameters()), blocks)
    target = theta + 1

    def made(**spec):
        return make({"normalise": "none"} | spec, "x", objective, theta, 0, target)

    own = {"normalise": "none", "weights": "sign"}
    assert torch.equal(make(own, "x", objective, theta, 0, None), theta.sign())
    assert torch.equal(made(weights="sign"), target.sign())  # of another center
    assert torch.equal(made(weights="positive"), (target > 0).float())
    for block in blocks:
        part = made(weights="theta", centred=True)[block.start : block.stop]
        wanted = target[block.start : block.stop]
        assert torch.allclose(part, wanted - wanted.mean(), atol=1e-6)
    assert torch.allclose(made(to="trained"), torch.ones_like(theta), atol=1e-5)
    downhill = made(gradient="negative")
    step = 1e-2 / downhill.norm()
    before = objective.sample_losses(theta).loss.mean()
    after = objective.sample_losses(theta, downhill[None], [float(step)]).loss.mean()
    assert float(before - after) == pytest.approx(float(downhill.norm()) * 1e-2, rel=0.1)


ZERO = {
    "same epoch": ({"to": "b"}, r"centers 'a' and 'b' are the same point, in all tensors that it"),
    "of a twin": ({"to": "b", "of": "twin"}, r"centers 'a' and 'b' of twin are the same point"),
    "noise": ({"noise": "ternary", "only": "bias"}, r"at center 'a' is zero in all .*; want"),
}


@pytest.mark.parametrize("case", ZERO)
def test_a_direction_that_leads_nowhere_is_one_line(case):
    spec, message = ZERO[case]
    check(torch.tensor([0.0, 1e-30]), "directions.x", spec, "a")
    with pytest.raises(ProspectError, match=rf"^directions\.x .*{message}"):
        check(torch.zeros(3), "directions.x", spec, "a")
    with pytest.raises(ProspectError, match=r"^directions\.x at center 'a' .* not finite; want"):
        check(torch.tensor([0.0, torch.nan]), "directions.x", spec, "a")


def test_a_frozen_parameter_is_no_part_of_weight_space():
    network = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 2))
    network[0].weight.requires_grad_(False)
    assert [block.name for block in layout(network)] == ["0.bias", "1.weight", "1.bias"]
