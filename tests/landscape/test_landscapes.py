"""From files to files: what is not trained comes along, and an interrupted run goes on."""

import numpy as np
import pytest
import torch
from torch import nn

from prospect import checkpoints, networks, store, training
from prospect.landscape.evaluate import losses
from prospect.landscape.landscapes import Landscapes, load_center
from prospect.model.objective import objective_of

COMMON = {"dataset": {"name": "digits", "root": "data", "options": {}}, "device": "cpu"}
EVALUATION = {"split": "train", "samples": None, "batchnorm": "recompute", "batch": 4096}
RECIPE = {"epochs": 2, "batch": 128}
RECIPE |= {"optimizer": {"name": "sgd", "lr": 0.05, "momentum": 0.9, "weight_decay": 0.0}}
MODEL = {"study": "s", "network": "n", "seed": 1}


def half_random(input_shape, classes):
    """A network whose first layer is random and never trained."""
    first = nn.Linear(64, 32)
    first.weight.requires_grad_(False)
    return nn.Sequential(nn.Flatten(), first, nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, classes))


SPECS = {
    "half random": {"architecture": f"{__name__}:half_random", "options": {}},
    "resnet": {"architecture": "resnet", "width": 4, "blocks": [1, 1]},
}


@pytest.fixture(params=SPECS)
def trained(request, digits, tmp_path):
    """Parameters of a stage, the last row of the history, and the checkpoint of seed 1."""
    network = networks.build(SPECS[request.param], (1, 8, 8), 10, seed=1)
    *_, last = training.train(network, digits, RECIPE, seed=1, device="cpu")
    checkpoints.write(tmp_path / "epoch2.safetensors", last.state, {})
    params = COMMON | {"network": SPECS[request.param], "evaluation": EVALUATION}
    return params, last.row, tmp_path / "epoch2.safetensors"


def test_frozen_gives_the_loss_of_the_history(trained):
    params, row, path = trained
    objective = objective_of(params | {"evaluation": EVALUATION | {"batchnorm": "frozen"}})
    theta = load_center(objective, path)
    assert float(objective.sample_losses(theta).loss.mean()) == pytest.approx(row["loss"], rel=1e-4)


def test_weights_that_are_not_trained_are_those_of_the_checkpoint(trained):
    params, row, path = trained
    objective = objective_of(params)
    theta = load_center(objective, path)
    assert float(objective.sample_losses(theta).loss.mean()) == pytest.approx(row["loss"], rel=0.5)


def test_a_mined_origin_brings_along_what_is_not_trained(trained, tmp_path):
    params, _, path = trained
    first, second = objective_of(params), objective_of(params)
    theta = load_center(first, path)
    file = tmp_path / "mined.h5"
    store.write_directions(file, theta[None], {}, origin=theta, buffers=first.fixed())
    again = load_center(second, file)
    assert torch.equal(theta, again)
    assert torch.equal(first.sample_losses(theta).loss, second.sample_losses(again).loss)


def test_a_midpoint_is_the_mean_of_two_checkpoints(trained, tmp_path):
    params, _, path = trained
    objective = objective_of(params)
    one, _ = checkpoints.read(path, objective.flat.blocks)
    state = networks.build(params["network"], (1, 8, 8), 10, seed=2).state_dict()
    checkpoints.write(tmp_path / "other.safetensors", state, {})
    other, _ = checkpoints.read(tmp_path / "other.safetensors", objective.flat.blocks)
    mean = checkpoints.midpoint(path, tmp_path / "other.safetensors")
    checkpoints.write(tmp_path / "mean.safetensors", mean, {})
    theta = load_center(objective, tmp_path / "mean.safetensors")
    assert torch.allclose(theta, (one + other) / 2)


def landscapes(params, path, tmp_path, code=()):
    files = {"centers/c": path, "directions/c/d": tmp_path / "d.h5"}
    return Landscapes(params, MODEL, files, code)


@pytest.mark.parametrize("what", ["curve", "population"])
def test_an_interrupted_run_goes_on_and_gives_the_same_bytes(trained, tmp_path, monkeypatch, what):
    params, _, path = trained
    vector = torch.randn(len(load_center(objective_of(params), path)))
    store.write_directions(tmp_path / "d.h5", vector[None] / 10, {})
    item = {"center": "c", "directions": ["d"], "window": 1.0, "points": 5}
    if what == "population":
        item = {"center": "c", "noise": "gaussian", "normalise": "scaled", "count": 5}
        item |= {"window": 1.0, "points": 3}
    monkeypatch.setattr(store.Partial.__init__, "__defaults__", (0.0,))
    run = "evaluate" if what == "curve" else "evaluate_population"

    def evaluate(output):
        mine = landscapes(params, path, tmp_path)
        calls = []
        original = mine.objective.outputs

        def counted(*arguments):
            calls.append(1)
            if len(calls) == stop_at:
                raise KeyboardInterrupt
            return original(*arguments)

        mine.objective.outputs = counted
        getattr(mine, run)(item, output)
        return len(calls)

    stop_at = 0
    whole = evaluate(str(tmp_path / "whole.h5"))
    stop_at = 7 if what == "population" else 5
    monkeypatch.setitem(losses.__kwdefaults__, "block", 1)
    with pytest.raises(KeyboardInterrupt):
        evaluate(str(tmp_path / "parts.h5"))
    assert not (tmp_path / "parts.h5").exists()
    assert (tmp_path / "parts.h5.partial").exists()
    stop_at = 0
    assert evaluate(str(tmp_path / "parts.h5")) < whole
    assert (tmp_path / "parts.h5").read_bytes() == (tmp_path / "whole.h5").read_bytes()
    assert not (tmp_path / "parts.h5.partial").exists()


def test_progress_of_other_code_is_not_used(trained, tmp_path):
    params, _, path = trained
    (tmp_path / "a.py").write_text("1")
    (tmp_path / "b.py").write_text("2")
    one, two = (landscapes(params, path, tmp_path, [tmp_path / f"{n}.py"]) for n in "ab")
    assert one.code != two.code
    theta = np.zeros(3)
    assert (
        one._partial("x", {}, torch.tensor(theta)).identity
        != two._partial("x", {}, torch.tensor(theta)).identity
    )
