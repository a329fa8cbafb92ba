"""Weights of one's own instead of training, through the whole pipeline."""

import json

import h5py
import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from safetensors import safe_open
from safetensors.torch import load_file

from prospect.base import files
from prospect.model.vision import torchvision_part
from prospect.records.tables import read_table

DATA = """
import torch


def stripes():
    targets = torch.arange(24) % 3
    inputs = torch.randn(24, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    inputs[targets == 0, :, ::2] += 1
    inputs[targets == 1, :, :, ::2] += 1
    return inputs, targets, inputs[:12], targets[:12]
"""
STUDY = """
study: own
dataset: {name: "my_nets:stripes"}
networks: {resnet18: {architecture: torchvision, model: resnet18, checkpoints: {90: resnet18.pt}}}
hessian: {eigenpairs: 1, probes: 2, steps: 3, directions: 2, samples: 6}
evaluation: {points: {curve: 5, surface: 3}}
figures: {format: [png], dpi: 60}
"""


def data_of(path):
    """Everything in an HDF5 file but what names the study and its inputs."""
    found = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, part: found.update({name: part[()]}) if hasattr(part, "dtype") else None
        )
    return found


def test_a_torchvision_network_goes_through_curves_a_surface_and_the_hessian(fresh):
    (fresh.folder / "my_nets.py").write_text(DATA)
    torch.manual_seed(0)
    network = torchvision_part("models").resnet18(num_classes=3)
    with torch.no_grad():
        network.train()(torch.randn(16, 3, 32, 32))  # running statistics of its own
    state = {f"module.{name}": tensor for name, tensor in network.state_dict().items()}
    torch.save({"epoch": 90, "state_dict": state}, fresh.folder / "resnet18.pt")
    fresh.config.write_text(STUDY)
    assert not [rule for rule in fresh.planned() if rule.startswith("train_")]
    fresh.run("--cores", "1", "grids", "hessians")
    folder = fresh.folder / "results/own/resnet18/seed0"
    read = load_file(folder / "checkpoints/epoch90.safetensors")
    assert read.keys() == network.state_dict().keys()
    for name, tensor in network.state_dict().items():
        assert torch.equal(read[name], tensor), name
    for name in ("curves/v-basin", "surfaces/bowl"):
        grid = data_of(folder / f"{name}.h5")
        assert np.isfinite(grid["loss"]).all() and grid["evaluated"].all()
    spectrum = data_of(folder / "hessian/trained.h5")
    assert all(np.isfinite(values).all() for values in spectrum.values() if values.dtype == float)


@pytest.fixture
def imported(copied):
    """The tiny study with its own checkpoints as files, beside the trained one, and their path."""
    there = copied.folder / "results/tiny/mlp/seed0/checkpoints"
    named = {epoch: f"weights/e{epoch}-{{seed}}.pt" for epoch in (0, 1, 6)}
    (copied.folder / "weights").mkdir()
    for epoch, file in named.items():
        state = load_file(there / f"epoch{epoch}.safetensors")
        torch.save(state, copied.folder / file.replace("{seed}", "0"))
    config = yaml.safe_load(copied.config.read_text()) | {"study": "again"}
    config["networks"]["mlp"]["checkpoints"] = named
    del config["training"]
    config["directions"] |= {"one": {"pca": 1}, "two": {"pca": 2}}
    config["surfaces"]["path"] = {"center": "trained", "directions": ["one", "two"]}
    config["trajectories"] = {"path": {}}
    copied.config.write_text(yaml.safe_dump(config))
    return copied


def test_what_follows_is_that_of_the_network_that_was_trained(imported):
    one, other = (imported.folder / "results" / name / "mlp/seed0" for name in ("tiny", "again"))
    grids = sorted(path.relative_to(one) for path in one.rglob("*.h5"))
    assert len(grids) > 8
    wanted = [*grids, "trajectories/path/checkpoints.csv"]
    imported.run("--cores", "1", *(f"results/again/mlp/seed0/{name}" for name in wanted))
    for grid in grids:
        trained, own = data_of(one / grid), data_of(other / grid)
        assert trained.keys() == own.keys()
        for name, values in trained.items():
            np.testing.assert_array_equal(own[name], values, err_msg=f"{grid}: {name}")
    trained, own = (read_table(place / "history.csv").set_index("epoch") for place in (one, other))
    pd.testing.assert_frame_equal(own, trained.loc[[0, 1, 6]], rtol=1e-6)
    path = read_table(other / "trajectories/path/checkpoints.csv").set_index("epoch")
    assert list(path.index) == [0, 1, 6]
    assert path["distance"].max() < 1e-3 * path["displacement"].max()  # three points span a plane
    file = "weights/e6-0.pt"
    with safe_open(other / "checkpoints/epoch6.safetensors", "pt") as checkpoint:
        said = json.loads(checkpoint.metadata()["prospect"])
    assert said["made_from"] == {file: files.sha256(imported.folder / file)}
    assert said["epoch"] == 6 and said["loss"] == own["loss"][6]


def test_another_file_is_imported_again_and_its_name_alone_is_no_parameter(imported):
    imported.run("--cores", "1", "checkpoints")
    assert imported.planned("checkpoints") == {}
    file = imported.folder / "weights/e6-0.pt"
    state = torch.load(file, weights_only=True)
    torch.save({name: tensor * 2 for name, tensor in state.items()}, file)
    assert imported.planned("checkpoints") == {"checkpoints": 1, "import_mlp": 1}
    imported.run("--cores", "1", "checkpoints")
    folder = imported.folder / "results/again/mlp/seed0/checkpoints"
    doubled = load_file(folder / "epoch6.safetensors")
    assert all(torch.equal(doubled[name], 2 * tensor) for name, tensor in state.items())


def test_a_file_that_does_not_fit_is_one_line_and_leaves_nothing(imported):
    file = imported.folder / "weights/e6-0.pt"
    state = torch.load(file, weights_only=True)
    state["3.weight"] = state["3.weight"][:, :2]
    torch.save(state, file)
    done = imported.snakemake("--cores", "1", "checkpoints")
    assert done.returncode != 0 and "Traceback" not in done.stderr
    said = "weights/e6-0.pt does not fit the network: 3.weight (10, 16) here, (10, 2) there"
    assert said in done.stderr
    assert not list((imported.folder / "results/again").rglob("*.safetensors"))
