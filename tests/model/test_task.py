"""Tasks: losses of your own, inputs and outputs of any structure, against plain PyTorch."""

import copy
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from prospect.base.errors import ProspectError
from prospect.landscape import coordinates, directions, patterns
from prospect.landscape.evaluate import evaluate
from prospect.landscape.hessian import Hessian
from prospect.landscape.shapes import curves, persistence, surfaces
from prospect.model import data, networks, training
from prospect.model.data import Data
from prospect.model.objective import Objective, objective_of
from prospect.model.splits import Split
from prospect.model.structure import on
from prospect.model.task import OwnTask
from prospect.model.weights import flatten, layout
from prospect.systems.mining.mine import in_proportion, mine

HERE = __name__
NOISE = {"noise": "gaussian", "normalise": "scaled"}
MINING = {"steps": 600, "points": 8, "batch": 16, "rate": 0.15, "weight": 2.0, "ceiling": 3.0}
MINING |= {"target": 0.35, "margin": 0.25, "overlap": 0.95, "restarts": 1, "jitter": 0.8}
MINING |= {"average": 0.95, "clip": None, "report": 20}
N = 24
RECIPE = {"epochs": 2, "batch": 8, "optimizer": {"name": "sgd", "lr": 0.05, "momentum": 0.9}}


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


# --- what a stranger brings: data, a network, a loss ---------------------------------------------


def regression_data():
    inputs = drawn(2 * N, 3)
    targets = (inputs[:, :2] * inputs[:, 1:]).sin()
    return inputs[:N], targets[:N], inputs[N:], targets[N:]


def regressor(input_shape, target, width=7):
    (size,), (answers,) = input_shape, target
    return nn.Sequential(nn.Linear(size, width), nn.Tanh(), nn.Linear(width, answers))


def segmentation_data():
    images = drawn(2 * N, 1, 6, 6)
    labels = (images[:, 0] > 0).long() + (images[:, 0] > 1).long()
    return images[:N], labels[:N], images[N:], labels[N:]


def segmenter(input_shape, target):
    assert (input_shape, target) == ((1, 6, 6), (6, 6))
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Softplus(), nn.Conv2d(4, 3, 1)
    )


def language_data():
    """Tokens as a dict, with a mask: sequences end at unequal places."""
    rng = torch.Generator().manual_seed(1)
    tokens = torch.randint(1, 11, (2 * N, 7), generator=rng)
    mask = torch.arange(7) < torch.randint(3, 8, (2 * N, 1), generator=rng)
    inputs = {"input_ids": tokens * mask, "attention_mask": mask}
    train, test = ({k: v[part] for k, v in inputs.items()} for part in (slice(N), slice(N, None)))
    return train, tokens[:N] * mask[:N], test, tokens[N:] * mask[N:]


class Language(nn.Module):
    """A small transformer that answers with a dict, its embedding tied to its head."""

    def __init__(self, words=11, width=8, length=7):
        super().__init__()
        self.embedding = nn.Embedding(words, width)
        self.place = nn.Parameter(0.1 * torch.randn(length, width))
        layer = nn.TransformerEncoderLayer(width, 2, 16, dropout=0.0, batch_first=True)
        self.body = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.head = nn.Linear(width, words, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, input_ids, attention_mask):
        causal = torch.triu(torch.full((7, 7), -math.inf, dtype=self.place.dtype), diagonal=1)
        hidden = self.embedding(input_ids) + self.place
        hidden = hidden + 0 * attention_mask.unsqueeze(-1)
        return {"logits": self.head(self.body(hidden, mask=causal)), "hidden": hidden}


def language_model(input_shape, target):
    assert input_shape == {"input_ids": (7,), "attention_mask": (7,)}
    assert target == (7,)
    return Language()


def next_word(output, tokens):
    """Cross-entropy of the next word, not of what is masked: a mean over words."""
    return functional.cross_entropy(
        output["logits"][:, :-1].flatten(0, 1), tokens[:, 1:].flatten(), ignore_index=0
    )


def two_inputs_data():
    one, other = drawn(2 * N, 3), drawn(2 * N, 2, seed=1)
    targets = one.sum(1, keepdim=True) * other.mean(1, keepdim=True)
    train, test = ((one[s], other[s]) for s in (slice(N), slice(N, None)))
    return train, targets[:N], test, targets[N:]


class TwoInputs(nn.Module):
    """Takes two tensors, answers with a tuple."""

    def __init__(self):
        super().__init__()
        self.one, self.other = nn.Linear(3, 4), nn.Linear(2, 4)

    def forward(self, one, other):
        both = self.one(one).tanh() * self.other(other).tanh()
        return both.sum(1, keepdim=True), both


def two_inputs(input_shape, target):
    assert (input_shape, target) == (((3,), (2,)), (1,))
    return TwoInputs()


def first_of_tuple(output, target):
    """A loss that gives those of the samples, with a mean that it is told by a branch."""
    answer, hidden = output
    return (answer - target).square().mean(1) + 0.01 * hidden.square().mean(1)


def heat_data():
    points = torch.linspace(-1, 1, N)[:, None]
    return points, torch.zeros(N, 1), points / 2, torch.zeros(N, 1)


def pinn(input_shape, target):
    return nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1))


def residual(network, inputs, targets):
    """Mean of (u'' + u)², the derivatives by the inputs as people write them."""
    x = inputs.requires_grad_()
    u = network(x)
    (slope,) = torch.autograd.grad(u.sum(), x, create_graph=True)
    (bend,) = torch.autograd.grad(slope.sum(), x, create_graph=True)
    return (bend + u - targets).square().mean()


def residuals(network, inputs, targets):
    """The same with a number a sample."""
    x = inputs.requires_grad_()
    u = network(x)
    (slope,) = torch.autograd.grad(u.sum(), x, create_graph=True)
    (bend,) = torch.autograd.grad(slope.sum(), x, create_graph=True)
    return (bend + u - targets).square().squeeze(1)


def by_pieces(output, target):
    """A loss that branches on values, which `vmap` cannot follow."""
    apart = (output - target).abs().mean()
    return apart if apart.item() > 1 else 0.5 * (1 + apart**2)


def distance(output, target):
    return (output - target).abs().mean()


MSE = "torch.nn.functional:mse_loss"
CE = "torch.nn.functional:cross_entropy"
# network, data, task
CASES = {
    "regression": ("regressor", "regression_data", {"loss": MSE, "metric": f"{HERE}:distance"}),
    "branches": ("regressor", "regression_data", {"loss": f"{HERE}:by_pieces"}),
    "segmentation": ("segmenter", "segmentation_data", {"loss": CE, "metric": "accuracy"}),
    "language": ("language_model", "language_data", {"loss": f"{HERE}:next_word"}),
    "two inputs": ("two_inputs", "two_inputs_data", {"loss": f"{HERE}:first_of_tuple"}),
    "pinn": ("pinn", "heat_data", {"loss": f"{HERE}:residual", "of": "network"}),
    "pinn, samples": ("pinn", "heat_data", {"loss": f"{HERE}:residuals", "of": "network"}),
}
TASK = {"of": "output", "metric": None, "scale": None}


def params_of(case, **evaluation):
    network, source, task = CASES[case]
    return {
        "network": {"architecture": f"{HERE}:{network}"},
        "dataset": {"name": f"{HERE}:{source}", "options": {}},
        "task": TASK | task,
        "device": "cpu",
        "evaluation": {"split": "train", "samples": None, "batchnorm": "recompute", "batch": 4096}
        | evaluation,
    }


def plain_losses(case, module, source):
    """The loss of every sample by a loop over samples, as plain PyTorch has it."""
    spec = CASES[case][2]
    inputs, targets = source.train
    if case == "segmentation":  # BatchNorm sees all samples
        return functional.cross_entropy(module.train()(inputs), targets, reduction="none").mean(
            (1, 2)
        )
    name = spec["loss"].rpartition(":")[2]
    loss = functional.mse_loss if name == "mse_loss" else globals()[name]
    single = []
    for number in range(N):
        index = slice(number, number + 1)
        if isinstance(inputs, dict):
            first = module(**{key: part[index] for key, part in inputs.items()})
        elif isinstance(inputs, tuple):
            first = module(*(part[index] for part in inputs))
        elif spec.get("of") == "network":
            single.append(loss(module, inputs[index].clone(), targets[index]).mean())
            continue
        else:
            first = module(inputs[index])
        single.append(loss(first, targets[index]).mean())
    return torch.stack(single)


def moved(module, vector):
    """A float64 copy of a module with its weights moved by a vector."""
    blocks = layout(module)
    module = module.double()
    parameters = dict(module.named_parameters())
    for block in blocks:
        parameters[block.name].data += vector[block.start : block.stop].view(block.shape)
    return module


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("batch", [4096, 7])
def test_losses_are_those_of_plain_pytorch(case, batch):
    objective = objective_of(params_of(case, batch=batch), torch.float64)
    source = data.load(params_of(case)["dataset"], params_of(case)["task"])
    double = Data(
        *(
            Split(*(on(part, "cpu", torch.float64) for part in split))
            for split in (source.train, source.test)
        ),
        0,
    )
    module = networks.build_for(source, params_of(case)["network"], 5)
    theta = flatten(dict(module.named_parameters()), layout(module)).double()
    direction = drawn(len(theta), seed=3).double()
    if case == "segmentation" and batch == 7:
        pytest.skip("statistics of BatchNorm are an average over batches then")
    found = evaluate(objective, theta, direction[None], np.array([[0.0], [0.3]]), what=None)
    for at, loss in zip((0.0, 0.3), found.loss, strict=True):
        expected = (
            plain_losses(case, moved(copy.deepcopy(module), at * direction), double).mean().item()
        )
        assert loss == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("case", CASES)
def test_gradients_and_products_with_the_hessian_are_those_of_differences(case):
    objective = objective_of(params_of(case), torch.float64)
    theta = objective.flat.weights.clone() + 0.1
    direction = drawn(len(theta), seed=4).double()
    step = 1e-5

    def loss(at):
        return objective.sample_losses(theta, direction[None], [at]).means[0]

    def slope(at):
        return objective.full_gradient(theta + at * direction) @ direction

    expected = (loss(step) - loss(-step)) / (2 * step)
    assert float(slope(0.0)) == pytest.approx(expected, rel=1e-4, abs=1e-8)
    bend = direction @ (Hessian(objective, theta) @ direction)
    expected = (slope(step) - slope(-step)) / (2 * step)
    assert float(bend) == pytest.approx(float(expected), rel=1e-3, abs=1e-6)


@pytest.mark.parametrize("case", CASES)
def test_points_of_mining_together_are_those_one_by_one(case):
    objective = objective_of(params_of(case), torch.float64)
    theta = objective.flat.weights.clone()
    along = 0.1 * drawn(2, len(theta), seed=5).double()
    points = torch.tensor([[0.5, 0.0], [-1.0, 1.0], [0.2, 0.7]], dtype=torch.float64)
    index = torch.arange(3 * 6).view(3, 6) % N
    ceilings = torch.full((3,), math.inf, dtype=torch.float64)
    together = objective.losses_and_gradients(theta, along, points, index, ceilings)
    found = [(float(v), g.clone()) for vs, gs in together for v, g in zip(vs, gs, strict=True)]
    for point, batch, (value, gradient) in zip(points, index, found, strict=True):
        alone, expected = objective.loss_and_gradient(theta, along, point.tolist(), batch)
        assert value == pytest.approx(alone, rel=1e-9)
        assert torch.allclose(gradient, expected, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("case", CASES)
def test_points_evaluated_together_are_those_one_by_one(case):
    objective = objective_of(params_of(case), torch.float64)
    theta = objective.flat.weights.clone()
    along = 0.1 * drawn(1, len(theta), seed=6).double()
    points = torch.tensor([[0.0], [1.0], [-2.0]], dtype=torch.float64)
    if case in ("branches", "pinn", "pinn, samples"):  # a branch, and derivatives taken inside
        assert not objective.runs_together
        return
    assert objective.runs_together
    together = objective.outputs_together(theta, along, points)
    for point, found in zip(points.tolist(), together, strict=True):
        alone = objective.outputs(theta, along, point)
        assert torch.allclose(found, alone, rtol=1e-9, atol=1e-12, equal_nan=True)


@pytest.mark.parametrize("case", CASES)
def test_networks_are_trained_on_their_task(case):
    params = params_of(case)
    source = data.load(params["dataset"], params["task"])
    network = networks.build_for(source, params["network"], 0)
    rows = [
        row
        for _, row, _ in training.train(
            network, source, RECIPE | {"epochs": 12}, 0, "cpu", what=None
        )
    ]
    assert rows[-1]["loss"] < rows[0]["loss"]
    assert math.isnan(rows[0]["accuracy"]) == (not source.task.metric)


@pytest.mark.parametrize("case", [case for case in CASES if case != "branches"])  # slow
def test_every_task_comes_to_named_shapes(case):
    """A curve and a surface about the trained network, and a mined w-peak about the first."""
    params = params_of(case)
    source = data.load(params["dataset"], params["task"])
    network = networks.build_for(source, params["network"], 0)
    objective = objective_of(params)
    start = flatten(dict(network.named_parameters()), layout(network))
    *_, last = training.train(network, source, RECIPE | {"epochs": 30}, 0, "cpu", what=None)
    theta = flatten(last.state, layout(network))
    along = torch.stack(
        [directions.random(NOISE, theta, objective.flat.blocks, 0, "plane", n) for n in (0, 1)]
    )
    axis = coordinates.axis(1.0, 21)
    line = evaluate(objective, theta, along[:1], axis[:, None], what=None)
    tau = persistence.threshold(
        0.1, objective.scale, 3.0, line.difference_sem, line.loss - line.center_loss
    )
    curve = curves.name_curve(axis, line.loss, tau, line.center_loss)
    coarse = coordinates.axis(1.0, 9)
    plane = evaluate(objective, theta, along, coordinates.product(coarse, coarse), what=None)
    surface = surfaces.name_surface(coarse, coarse, plane.loss.reshape(9, 9), tau)
    assert (curve.name, surface.name) == ("v-basin", "bowl")
    pattern = patterns.read(patterns.files(Path("config/patterns"))["w-peak"])
    wishes = in_proportion(MINING, objective.scale)
    mined = mine(objective, start, pattern, wishes, 0)
    line = evaluate(objective, start, mined.directions, 2 * axis[:, None], what=None)
    curve = curves.name_curve(2 * axis, line.loss, tau, line.center_loss)
    assert curve.name == "w-peak"


def test_the_size_of_a_loss_is_said_or_that_of_the_first_weights():
    params = params_of("regression")
    objective = objective_of(params)
    fresh = networks.build_for(data.load(params["dataset"], params["task"]), params["network"], 0)
    inputs, targets, *_ = regression_data()
    assert objective.scale == pytest.approx(functional.mse_loss(fresh(inputs), targets).item())
    assert objective_of(params | {"task": params["task"] | {"scale": 0.25}}).scale == 0.25
    digits = params | {"dataset": {"name": "digits"}, "task": None}
    assert objective_of(digits | {"network": {"architecture": "mlp"}}).scale == math.log(10)


def test_a_metric_is_a_mean_over_samples():
    objective = objective_of(params_of("segmentation"))
    scores = objective.sample_losses(objective.flat.weights.clone())
    module = objective.flat.module.train()
    images, labels, *_ = segmentation_data()
    expected = (module(images).argmax(1) == labels).double().mean()
    assert scores.means[1] == pytest.approx(float(expected))


def test_a_mean_over_words_is_not_that_over_samples_and_said(caplog):
    with caplog.at_level("WARNING"):
        objective_of(params_of("language"))
    assert "L(θ) is the latter" in caplog.text
    caplog.clear()
    with caplog.at_level("WARNING"):
        objective_of(params_of("regression"))
    assert not caplog.text


def test_answers_of_a_dict_are_classified(digits):
    class Wrapped(nn.Module):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def forward(self, x):
            return {"logits": self.inner(x), "hidden": x}

    plain = networks.build({"architecture": "mlp", "hidden": [5]}, (1, 8, 8), 10, 0)
    split = digits.train.subset(50, seed=0)
    one, other = (Objective(net, split, classes=10) for net in (plain, Wrapped(plain)))
    theta = one.flat.weights.clone()
    assert torch.equal(one.sample_losses(theta).loss, other.sample_losses(theta).loss)
    index = torch.arange(20).view(2, 10)
    for objective in (one, other):
        assert objective._vectorises
    losses = [o._mini_batch_losses(theta.repeat(2, 1), index) for o in (one, other)]
    assert torch.equal(*losses)


# --- what does not fit ---------------------------------------------------------------------------


def too_few(output, target):
    return (output - target).square()


def no_tensor(output, target):
    return 1.0


def raises(output, target):
    raise KeyError("labels")


def turned(input_shape, target):
    class Turned(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 2)

        def forward(self, x):
            return {"answers": self.layer(x).T}

    return Turned()


def batchnormed(input_shape, target):
    return nn.Sequential(nn.Linear(1, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 1))


@pytest.mark.parametrize(
    ("case", "network", "task", "message"),
    [
        ("regression", None, {"loss": f"{HERE}:too_few"}, r"is \(4, 2\); want one number"),
        ("regression", None, {"loss": f"{HERE}:no_tensor"}, r"is 1\.0; want one number"),
        ("regression", None, {"loss": f"{HERE}:raises"}, r"KeyError: 'labels' \(.*line \d+"),
        ("regression", None, {"loss": f"{HERE}:nothing"}, r"task\.loss: cannot import"),
        ("regression", None, {"metric": f"{HERE}:too_few"}, r"task\.metric.*want one number"),
        ("regression", "turned", {}, r"maps 4 samples to \{'answers': \(2, 4\)\}; want tensors"),
        ("pinn", "batchnormed", {}, r"beside BatchNorm a loss of the network must give"),
    ],
)
def test_what_does_not_fit_is_one_line(case, network, task, message):
    params = params_of(case)
    params["task"] = params["task"] | task
    if network:
        params["network"] = {"architecture": f"{HERE}:{network}"}
    with pytest.raises(ProspectError, match=message):
        objective_of(params)


def test_inputs_of_unequal_numbers_are_one_line():
    def wrong():
        inputs, targets, *rest = two_inputs_data()
        return (inputs[0], inputs[1][:5]), targets, *rest

    globals()["wrong"] = wrong
    with pytest.raises(ProspectError, match=r"training set.*do not match"):
        data.load({"name": f"{HERE}:wrong", "options": {}}, TASK | {"loss": MSE})


def test_targets_that_are_numbered_classes_are_told_to_networks():
    source = data.load({"name": "digits"}, TASK | {"loss": CE, "metric": "accuracy"})
    assert source.target == 10
    assert isinstance(source.task, OwnTask)
    network = {"architecture": "mlp", "hidden": [5]}
    module = networks.build_for(source, network, 0)
    theta = flatten(dict(module.named_parameters()), layout(module))
    own = Objective(module, source.train, task=source.task).sample_losses(theta)
    usual = Objective(module, source.train).sample_losses(theta)
    assert torch.allclose(own.loss, usual.loss, atol=1e-6)
    assert torch.equal(own.metric.bool(), usual.metric)
