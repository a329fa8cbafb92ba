"""Training runs over surfaces: true and projected losses, and three networks in one plane."""

import pytest
import torch
from torch.nn import functional

from prospect.base.resume import Partial
from prospect.landscape.curves_and_surfaces import evaluate_grid
from prospect.landscape.landscapes import Landscape
from prospect.landscape.runs import Run, follow
from prospect.landscape.trajectories import principal_direction
from prospect.model import checkpoints, networks, training
from prospect.model.weights import layout
from prospect.records import grids, vectors
from prospect.records.hdf5 import sha256

SPEC = {"architecture": "resnet", "width": 4, "blocks": [1, 1]}  # with BatchNorm
RECIPE = {"epochs": 2, "batch": 128}
RECIPE |= {"optimizer": {"name": "sgd", "lr": 0.05, "momentum": 0.9, "weight_decay": 0.0}}
EVALUATION = {"split": "train", "samples": None, "batchnorm": "recompute", "batch": 4096}
PARAMS = {"dataset": {"name": "digits", "root": "data", "options": {}}, "device": "cpu"}
PARAMS |= {"network": SPEC, "evaluation": EVALUATION}
MODEL = {"study": "s", "network": "n", "seed": 0}


@pytest.fixture(scope="module")
def runs(digits, tmp_path_factory):
    """The checkpoints of three seeds after every epoch."""
    folder, found = tmp_path_factory.mktemp("runs"), []
    for seed in range(3):
        network, files = networks.build(SPEC, (1, 8, 8), 10, seed), {}
        for epoch, _, state in training.train(network, digits, RECIPE, seed, "cpu"):
            files[epoch] = folder / f"{seed}-epoch{epoch}.safetensors"
            checkpoints.write(files[epoch], state, {})
        found.append(Run("n", seed, files))
    return found


@pytest.fixture
def plane(runs, tmp_path):
    """The landscape at the end of the first run, with what makes two directions there."""
    blocks = layout(networks.build(SPEC, (1, 8, 8), 10, 0))
    center = runs[0].files[2]
    theta, _ = checkpoints.read(center, blocks)
    files = {"centers/c": center}

    def along(*directions):
        for name, direction in zip(("a", "b"), directions, strict=True):
            files[f"directions/c/{name}"] = tmp_path / f"{name}.h5"
            attrs = {"center_sha256": sha256(theta.numpy())}
            vectors.write(tmp_path / f"{name}.h5", direction[None], attrs)
        return Landscape(PARAMS, MODEL, files), {"center": "c", "directions": ["a", "b"]}

    def of(file):
        return checkpoints.read(file, blocks)[0]

    return along, of, theta


def loss_of(theta, digits):
    """The loss of weights in a fresh network, in float64, BatchNorm over the whole set."""
    network = networks.build(SPEC, (1, 8, 8), 10, seed=9).double().train()
    for block in layout(network):
        part = theta[block.start : block.stop].double().reshape(block.shape)
        dict(network.named_parameters())[block.name].data.copy_(part)
    with torch.no_grad():
        outputs = network(digits.train.inputs.double())
    right = (outputs.argmax(1) == digits.train.targets).double().mean()
    return float(functional.cross_entropy(outputs, digits.train.targets)), float(right)


def test_losses_are_those_of_the_checkpoints_and_of_their_places_in_the_plane(runs, plane, digits):
    along, of, theta = plane
    path = torch.stack([of(file) for file in runs[0].files.values()])
    pair = [principal_direction(path, theta, number) for number in (1, 2)]
    landscape, item = along(*pair)
    table, about = follow(landscape, item | {"surface": "path"}, runs[0])
    assert list(table["epoch"]) == [0, 1, 2]
    for row, point in zip(table.itertuples(), path, strict=True):
        loss, accuracy = loss_of(point, digits)
        assert row.loss == pytest.approx(loss, rel=1e-4)
        assert row.accuracy == pytest.approx(accuracy, abs=2e-3)
        foot = theta.double() + row.alpha * pair[0].double() + row.beta * pair[1].double()
        assert row.projected_loss == pytest.approx(loss_of(foot, digits)[0], rel=1e-4)
        away = float((point.double() - foot).norm() / theta.double().norm())
        assert row.distance == pytest.approx(away, abs=1e-6)
    assert about["explained"][0] == pytest.approx(1, abs=1e-6)  # two steps span a plane
    assert about["explained_first"][0] < 0.999
    last = table.iloc[-1]
    assert last["loss"] == pytest.approx(last["projected_loss"], rel=1e-5)


def test_three_networks_in_one_plane_have_their_own_losses_there(runs, plane, digits, tmp_path):
    along, of, theta = plane
    ends = [of(run.files[2]) for run in runs]
    landscape, item = along(ends[1] - theta, ends[2] - theta)
    grid_item = item | {"window": 1.0, "points": 3}
    evaluate_grid(landscape, grid_item, str(tmp_path / "s.h5"), Partial(tmp_path / "s.h5", {}))
    loss = grids.read(tmp_path / "s.h5").values.loss
    corners = {0: loss[1, 1], 1: loss[2, 1], 2: loss[1, 2]}
    for run, end in zip(runs, ends, strict=True):
        table, about = follow(landscape, item | {"surface": "three"}, run)
        own, last = loss_of(end, digits)[0], table.iloc[-1]
        assert corners[run.seed] == pytest.approx(own, rel=2e-4)
        assert last["loss"] == pytest.approx(own, rel=1e-4)
        assert last["projected_loss"] == pytest.approx(last["loss"], rel=1e-4)
        assert last["distance"] < 1e-6
        assert table["distance"][0] > 0.05  # the start is not in the plane
        assert about["explained"][0] < about["explained_best"][0]


def test_the_state_that_is_not_trained_does_not_stay_from_another_checkpoint(runs, plane):
    """Followed in any order a run has the same numbers."""
    along, of, theta = plane
    landscape, item = along(of(runs[1].files[2]) - theta, of(runs[2].files[2]) - theta)
    item |= {"surface": "three"}
    first, _ = follow(landscape, item, runs[1])
    follow(landscape, item, runs[2])
    again, _ = follow(landscape, item, runs[1])
    assert first.equals(again)
