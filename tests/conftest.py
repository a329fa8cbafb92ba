"""Small networks, data and a finished study that many tests share."""

import pytest
import torch
from project import Project
from torch import nn

from prospect.model import data, networks

torch.set_num_threads(1)  # as in a job


@pytest.fixture(scope="session")
def digits():
    """The digits data set."""
    return data.load({"name": "digits"})


@pytest.fixture(scope="session", params=["mlp", "resnet", "dropout"])
def network(request, digits):
    """A small network of every kind that behaves differently at a perturbed point."""
    if request.param == "dropout":
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Flatten(), nn.Linear(64, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.5),
            nn.Linear(16, 10),
        )  # fmt: skip
    spec = {
        "mlp": {"architecture": "mlp", "hidden": [16]},
        "resnet": {"architecture": "resnet", "width": 4, "blocks": [1, 1]},
    }[request.param]
    return networks.build(spec, digits.train.inputs.shape[1:], digits.classes, seed=0)


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A project whose tiny study has run to its end on two cores."""
    project = Project(tmp_path_factory.mktemp("two"))
    project.run("--cores", "2")
    return project
