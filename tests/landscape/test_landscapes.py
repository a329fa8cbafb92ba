"""From files to files: what is not trained comes along, and an interrupted run goes on."""

import os

import pytest
import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional

import prospect
from prospect.base.errors import ProspectError
from prospect.base.resume import Partial
from prospect.landscape import curves_and_surfaces, populations
from prospect.landscape.landscapes import Landscape
from prospect.model import checkpoints, networks, training
from prospect.model.objective import objective_of
from prospect.records import centers, grids, vectors
from prospect.records.hdf5 import sha256

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


def go_to(objective, path):
    """Return θ of a center; what is not trained there goes to the objective."""
    theta, fixed = centers.read(path, objective.flat.blocks)
    objective.load(fixed)
    return theta


def test_frozen_gives_the_loss_of_the_history(trained):
    params, row, path = trained
    objective = objective_of(params | {"evaluation": EVALUATION | {"batchnorm": "frozen"}})
    theta = go_to(objective, path)
    assert float(objective.sample_losses(theta).loss.mean()) == pytest.approx(row["loss"], rel=1e-4)


def test_weights_that_are_not_trained_are_those_of_the_checkpoint(trained, digits):
    params, _, path = trained
    objective = objective_of(params)
    theta = go_to(objective, path)
    fresh = networks.build(params["network"], (1, 8, 8), 10, seed=7).double()
    fresh.load_state_dict(load_file(path))
    with torch.no_grad():  # in training mode, with the statistics of the whole training set
        outputs = fresh.train()(digits.train.inputs.double())
    wanted = functional.cross_entropy(outputs, digits.train.targets)
    found = objective.sample_losses(theta).loss.mean()
    assert float(found) == pytest.approx(float(wanted), rel=1e-5)


def test_a_mined_origin_brings_along_what_is_not_trained(trained, tmp_path):
    params, _, path = trained
    first, second = objective_of(params), objective_of(params)
    theta = go_to(first, path)
    file = tmp_path / "mined.h5"
    vectors.write(file, theta[None], {}, origin=theta, buffers=first.fixed())
    again = go_to(second, file)
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
    theta = go_to(objective, tmp_path / "mean.safetensors")
    assert torch.allclose(theta, (one + other) / 2)


def landscape_of(params, path, tmp_path):
    files = {"centers/c": path, "directions/c/d": tmp_path / "d.h5"}
    return Landscape(params, MODEL, files)


def evaluated(landscape, item, output):
    curves_and_surfaces.evaluate_grid(landscape, item, str(output), Partial(output, {}))


def write_direction(path, theta):
    """Write a random direction at θ."""
    attrs = {"center_sha256": sha256(theta.numpy())}
    vectors.write(path, torch.randn(1, len(theta)) / 10, attrs)


RUN = {
    "curve": curves_and_surfaces.evaluate_grid,
    "population": populations.evaluate_population,
}


@pytest.mark.parametrize("what", ["curve", "population"])
def test_an_interrupted_run_goes_on_and_gives_the_same_bytes(trained, tmp_path, monkeypatch, what):
    params, _, path = trained
    write_direction(tmp_path / "d.h5", go_to(objective_of(params), path))
    item = {"center": "c", "directions": ["d"], "window": 1.0, "points": 5}
    if what == "population":
        item = {"center": "c", "noise": "gaussian", "normalise": "scaled", "count": 5}
        item |= {"window": 1.0, "points": 3, "tolerance": 0, "arithmetic": "auto"}
    monkeypatch.setattr("prospect.base.resume.SHARE", 0)
    monkeypatch.setattr("prospect.landscape.evaluate.LOOK", 0)

    def counted_run(output):
        landscape = landscape_of(params, path, tmp_path)
        calls = []
        original = landscape.objective.outputs_and_shift

        def counted(*arguments):
            calls.append(1)
            if len(calls) == stop_at:
                raise KeyboardInterrupt
            return original(*arguments)

        landscape.objective.outputs_and_shift = counted
        RUN[what](landscape, item, output, Partial(output, {}, every=0))
        return len(calls)

    stop_at = 0
    whole, parts = tmp_path / "whole" / "g.h5", tmp_path / "parts" / "g.h5"
    calls = counted_run(str(whole))
    stop_at = 7 if what == "population" else 5
    with pytest.raises(KeyboardInterrupt):
        counted_run(str(parts))
    assert os.listdir(parts.parent) == ["g.h5.partial"]
    stop_at = 0
    assert counted_run(str(parts)) < calls
    assert parts.read_bytes() == whole.read_bytes()
    Partial(parts, {}).done()
    assert os.listdir(parts.parent) == ["g.h5"]


def test_a_direction_made_at_another_theta_is_refused_with_both_files(trained, tmp_path):
    params, _, path = trained
    theta = go_to(objective_of(params), path)
    item = {"center": "c", "directions": ["d"], "window": 1.0, "points": 5}
    landscape = landscape_of(params, path, tmp_path)
    for moved in (theta + 1e-7 * theta.abs().max(), None):
        if moved is None:
            vectors.write(tmp_path / "d.h5", torch.randn(1, len(theta)), {})  # says nothing
        else:
            write_direction(tmp_path / "d.h5", moved)
        with pytest.raises(ProspectError) as caught:
            evaluated(landscape, item, tmp_path / "g.h5")
        assert str(caught.value) == (
            f"{tmp_path / 'd.h5'}: made at other weights than those of {path} now; delete it and "
            "run the same command again: it is made anew"
        )
    write_direction(tmp_path / "d.h5", theta)
    evaluated(landscape, item, tmp_path / "g.h5")


def test_a_grid_says_what_made_it(trained, tmp_path):
    params, _, path = trained
    landscape = landscape_of(params, path, tmp_path)
    theta = landscape.go_to("c")
    write_direction(tmp_path / "d.h5", theta)
    item = {"center": "c", "directions": ["d"], "window": 1.0, "points": 5}
    evaluated(landscape, item, tmp_path / "g.h5")
    attrs = grids.read(tmp_path / "g.h5").attrs
    said = {"center_sha256": sha256(theta.numpy()), "params": {**params, "item": item}}
    said |= {"device": "cpu", "torch": str(torch.__version__), "version": prospect.__version__}
    assert attrs.items() >= {**MODEL, **said}.items()
    assert attrs["processor"]


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_center_that_is_not_finite_or_of_another_size_is_refused(trained, tmp_path, number):
    params, _, path = trained
    objective = objective_of(params)
    state = checkpoints.load(path)
    name = next(name for name in state if state[name].is_floating_point())
    state[name].view(-1)[0] = number
    checkpoints.write(tmp_path / "a.safetensors", state, {})
    with pytest.raises(ProspectError, match=rf"a.safetensors: .*'{name}' holds numbers that are"):
        centers.read(tmp_path / "a.safetensors", objective.flat.blocks)
    theta = go_to(objective, path)
    for origin, said in ((theta[1:], "the origin has"), (theta * number, "are not finite")):
        vectors.write(tmp_path / "m.h5", theta[None], {}, origin=origin)
        with pytest.raises(ProspectError, match=rf"m.h5: .*{said}"):
            centers.read(tmp_path / "m.h5", objective.flat.blocks)


def test_a_population_with_a_direction_of_zeros_is_one_line(trained, tmp_path):
    params, _, checkpoint = trained
    landscape, partial = Landscape(params, MODEL, {"centers/t": checkpoint}), Partial("p", {})
    item = {"center": "t", "noise": f"{__name__}:nothing", "normalise": "scaled"}
    item |= {"count": 3, "points": 3, "window": 1.0, "tolerance": 0, "arithmetic": "auto"}
    with pytest.raises(ProspectError, match=r"^populations\.p: direction 0 at center 't' is zero"):
        populations.evaluate_population(landscape, item, str(tmp_path / "p.h5"), partial)


def nothing(count, rng):
    return torch.zeros(count)
