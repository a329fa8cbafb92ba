"""The engine against a fresh module in float64, at arbitrary points and grids."""

import copy
import os
import re
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from prospect.landscape import coordinates
from prospect.landscape.evaluate import Engine, evaluate, points_together
from prospect.model import networks
from prospect.model.objective import Objective
from prospect.model.splits import Split
from prospect.model.weights import flatten, layout
from prospect.records import grids
from prospect.records.grids import Grid


def fresh_module(network, vector):
    """Return a float64 copy whose parameters are `vector`, and its BatchNorm layers."""
    fresh = copy.deepcopy(network).double().eval()
    start = 0
    for parameter in fresh.parameters():
        stop = start + parameter.numel()
        parameter.data = vector[start:stop].view(parameter.shape).double()
        start = stop
    return fresh, [m for m in fresh.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]


def reference(network, split, vector, *, statistics=None, training=True):
    """Loss and accuracy of a fresh float64 module whose parameters are `vector`.

    `statistics` are batches of inputs, over whose statistics BatchNorm takes the average.
    """
    fresh, norms = fresh_module(network, vector)
    if statistics is not None:
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None
            norm.train()
        for inputs in statistics:
            fresh(inputs.double())
        fresh.eval()
    elif training:
        for norm in norms:
            norm.train()
    with torch.no_grad():
        outputs = fresh(split.inputs.double())
    loss = functional.cross_entropy(outputs, split.targets)
    return float(loss), float((outputs.argmax(1) == split.targets).double().mean())


def random_problem(network, count=2):
    """θ and directions of a realistic size."""
    rng = torch.Generator().manual_seed(7)
    theta = torch.cat([p.detach().reshape(-1) for p in network.parameters()])
    noise = torch.randn(count, len(theta), generator=rng)
    return theta, noise * theta.norm() / noise.norm(dim=1, keepdim=True)


GRIDS = {
    "square": (np.linspace(-1, 1, 5), np.linspace(-1, 1, 5)),
    "not square": (np.linspace(-2, 1, 3), np.linspace(-0.5, 1.5, 7)),
    "without 0": (np.array([0.3, 1.1]), np.array([-1.7, -0.4, 0.9])),
    "random": tuple(np.random.default_rng(0).uniform(-2, 2, (2, 4))),
}


@pytest.mark.parametrize("axes", GRIDS.values(), ids=GRIDS)
def test_surface_equals_fresh_float64_module(network, digits, axes):
    theta, directions = random_problem(network)
    points = coordinates.product(*axes)
    found = evaluate(Objective(network, digits.train), theta, directions, points)
    assert found.evaluated.all()
    surface = found.reshape(*map(len, axes))
    for i, alpha in enumerate(axes[0]):
        for j, beta in enumerate(axes[1]):
            vector = theta.double() + alpha * directions[0].double() + beta * directions[1].double()
            loss, accuracy = reference(network, digits.train, vector)
            assert abs(surface.loss[i, j] - loss) <= 1e-5 * max(1, loss)
            assert abs(surface.accuracy[i, j] - accuracy) <= 2 / len(digits.train.targets)


def test_statistics_from_the_training_set_serve_the_test_set(network, digits):
    theta, directions = random_problem(network, 1)
    objective = Objective(network, digits.test, statistics=digits.train)
    found = evaluate(objective, theta, directions, np.array([[0.7]]))
    vector = theta.double() + 0.7 * directions[0].double()
    loss, _ = reference(network, digits.test, vector, statistics=[digits.train.inputs])
    assert found.loss[0] == pytest.approx(loss, rel=1e-5)


@pytest.mark.parametrize("batch", [719, 1000, 1436])
def test_sets_too_large_for_a_batch_use_the_average_of_equal_batches(network, digits, batch):
    theta, directions = random_problem(network, 1)
    objective = Objective(network, digits.train, batch=batch)
    found = evaluate(objective, theta, directions, np.array([[0.1]]))
    vector = theta.double() + 0.1 * directions[0].double()
    halves = [half.tensor_split(2) for half in digits.train]
    loss, _ = reference(network, digits.train, vector, statistics=halves[0])
    assert found.loss[0] == pytest.approx(loss, rel=1e-5)
    wanted = torch.zeros_like(theta, dtype=torch.float64)
    fresh, norms = fresh_module(network, theta)
    for norm in norms:
        norm.train()
    for inputs, targets in zip(*halves, strict=True):
        loss = functional.cross_entropy(fresh(inputs.double()), targets)
        parts = torch.autograd.grad(loss, list(fresh.parameters()))
        share = len(targets) / len(digits.train.targets)
        wanted += share * torch.cat([part.reshape(-1) for part in parts])
    gradient = objective.full_gradient(theta).double()
    assert float((gradient - wanted).norm()) < 1e-4 * float(wanted.norm())


def test_frozen_statistics_are_those_of_the_checkpoint(network, digits):
    trained = copy.deepcopy(network).train()
    for _ in range(20):
        trained(digits.train.inputs[:200])
    trained.eval()
    theta = torch.cat([p.detach().reshape(-1) for p in trained.parameters()])
    buffers = {k: v for k, v in trained.state_dict().items() if "running" in k}
    objective = Objective(network, digits.train, batchnorm="frozen", buffers=buffers)
    with torch.no_grad():
        wanted = functional.cross_entropy(trained(digits.train.inputs), digits.train.targets)
    found = evaluate(objective, theta, theta[None], np.array([[0.0]]))
    assert found.loss[0] == pytest.approx(float(wanted), abs=1e-5)


@pytest.mark.parametrize("policy", ["recompute", "frozen"])
def test_nothing_of_the_network_is_touched(network, digits, policy):
    before = copy.deepcopy(network.state_dict())
    buffers = {k: v for k, v in before.items() if "running" in k}
    objective = Objective(network, digits.train, batchnorm=policy, buffers=buffers)
    kept = {k: v.clone() for k, v in objective.flat.module.named_buffers()}
    theta, directions = random_problem(network)
    evaluate(objective, theta, directions, coordinates.product(np.linspace(-1, 1, 3), np.zeros(1)))
    objective.loss_and_gradient(theta, directions, (1.0, 0.5), torch.arange(50))
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, before[name]), name
    for name, tensor in objective.flat.module.named_buffers():
        assert torch.equal(tensor, kept[name]), name


def test_gradient_equals_autograd_of_a_fresh_module(network, digits):
    # in float64: in float32 rounding carries samples over the kinks of ReLU
    theta, directions = (vectors.double() for vectors in random_problem(network, 1))
    objective = Objective(network, digits.train, dtype=torch.float64)
    value, gradient = objective.loss_and_gradient(theta, directions, (0.3,))
    fresh = copy.deepcopy(network).double().eval()
    for module in fresh.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.train()
    vector = theta + 0.3 * directions[0]
    start = 0
    for parameter in fresh.parameters():
        parameter.data = vector[start : start + parameter.numel()].view(parameter.shape).clone()
        start += parameter.numel()
    loss = functional.cross_entropy(fresh(digits.train.inputs.double()), digits.train.targets)
    loss.backward()
    wanted = torch.cat([p.grad.reshape(-1) for p in fresh.parameters()])
    assert value == pytest.approx(loss.item(), rel=1e-12)
    assert torch.allclose(gradient, wanted, atol=1e-12 * wanted.abs().max(), rtol=1e-9)


GRADIENT = """
import torch
from prospect.model import data, networks
from prospect.model.objective import Objective
from prospect.model.weights import flatten
digits = data.load({"name": "digits", "options": {}, "root": "data"})
network = networks.build(
    {"architecture": "resnet", "width": 4, "blocks": [1, 1]}, (1, 8, 8), 10, seed=0
)
found = []
for dtype in (torch.float32, torch.float64):
    objective = Objective(network, digits.train, dtype=dtype)
    theta = flatten(dict(network.named_parameters()), objective.flat.blocks).to(dtype)
    found.append(objective.loss_and_gradient(theta)[1].double())
print(float((found[0] - found[1]).norm() / found[1].norm()))
"""


def test_gradients_on_a_processor_without_avx512():
    """oneDNN has a kernel there that overruns its memory; see `wants_channels_last`."""
    processor = os.environ | {"ONEDNN_MAX_CPU_ISA": "AVX2", "PYTHONPATH": "workflow"}
    done = subprocess.run(
        [sys.executable, "-c", GRADIENT], env=processor, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 0.01  # kinks of ReLU; a wrong gradient is off by its own size


def test_standard_errors_are_those_of_the_samples(digits, network):
    theta, directions = random_problem(network, 1)
    half = digits.train.subset(500, seed=0)
    total = len(digits.train.targets)
    objective = Objective(network, half, total=total)
    found = evaluate(objective, theta, directions, np.array([[0.5]]))
    here = objective.sample_losses(theta, directions, [0.5]).loss.double().numpy()
    center = objective.sample_losses(theta).loss.double().numpy()
    root = np.sqrt(500)
    assert found.loss_sem[0] == pytest.approx(here.std(ddof=1) / root)
    paired = (here - center).std(ddof=1) / root * np.sqrt(1 - 500 / total)
    assert found.difference_sem[0] == pytest.approx(paired, rel=1e-5)
    assert (
        evaluate(Objective(network, half), theta, directions, np.ones((1, 1))).difference_sem == 0
    )


@pytest.mark.filterwarnings("error")
def test_one_sample_has_a_loss_and_no_standard_error():
    split = Split(torch.randn(1, 3), torch.zeros(1, dtype=torch.long))
    objective = Objective(nn.Linear(3, 2), split)
    theta, points = objective.flat.weights.clone(), np.array([[-1.0], [0.5]])
    found = evaluate(objective, theta, torch.randn(1, 8), points, what=None)
    assert np.isfinite(found.loss).all() and np.isnan(found.loss_sem).all()
    assert not found.difference_sem.any()


def test_values_do_not_depend_on_neighbours_or_resume(network, digits, tmp_path):
    theta, directions = random_problem(network, 1)
    objective = Objective(network, digits.train)
    points = np.linspace(-1, 1, 9)[:, None]
    whole = evaluate(objective, theta, directions, points)
    alone = evaluate(objective, theta, directions, points[4:5])
    assert alone.loss[0] == whole.loss[4]

    half = evaluate(objective, theta, directions, points)
    half.evaluated[5:], half.loss[5:] = False, np.nan
    resumed = evaluate(objective, theta, directions, points, known=half)
    assert np.array_equal(resumed.loss, whole.loss)


def test_losses_that_are_not_finite_stay_nan(digits, tmp_path):
    network = nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))
    theta, directions = random_problem(network, 1)
    points = np.array([[0.0], [1e38], [0.1]])
    found = evaluate(Objective(network, digits.train), theta, directions, points)
    assert found.evaluated.all()
    assert np.isfinite(found.loss).tolist() == [True, False, True]
    grids.write(tmp_path / "g.h5", Grid({"alpha": points[:, 0]}, found, {}))
    read = grids.read(tmp_path / "g.h5")
    assert read.attrs["nonfinite"] == 1
    assert np.isnan(read.values.loss[1])


@pytest.mark.parametrize("policy", ["recompute", "frozen"])
@pytest.mark.parametrize("together", [1, 3, 8])
def test_every_engine_gives_the_losses_of_a_fresh_float64_module(network, digits, policy, together):
    theta, directions = random_problem(network)
    split = digits.train.subset(300, seed=0)
    buffers = {k: v for k, v in network.state_dict().items() if "running" in k}
    objective = Objective(network, split, batchnorm=policy, buffers=buffers)
    points = np.random.default_rng(1).uniform(-1, 1, (8, 2))
    engine = Engine(objective, theta, directions, together=together)
    found = torch.cat([engine.summarise(outputs) for outputs in engine.run(points)])
    assert len(found) == len(points)
    for point, (mean, _, _, accuracy) in zip(points, found.tolist(), strict=True):
        vector = theta.double() + torch.as_tensor(point) @ directions.double()
        loss, share = reference(network, split, vector, training=policy == "recompute")
        assert abs(mean - loss) <= 1e-5 * max(1, loss)
        assert abs(accuracy - share) <= 2 / 300


def test_many_points_at_once_in_batches_of_samples(digits):
    network = networks.build({"architecture": "mlp", "hidden": [16]}, (1, 8, 8), 10, 0)
    theta, directions = random_problem(network)
    small, whole = (Objective(network, digits.train, batch=b) for b in (100, 4096))
    points = torch.tensor([[0.1, 0.2], [-1.0, 0.5]])
    one, other = (o.outputs_together(theta, directions, points) for o in (small, whole))
    assert torch.allclose(one, other, atol=1e-5)


def test_the_engine_is_chosen_by_device_and_size(network, digits):
    objective = Objective(network, digits.train)
    assert points_together(objective) == 1  # a CPU
    assert objective.runs_together  # which is tried once
    objective.flat.weights = torch.empty(1, device="meta")  # stands for a GPU
    assert points_together(objective) > 4
    huge = Objective(network, digits.train)
    huge.flat.weights = torch.empty(10**9, device="meta")
    assert points_together(huge) == 1
    objective.runs_together = False  # as where it branches on values
    assert points_together(objective) == 1
    two_passes = Objective(network, digits.train, statistics=digits.test)
    assert two_passes.runs_together
    two_passes.flat.weights = torch.empty(1, device="meta")
    assert points_together(two_passes) == (1 if two_passes.norms.layers else 64)


def test_judgement_is_cross_entropy_and_the_largest_output(digits):
    objective = Objective(nn.Sequential(nn.Flatten(), nn.Linear(64, 10)), digits.train)
    outputs = 5 * torch.randn(4, len(digits.train.targets), 10)
    found = objective.score(outputs)
    for row, loss, correct in zip(outputs, *found, strict=True):
        wanted = functional.cross_entropy(row.double(), digits.train.targets, reduction="none")
        assert torch.allclose(loss.double(), wanted, atol=1e-5)
        assert torch.equal(correct, row.argmax(1) == digits.train.targets)
    dead = objective.score(torch.zeros(len(digits.train.targets), 10))
    assert not dead.metric.any()
    assert torch.allclose(dead.loss, torch.full_like(dead.loss, np.log(10)))


def test_a_surface_takes_at_most_six_parameter_vectors():
    command = [sys.executable, "bench/memory.py", "--width", "3000", "--points", "3"]
    environment = os.environ | {"PYTHONPATH": "workflow"}
    run = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    vectors = float(re.search(r"peak ([\d.]+) parameter vectors", run.stdout)[1])
    assert 3 <= vectors <= 6  # θ and two directions at least


def test_flat_vector_is_in_the_order_of_the_parameters(network):
    joined = flatten(dict(network.named_parameters()), layout(network))
    assert torch.equal(joined, torch.cat([p.detach().reshape(-1) for p in network.parameters()]))
