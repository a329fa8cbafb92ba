"""Surfaces of many samples from the losses of a few against those of all samples."""

import numpy as np
import pytest
import torch

from prospect.base.resume import Partial
from prospect.landscape import adaptive, coordinates, many_samples, sampling
from prospect.landscape.evaluate import evaluate
from prospect.landscape.scale import on_scale, wants_log
from prospect.model import networks, training
from prospect.model.objective import Objective
from prospect.model.splits import Split
from prospect.records.losses import Losses

RECIPE = {"epochs": 3, "batch": 128}
RECIPE |= {"optimizer": {"name": "sgd", "lr": 0.05, "momentum": 0.9, "weight_decay": 0.0}}
SPECS = {
    "mlp": {"architecture": "mlp", "hidden": [32]},
    "resnet": {"architecture": "resnet", "width": 4, "blocks": [1]},
}
AXES = [coordinates.axis(1.0, 19), np.linspace(-0.5, 1.0, 15)]
TOLERANCE = 0.05


@pytest.fixture(autouse=True)
def _sizes(monkeypatch):
    """Small subsamples, so that some thousands are many."""
    monkeypatch.setattr(many_samples, "FEW", 128)


@pytest.fixture(scope="module")
def many(digits):
    """Six thousand samples: digits with noise of their own."""
    some = digits.train.take(torch.arange(6000) % digits.train.samples)
    noise = torch.randn(some.inputs.shape, generator=torch.Generator().manual_seed(0))
    return Split(some.inputs + 0.3 * noise, some.targets)


@pytest.fixture(scope="module")
def trained(digits):
    """Trained networks by their names."""
    found = {}
    for name, spec in SPECS.items():
        found[name] = networks.build(spec, (1, 8, 8), 10, seed=3)
        for _ in training.train(found[name], digits, RECIPE, seed=3, device="cpu"):
            pass
    return found


def plane_of(objective):
    """Return an objective with θ and two directions."""
    theta = objective.flat.weights.clone()
    directions = torch.randn(2, len(theta), generator=torch.Generator().manual_seed(1))
    return objective, theta, directions * theta.norm() / directions.norm(dim=1, keepdim=True)


@pytest.fixture(scope="module")
def plane(trained, many):
    """The objective of the mlp on all samples, θ and two directions."""
    return plane_of(Objective(trained["mlp"], many, classes=10))


def all_samples(plane):
    """All samples at all points."""
    return evaluate(*plane, coordinates.product(*AXES), what=None)


def largest_error(found, full):
    """Return the largest error of losses as a fraction of their range."""
    log = wants_log(full.loss)
    truth = on_scale(full.loss, log)
    return np.abs(on_scale(found.loss, log) - truth).max() / np.ptp(truth)


def assert_same(found, wanted):
    """Assert that two records hold the same numbers."""
    for name in (*Losses.FIELDS, *Losses.SCALARS):
        assert np.array_equal(getattr(found, name), getattr(wanted, name)), name


@pytest.mark.parametrize("name", SPECS)
def test_within_tolerance_of_all_samples(trained, many, name):
    plane = plane_of(Objective(trained[name], many, classes=10))
    full = all_samples(plane)
    found = many_samples.surface(*plane, AXES, TOLERANCE)
    assert "of 6,000 samples" in found.approximation
    assert largest_error(found, full) <= found.error_estimate <= TOLERANCE
    exact = found.evaluated
    assert many_samples.HELD_OUT < exact.sum() <= many_samples.HELD_OUT + sampling.MOST
    for name in ("loss", "accuracy"):
        assert np.allclose(getattr(found, name)[exact], getattr(full, name)[exact], rtol=1e-6)
    assert found.center_loss == full.center_loss
    assert np.abs(found.accuracy - full.accuracy).max() < 0.1
    assert np.abs(found.loss_sem / full.loss_sem - 1).max() < 0.5
    error = np.abs(found.loss - full.loss)
    assert (error[exact] <= 1e-6).all()
    assert (found.difference_sem[exact] == 0).all()
    # of independent errors 4 of 100,000 exceed four standard errors
    assert (error <= 4 * found.difference_sem + 1e-6).all()


def test_few_samples_and_tolerance_zero_are_evaluated_as_before(plane, many):
    assert_same(many_samples.surface(*plane, AXES, 0.0), all_samples(plane))
    few = plane_of(Objective(plane[0].flat.module, many.subset(1000, seed=0), classes=10))
    found = many_samples.surface(*few, AXES, TOLERANCE)
    assert_same(found, adaptive.surface(*few, AXES, TOLERANCE))


def test_a_subsample_that_is_not_corrected_is_caught(plane, monkeypatch, caplog):
    caplog.set_level("INFO", "prospect")
    monkeypatch.setattr(
        many_samples.sampling, "shares", lambda losses, *_: np.ones(losses.shape[1])
    )
    # one that happens to be good would be no control
    monkeypatch.setattr(many_samples.sampling, "surprise", lambda *_: 1.0)
    found = many_samples.surface(*plane, AXES, TOLERANCE)
    assert found.evaluated.all()
    assert caplog.text.count("held-out points") == len(many_samples.ALLOWED)


def test_a_few_samples_with_huge_losses_are_caught(trained, many):
    inputs = many.inputs.clone()
    inputs[::750] *= 300
    heavy = plane_of(Objective(trained["mlp"], Split(inputs, many.targets), classes=10))
    found = many_samples.surface(*heavy, AXES, TOLERANCE)
    full = all_samples(heavy)
    assert largest_error(found, full) <= max(found.error_estimate, TOLERANCE / 2)
    assert found.evaluated.all()


def test_test_samples_have_statistics_of_training_samples(trained, many):
    test, train = many.take(slice(0, 3000)), many.take(slice(3000, None))
    plane = plane_of(Objective(trained["resnet"], test, statistics=train, classes=10))
    found = many_samples.surface(*plane, AXES, TOLERANCE)
    full = all_samples(plane)
    assert "of 3,000 samples" in found.approximation
    assert largest_error(found, full) <= found.error_estimate <= TOLERANCE


def test_an_interrupted_run_goes_on_and_gives_the_same(plane, tmp_path, monkeypatch):
    monkeypatch.setattr("prospect.base.resume.SHARE", 0)
    monkeypatch.setattr("prospect.landscape.evaluate.LOOK", 0)
    original, calls, limit = Objective.outputs_and_shift, [], np.inf

    def counted(*arguments, **named):
        calls.append(1)
        if len(calls) > limit:
            raise KeyboardInterrupt
        return original(*arguments, **named)

    monkeypatch.setattr(Objective, "outputs_and_shift", counted)
    whole = many_samples.surface(*plane, AXES, TOLERANCE)
    in_one, limit, needed = len(calls), 60, 0
    while needed < 100 * limit:
        calls.clear()
        try:
            partial = Partial(tmp_path / "s.h5", {}, every=0)
            resumed = many_samples.surface(*plane, AXES, TOLERANCE, partial=partial)
            break
        except KeyboardInterrupt:
            needed += limit
    assert needed >= 3 * limit
    # every run looks at the center again
    assert needed + len(calls) <= in_one + 4 * needed / limit
    assert_same(resumed, whole)
