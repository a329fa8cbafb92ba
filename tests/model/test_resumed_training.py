"""Training that is stopped at any step goes on and ends with the bits of one that was not."""

import pytest
import torch
from torch import nn

from prospect.base.resume import Partial
from prospect.model import ensemble, training
from prospect.model.ensemble import train_ensemble

SGD = {"name": "sgd", "lr": 0.05, "momentum": 0.9, "weight_decay": 1e-4}
ADAM = {"name": "adam", "lr": 0.01, "weight_decay": 0.0}
RECIPES = {
    "cosine": {"optimizer": SGD},
    "adam": {"optimizer": ADAM, "schedule": "constant"},
    "average": {"optimizer": SGD, "swa": {"start": 3, "lr": 0.02}},
    "until": {"optimizer": SGD, "until": {"loss": 1.2}},
    "augmentation": {"optimizer": SGD, "augmentation": ["crop", "flip"]},
}


def network():
    torch.manual_seed(0)
    layers = nn.Linear(64, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 10)
    return nn.Sequential(nn.Flatten(), *layers)


@pytest.fixture(autouse=True)
def always(monkeypatch):
    """Keep the state after every step."""
    monkeypatch.setattr("prospect.base.resume.SHARE", 0)


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("at", [1, 4, 25, 36, 54])
@pytest.mark.parametrize("recipe", RECIPES)
def test_training_goes_on_at_the_very_step(digits, tmp_path, monkeypatch, recipe, at):
    how = {"epochs": 5, "batch": 128} | RECIPES[recipe]  # 11 steps an epoch
    whole = list(training.train(network(), digits, how, 3, "cpu"))

    def run():
        partial = Partial(tmp_path / "history.csv", {}, every=0)
        kept = {0, 2, 5, "swa"}
        return training.train(network(), digits, how, 3, "cpu", kept=kept, partial=partial)

    steps, step = [], training.step

    def stopping(*arguments):
        steps.append(1)
        if len(steps) == at:
            raise KeyboardInterrupt
        step(*arguments)

    monkeypatch.setattr(training, "step", stopping)
    total = 55 if recipe != "until" else 11 * whole[-1].row["trained"]
    if at <= total:
        with pytest.raises(KeyboardInterrupt):
            list(run())
    resumed = list(run())
    assert len(steps) == total + (at <= total)  # the step that was stopped, and no other one again
    assert [epoch.row for epoch in resumed] == [epoch.row for epoch in whole]
    for one, other in zip(resumed, whole, strict=True):
        assert one.epoch == other.epoch
        assert same(one.state, other.state) or (one.state == {} and one.epoch not in (0, 2, 5))


@pytest.mark.parametrize("memory", [2**28, 1], ids=["together", "one by one"])
@pytest.mark.parametrize("recipe", ["cosine", "adam", "until", "augmentation"])
@pytest.mark.parametrize("extra", [nn.Identity(), nn.Dropout(0.2)], ids=["", "dropout"])
@pytest.mark.parametrize("at", [1, 3])
def test_an_ensemble_goes_on_after_the_same_epoch(
    digits, tmp_path, monkeypatch, recipe, memory, extra, at
):
    monkeypatch.setattr(ensemble, "BACKWARD_BYTES", memory)
    how = {"epochs": 5, "batch": 128} | RECIPES[recipe]
    layers = nn.Linear(64, 8), nn.BatchNorm1d(8), extra, nn.Linear(8, 10)
    layers = [nn.Sequential(nn.Flatten(), *layers)]
    networks = layers + [nn.Sequential(*map(type_of_its_own, layers[0])) for _ in range(2)]

    def run(partial=None):
        return train_ensemble(
            networks, digits, how, [0, 1, 2], "cpu", kept={0}, partial=partial, what=None
        )

    whole = list(run())
    stopped = run(Partial(tmp_path / "e.h5", {}, every=0))
    for _ in range(at + 2):
        next(stopped)
    stopped.close()
    resumed = list(run(Partial(tmp_path / "e.h5", {}, every=0)))
    assert [epochs.epoch for epochs in resumed] == list(range(6))
    for one, other in zip(resumed, whole, strict=True):
        assert same(one.row, other.row)
        if one.epoch == 0 or one.epoch > at + 1:
            assert torch.equal(one.theta, other.theta) and same(one.fixed, other.fixed)
    assert resumed[at].theta.shape == (3, 0)


def type_of_its_own(layer):
    """Return a new layer of the same kind, with weights of its own."""
    if isinstance(layer, nn.Linear):
        return nn.Linear(layer.in_features, layer.out_features)
    return nn.BatchNorm1d(layer.num_features) if isinstance(layer, nn.BatchNorm1d) else layer
