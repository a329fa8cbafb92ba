"""Surfaces from few evaluations against the same surfaces evaluated in full."""

import numpy as np
import pytest
import torch
from torch import nn

from prospect.base.resume import Partial
from prospect.landscape import adaptive, coordinates, interpolation, nearby
from prospect.landscape.evaluate import evaluate
from prospect.landscape.nearby import Nearby
from prospect.landscape.scale import on_scale, wants_log
from prospect.model import networks, training
from prospect.model.approximation import Approximation, in_arithmetic
from prospect.model.objective import Objective

RECIPE = {"epochs": 3, "batch": 128}
RECIPE |= {"optimizer": {"name": "sgd", "lr": 0.05, "momentum": 0.9, "weight_decay": 0.0}}
SPECS = {
    "mlp": {"architecture": "mlp", "hidden": [32]},
    "resnet": {"architecture": "resnet", "width": 4, "blocks": [1, 1]},
}
AXES = {
    "square": [coordinates.axis(1.5, 33), coordinates.axis(1.5, 33)],
    "not square": [np.linspace(-0.4, 1.3, 25), np.linspace(-2, 0.5, 41)],
}


@pytest.fixture(scope="module", params=SPECS)
def plane(request, digits):
    """A trained network's objective on half of the samples, θ and two directions."""
    network = networks.build(SPECS[request.param], (1, 8, 8), 10, seed=3)
    for _ in training.train(network, digits, RECIPE, seed=3, device="cpu"):
        pass
    objective = Objective(network, digits.train.subset(500, seed=0), total=1437, classes=10)
    theta = objective.flat.weights.clone()
    directions = torch.randn(2, len(theta), generator=torch.Generator().manual_seed(1))
    return objective, theta, directions * theta.norm() / directions.norm(dim=1, keepdim=True)


@pytest.mark.parametrize("axes", AXES.values(), ids=AXES)
@pytest.mark.parametrize("memory", [adaptive.OUTPUTS_BYTES, 0], ids=["outputs", "losses"])
def test_within_tolerance_of_the_full_grid(plane, axes, memory, monkeypatch):
    monkeypatch.setattr(adaptive, "OUTPUTS_BYTES", memory)
    monkeypatch.setattr(adaptive, "WORTH", 0)
    monkeypatch.setattr(nearby, "WORTH", 0)
    found = adaptive.surface(*plane, axes, 0.02)
    full = evaluate(*plane, coordinates.product(*axes))
    log = wants_log(full.loss)
    apart = np.abs(on_scale(found.loss, log) - on_scale(full.loss, log))
    assert apart.max() <= 0.02 * np.ptp(on_scale(full.loss, log))
    seen = found.evaluated
    assert 81 < seen.sum() <= len(seen) // 2
    assert apart[seen].max() == 0
    # with a subsample what is found between its own points counts in full
    assert found.error_estimate <= (0.02 if found.approximate else 0.01)
    assert found.center_loss == full.center_loss
    limit = 3 * found.accuracy_error_estimate + 0.01
    assert np.abs(found.accuracy - full.accuracy).max() <= limit
    assert np.isfinite(found.loss_sem).all()
    assert np.isfinite(found.difference_sem).all()


def test_tolerance_zero_evaluates_every_point(plane):
    axes = [coordinates.axis(1.0, 5), coordinates.axis(1.0, 4)]
    found = adaptive.surface(*plane, axes, 0.0)
    assert found.evaluated.all()
    assert np.array_equal(found.loss, evaluate(*plane, coordinates.product(*axes)).loss)


@pytest.mark.parametrize(("points", "tolerance"), [(9, 0.01), (21, 1e-9)])
def test_small_grids_and_rough_surfaces_are_evaluated_in_full(
    plane, points, tolerance, monkeypatch
):
    monkeypatch.setattr(adaptive, "WORTH", 0)
    axes = [coordinates.axis(1.0, points)] * 2
    found = adaptive.surface(*plane, axes, tolerance)
    assert found.evaluated.all()
    assert found.error_estimate == 0
    assert np.array_equal(found.loss, evaluate(*plane, coordinates.product(*axes)).loss)


def test_networks_too_small_for_it_to_pay_are_evaluated_in_full(plane):
    found = adaptive.surface(*plane, AXES["square"], 0.1)
    assert found.evaluated.all() == (plane[0].cost.products < 30_000)


def test_the_cost_of_a_pass_is_that_of_its_layers(digits):
    network = networks.build({"architecture": "mlp", "hidden": [96, 5]}, (1, 8, 8), 10, 0)
    assert Objective(network, digits.train).cost == (
        96,
        2 * (64 + 96 + 5 + 10),
        64 * 96 + 96 * 5 + 50,
    )
    network = nn.Sequential(nn.Conv2d(1, 3, 3), nn.Flatten(), nn.Linear(108, 10))
    assert Objective(network, digits.train).cost == (108, 64 + 2 * (108 + 10), 36 * 3 * 9 + 1080)


def test_losses_that_are_not_finite_are_not_interpolated(digits, monkeypatch):
    monkeypatch.setattr(adaptive, "WORTH", 0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))
    objective = Objective(network, digits.train.subset(100, seed=0), classes=10)
    theta = objective.flat.weights.clone()
    axes = [np.linspace(-1, 1, 25), np.geomspace(1e30, 1e38, 25)]
    found = adaptive.surface(objective, theta, torch.stack([theta, theta]), axes, 0.01)
    assert found.evaluated.all()
    assert np.isnan(found.loss).sum() > 0


@pytest.mark.parametrize("memory", [adaptive.OUTPUTS_BYTES, 0], ids=["outputs", "losses"])
def test_an_interrupted_run_goes_on_and_gives_the_same(plane, memory, tmp_path, monkeypatch):
    monkeypatch.setattr(adaptive, "OUTPUTS_BYTES", memory)
    monkeypatch.setattr(adaptive, "WORTH", 0)
    monkeypatch.setattr(nearby, "WORTH", 0)
    monkeypatch.setattr("prospect.base.resume.SHARE", 0)
    objective, axes = plane[0], AXES["square"]
    whole = adaptive.surface(*plane, axes, 0.02)
    original, calls = Objective.outputs_and_shift, []

    def counted(*arguments):
        calls.append(1)
        if len(calls) == stop_at:
            raise KeyboardInterrupt
        return original(*arguments)

    monkeypatch.setattr(objective, "outputs_and_shift", counted.__get__(objective), raising=False)
    stop_at = 100
    with pytest.raises(KeyboardInterrupt):
        adaptive.surface(*plane, axes, 0.02, partial=Partial(tmp_path / "s.h5", {}, every=0))
    calls.clear()
    stopped, stop_at = stop_at, 0
    partial = Partial(tmp_path / "s.h5", {}, every=0)
    resumed = adaptive.surface(*plane, axes, 0.02, partial=partial)
    assert len(calls) <= whole.evaluated.sum() - stopped + 5
    for name in (*whole.FIELDS, *whole.SCALARS):
        assert np.array_equal(getattr(resumed, name), getattr(whole, name)), name


def test_splines_pass_through_what_is_known_and_reproduce_polynomials():
    shape, rng = (7, 12), np.random.default_rng(0)
    known = rng.permutation(84)[:30]
    place = np.stack(np.unravel_index(np.arange(84), shape), axis=1)
    weights = interpolation.weights(shape, known, known)
    assert np.allclose(weights, np.eye(30), atol=1e-8)
    for kernel, power in (("cubic", 1), ("quintic", 2)):
        values = ((place @ [0.3, -0.2] + 1) ** power).astype(float)
        found = interpolation.weights(shape, known, np.arange(84), kernel) @ values[known]
        assert np.allclose(found, values, atol=1e-7)


def test_the_coarse_grid_reaches_the_edges():
    rows, columns = np.unravel_index(interpolation.coarse((49, 20)), (49, 20))
    assert np.array_equal(np.unique(rows), np.arange(0, 49, 6))
    assert {0, 19} < set(columns)
    assert np.array_equal(interpolation.coarse((5, 5)), np.arange(25))


def test_peaks_are_apart():
    score = np.random.default_rng(0).random(900)
    found = interpolation.peaks((30, 30), score, np.full(900, 4.0), 12)
    place = np.stack(np.unravel_index(found, (30, 30)), axis=1)
    apart = np.linalg.norm(place[:, None] - place[None], axis=2) + 99 * np.eye(12)
    assert apart.min() > 4
    assert found[0] == score.argmax()
    assert interpolation.peaks((30, 30), np.zeros(900), np.ones(900), 5) == []


@pytest.fixture
def images(digits):
    """A residual net on more samples than a subsample has, θ and two directions."""
    network = networks.build(SPECS["resnet"], (1, 8, 8), 10, seed=4)
    objective = Objective(network, digits.train, classes=10)
    theta = objective.flat.weights.clone()
    directions = torch.randn(2, len(theta), generator=torch.Generator().manual_seed(2))
    return objective, theta, directions * theta.norm() / directions.norm(dim=1, keepdim=True) / 2


def test_a_subsample_saves_exact_points_and_says_so(images, monkeypatch):
    monkeypatch.setattr(adaptive, "WORTH", 0)
    monkeypatch.setattr(nearby, "WORTH", 0)
    axes = [coordinates.axis(1.0, 25)] * 2
    full = evaluate(*images, coordinates.product(*axes)).loss
    found = adaptive.surface(*images, axes, 0.03, "float32")
    apart = np.abs(found.loss - full)
    assert not wants_log(full)
    assert apart.max() <= 0.03 * np.ptp(full)
    assert found.approximate > 0
    assert found.approximation.startswith("384 of 1,437 samples, BatchNorm's statistics")
    monkeypatch.setattr(Nearby, "pays", False)
    alone = adaptive.surface(*images, axes, 0.03)
    assert alone.approximation == ""
    assert found.evaluated.sum() < alone.evaluated.sum()


def test_a_subsample_that_is_wrong_is_not_used(images, monkeypatch):
    monkeypatch.setattr(adaptive, "WORTH", 0)
    monkeypatch.setattr(nearby, "WORTH", 0)
    right = Approximation.outputs
    monkeypatch.setattr(Approximation, "outputs", lambda *where: 1.3 * right(*where))
    axes = [coordinates.axis(1.0, 21)] * 2
    found = adaptive.surface(*images, axes, 0.03)
    assert found.approximate == 0
    full = evaluate(*images, coordinates.product(*axes)).loss
    assert np.abs(found.loss - full).max() <= 0.03 * np.ptp(full)


def test_quick_points_stand_for_exact_ones_where_they_are_as_good(images, monkeypatch):
    monkeypatch.setattr(adaptive, "WORTH", 0)
    monkeypatch.setattr(nearby, "WORTH", 0)
    monkeypatch.setattr(adaptive, "arithmetics", lambda *_: [torch.bfloat16, torch.float32])
    axes = [coordinates.axis(1.0, 25)] * 2
    full = evaluate(*images, coordinates.product(*axes)).loss
    found = adaptive.surface(*images, axes, 0.03)
    assert found.approximation.endswith("bfloat16")
    assert 16 < found.evaluated.sum() < 81 < found.approximate
    assert np.array_equal(found.loss[found.evaluated], full[found.evaluated])
    assert np.abs(found.loss - full).max() <= 0.03 * np.ptp(full)

    def wrong(objective, dtype):
        other = in_arithmetic(objective, dtype)
        monkeypatch.setattr(other, "run", lambda part: 1.3 * objective.run(part))
        return other

    monkeypatch.setattr(adaptive, "in_arithmetic", wrong)
    found = adaptive.surface(*images, axes, 0.03)
    assert "bfloat16" not in found.approximation
    assert np.abs(found.loss - full).max() <= 0.03 * np.ptp(full)


def test_a_run_with_quick_points_goes_on_also_where_there_are_none(images, tmp_path, monkeypatch):
    monkeypatch.setattr(adaptive, "WORTH", 0)
    monkeypatch.setattr(nearby, "WORTH", 0)
    monkeypatch.setattr("prospect.base.resume.SHARE", 0)
    monkeypatch.setattr(adaptive, "arithmetics", lambda *_: [torch.bfloat16, torch.float32])
    axes, partials = [coordinates.axis(1.0, 25)] * 2, {}
    for name in ("same", "other"):
        partials[name] = Partial(tmp_path / name, {}, every=0)
        whole = adaptive.surface(*images, axes, 0.03, partial=partials[name])

    resumed = adaptive.surface(*images, axes, 0.03, partial=partials["same"])
    for name in (*whole.FIELDS, *whole.SCALARS):
        assert np.array_equal(getattr(resumed, name), getattr(whole, name)), name

    monkeypatch.setattr(adaptive, "arithmetics", lambda *_: [torch.float32])
    resumed = adaptive.surface(*images, axes, 0.03, partial=partials["other"])
    full = evaluate(*images, coordinates.product(*axes)).loss
    assert resumed.evaluated.sum() > whole.evaluated.sum()
    assert np.array_equal(resumed.loss[resumed.evaluated], full[resumed.evaluated])


def test_a_network_that_cannot_in_bfloat16_is_evaluated_in_float32(images, monkeypatch):
    monkeypatch.setattr(adaptive, "WORTH", 0)
    monkeypatch.setattr(nearby, "WORTH", 0)
    monkeypatch.setattr(adaptive, "arithmetics", lambda *_: [torch.bfloat16, torch.float32])
    right = Objective.run

    def run(objective, part):
        if next(objective.module.parameters()).dtype == torch.bfloat16:
            raise RuntimeError("not implemented for 'BFloat16'")
        return right(objective, part)

    monkeypatch.setattr(Objective, "run", run)
    found = adaptive.surface(*images, [coordinates.axis(0.5, 21)] * 2, 0.05)
    assert found.approximate > 0
    assert "bfloat16" not in found.approximation
