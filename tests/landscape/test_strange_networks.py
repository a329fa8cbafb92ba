"""A network with shared, frozen and unused parameters and a buffer, against plain PyTorch."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from prospect.landscape.directions import noise
from prospect.landscape.evaluate import evaluate
from prospect.landscape.hessian import Hessian
from prospect.model import state_dicts
from prospect.model.objective import Objective
from prospect.model.splits import Split
from prospect.model.weights import flatten


class Strange(nn.Module):
    """Whose layers `one` and `other` share their weights; `still` is frozen, `idle` unused."""

    def __init__(self):
        super().__init__()
        self.still = nn.Linear(3, 4).requires_grad_(False)
        self.one, self.other = nn.Linear(4, 4), nn.Linear(4, 4)
        self.other.weight = self.one.weight
        self.idle, self.head = nn.Linear(4, 4), nn.Linear(4, 2)
        self.register_buffer("size", torch.rand(4))

    def forward(self, inputs):
        return self.head(self.other(self.one(self.still(inputs) * self.size).tanh()).tanh())


TRAINED = ["one.weight", "one.bias", "other.bias", "idle.weight", "idle.bias", "head.weight"]
TRAINED += ["head.bias"]


@pytest.fixture
def problem(tmp_path):
    """Such a network with the weights of a file; its objective in float64, and θ."""
    torch.manual_seed(0)
    network, trained = Strange(), Strange().double()
    torch.save(trained.half().state_dict(), tmp_path / "w.pt")
    state = state_dicts.read(tmp_path / "w.pt", network)
    split = Split(torch.randn(20, 3), torch.arange(20) % 2)
    objective = Objective(network, split, buffers=state, dtype=torch.float64)
    theta = flatten(state, objective.flat.blocks).double()
    assert [block.name for block in objective.flat.blocks] == TRAINED
    return objective, theta, trained.double(), split


def loss_at(problem, theta):
    """The loss of plain PyTorch."""
    objective, _, trained, (inputs, targets) = problem
    outputs = torch.func.functional_call(trained, objective.flat.parts(theta), (inputs.double(),))
    return functional.cross_entropy(outputs, targets)


def test_shared_parameters_are_one_and_what_is_frozen_stays(problem):
    objective, theta, _, _ = problem
    assert len(theta) == 16 + 4 + 4 + 20 + 10
    direction = noise("gaussian", len(theta), 0, "test")[None].double()
    points = [[-0.5], [0.0], [0.25], [1.0]]
    found = evaluate(objective, theta, direction, torch.tensor(points).numpy())
    for (alpha,), loss in zip(points, found.loss, strict=True):
        wanted = loss_at(problem, theta + alpha * direction[0]).item()
        assert loss == pytest.approx(wanted, rel=1e-9)


def test_gradient_and_hessian_are_those_of_the_whole_vector(problem):
    objective, theta, _, _ = problem
    hessian = Hessian(objective, theta)
    wanted = torch.func.hessian(lambda at: loss_at(problem, at))(theta)
    found = torch.stack([hessian @ unit for unit in torch.eye(len(theta)).double()])
    torch.testing.assert_close(found, wanted, rtol=1e-8, atol=1e-10)
    gradient = torch.func.grad(lambda at: loss_at(problem, at))(theta)
    torch.testing.assert_close(hessian.gradient, gradient, rtol=1e-8, atol=1e-10)
    torch.testing.assert_close(objective.full_gradient(theta), gradient, rtol=1e-8, atol=1e-10)


def test_noise_moves_unused_parameters_and_the_loss_stays(problem):
    objective, theta, _, _ = problem
    along = noise("gaussian", len(theta), 0, "test").double()
    idle = torch.zeros_like(theta)
    for name, part in objective.flat.parts(idle).items():
        if name.startswith("idle"):
            part += objective.flat.parts(along)[name]
    found = evaluate(objective, theta, idle[None], torch.tensor([[0.0], [3.0]]).numpy())
    assert found.loss[0] == found.loss[1]
    assert idle.norm() > 0
