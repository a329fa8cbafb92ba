"""Recipes: optimisers, schedules, where to stop, averages; held against plain loops."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from prospect.base.errors import ProspectError
from prospect.base.seeding import generator
from prospect.model import networks, training
from prospect.model.data import Data
from prospect.model.splits import Split

OPTIMIZERS = {
    "sgd": {"lr": 0.05, "momentum": 0.9, "weight_decay": 1e-2},
    "adam": {"lr": 1e-2, "momentum": 0.9, "weight_decay": 1e-2},
    "adamw": {"lr": 1e-2, "momentum": 0.9, "weight_decay": 1e-2},
}
EPOCHS, BATCH, STEPS = 5, 20, 10


@pytest.fixture(scope="module")
def few(digits):
    """205 training samples in float64: ten steps of 20 an epoch, five left over."""
    train = digits.train.subset(205, seed=1)
    return Data(
        Split(train.inputs.double(), train.targets),
        Split(digits.test.inputs.double(), digits.test.targets),
        10,
    )


def network(seed=0, hidden=16):
    return networks.build({"architecture": "mlp", "hidden": [hidden]}, (1, 8, 8), 10, seed).double()


def batchnorm():
    torch.manual_seed(0)
    layers = nn.Flatten(), nn.Linear(64, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 10)
    return nn.Sequential(*layers).double()


def recipe(name="sgd", **more):
    return {
        "epochs": EPOCHS,
        "batch": BATCH,
        "optimizer": {"name": name, **OPTIMIZERS[name]},
    } | more


def rate(lr, schedule, step, steps=EPOCHS * STEPS):
    """The rate of a step by its formula."""
    return lr if schedule == "constant" else lr * (1 + math.cos(math.pi * step / steps)) / 2


@torch.no_grad()
def update(name, w, g, m, v, lr, decay, done):
    """One step of a weight by its gradient and its two moments."""
    if name == "sgd":
        m.mul_(0.9).add_(g + decay * w)
        w -= lr * m
        return
    if name == "adam":
        g = g + decay * w
    else:
        w *= 1 - lr * decay
    m.mul_(0.9).add_(0.1 * g)
    v.mul_(0.999).add_(0.001 * g * g)
    upright = (v / (1 - 0.999**done)).sqrt() + 1e-8
    w -= lr * m / (1 - 0.9**done) / upright


def by_hand(module, data, name, schedule, seed, epochs=EPOCHS):
    """Train in a plain loop, the update of every optimiser written out."""
    options = OPTIMIZERS[name]
    weights = list(module.parameters())
    first, second = ([torch.zeros_like(w) for w in weights] for _ in range(2))
    done = 0
    for epoch in range(1, epochs + 1):
        order = torch.randperm(len(data.train.targets), generator=generator(seed, "batches", epoch))
        for number in range(STEPS):
            index = order[number * BATCH : (number + 1) * BATCH]
            outputs = module(data.train.inputs[index])
            loss = functional.cross_entropy(outputs, data.train.targets[index])
            gradients = torch.autograd.grad(loss, weights)
            lr, decay = rate(options["lr"], schedule, done), options["weight_decay"]
            done += 1
            for w, g, m, v in zip(weights, gradients, first, second, strict=True):
                update(name, w, g, m, v, lr, decay, done)
    return module


@pytest.mark.parametrize("schedule", ["cosine", "constant"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimiser_and_a_schedule_do_what_their_formulas_say(few, name, schedule):
    *_, last = training.train(network(), few, recipe(name, schedule=schedule), 3, "cpu")
    for key, wanted in by_hand(network(), few, name, schedule, seed=3).state_dict().items():
        assert torch.allclose(last.state[key], wanted, rtol=0, atol=1e-10), key


def test_a_recipe_that_says_no_more_is_cosine_to_the_end(few):
    plain = list(training.train(network(), few, recipe(), 3, "cpu"))
    said = recipe(schedule="cosine", until=None, swa=None)
    for one, other in zip(plain, training.train(network(), few, said, 3, "cpu"), strict=True):
        assert one.row == other.row
        assert all(torch.equal(one.state[name], other.state[name]) for name in one.state)
    assert list(plain[0].row) == ["epoch", "loss", "accuracy", "test_loss", "test_accuracy"]


def test_a_network_stops_below_a_loss_and_stays_as_it_is(few):
    plain = list(training.train(network(), few, recipe(), 3, "cpu"))
    losses = [epoch.row["loss"] for epoch in plain]
    goal = (losses[2] + losses[3]) / 2  # reached at the end of epoch 3
    assert min(losses[:3]) > goal > losses[3]
    stopped = list(training.train(network(), few, recipe(until={"loss": goal}), 3, "cpu"))
    assert [epoch.epoch for epoch in stopped] == [0, 1, 2, 3, 4, 5]
    assert [epoch.row["epoch"] for epoch in stopped] == [0, 1, 2, 3, 4, 5]
    assert [epoch.row["trained"] for epoch in stopped] == [0, 1, 2, 3, 3, 3]
    for number, wanted in enumerate([0, 1, 2, 3, 3, 3]):
        assert stopped[number].row["loss"] == losses[wanted]
        for name, tensor in stopped[number].state.items():
            assert torch.equal(tensor, plain[wanted].state[name]), (number, name)


def test_a_network_that_starts_below_the_loss_is_not_trained(few):
    last = list(training.train(network(), few, recipe(until={"loss": 100.0}), 3, "cpu"))[-1]
    assert last.row["trained"] == 0
    assert torch.equal(last.state["1.weight"], network().state_dict()["1.weight"])


def test_an_average_is_the_mean_of_its_epochs_with_the_statistics_of_all_samples(few):
    swa = recipe(swa={"start": 3, "lr": 0.02})
    *epochs, last = training.train(batchnorm(), few, swa, 3, "cpu")
    assert [epoch.epoch for epoch in epochs] == [0, 1, 2, 3, 4, 5]
    assert last.epoch == last.row["epoch"] == "swa"
    mean = batchnorm()
    for name, parameter in mean.named_parameters():
        parameter.data = torch.stack([epoch.state[name] for epoch in epochs[3:]]).mean(0)
        assert torch.allclose(last.state[name], parameter.data, rtol=0, atol=1e-12), name
    before = mean[1](few.train.inputs.flatten(1))
    assert torch.allclose(last.state["2.running_mean"], before.mean(0), rtol=0, atol=1e-12)
    assert torch.allclose(last.state["2.running_var"], before.var(0), rtol=1e-12, atol=0)
    mean.load_state_dict(last.state)
    outputs = mean.eval()(few.train.inputs)
    loss = functional.cross_entropy(outputs, few.train.targets).item()
    assert last.row["loss"] == pytest.approx(loss, abs=1e-12)


def test_an_average_takes_a_constant_rate_from_its_start(few):
    """The epochs before are those of the schedule, the first after is a loop at the rate."""
    plain = list(training.train(network(), few, recipe("sgd"), 3, "cpu"))
    still = list(
        training.train(network(), few, recipe("sgd", swa={"start": 3, "lr": 0.0}), 3, "cpu")
    )
    for number, wanted in enumerate([0, 1, 2, 2, 2, 2]):
        for name, tensor in still[number].state.items():
            assert torch.equal(tensor, plain[wanted].state[name]), (number, name)
    options = {"name": "sgd", "lr": 0.05}
    constant = recipe(optimizer=options, schedule="constant")
    same = recipe(optimizer=options, swa={"start": 1, "lr": 0.05})
    *_, wanted = training.train(network(), few, constant, 3, "cpu")
    *_, found, _ = training.train(network(), few, same, 3, "cpu")
    assert all(torch.equal(found.state[name], wanted.state[name]) for name in wanted.state)


@pytest.mark.parametrize(
    "more, message",
    [
        ({"swa": {"start": 2, "lr": 0.1}, "until": {"loss": 0.1}}, "leave out training.until"),
        ({"swa": {"start": 6, "lr": 0.1}}, "swa.start: 6 is after the last epoch 5"),
        ({"batch": 300}, "training.batch: 300 is more than the 205 training samples"),
        ({"optimizer": {"name": "sgd", "lr": 1e300}}, "lower training.optimizer.lr"),
    ],
)
def test_a_recipe_that_cannot_be_is_said(few, more, message):
    with pytest.raises(ProspectError, match=message):
        list(training.train(network(), few, recipe() | more, 0, "cpu"))


def test_dropout_depends_on_the_seed_alone_and_leaves_the_generators_of_torch(few):
    one = Split(few.train.inputs[:1].repeat(40, 1, 1, 1), few.train.targets[:1].repeat(40))
    same = few._replace(train=one)  # so that the order of batches tells no seed from another

    def run(seed, state):
        torch.manual_seed(0)
        module = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(64, 10)).double()
        torch.manual_seed(state)
        before = torch.get_rng_state()
        *_, last = training.train(module, same, recipe(), seed, "cpu")
        assert torch.equal(torch.get_rng_state(), before)
        return last.state["2.weight"]

    assert torch.equal(run(0, state=0), run(0, state=1))
    assert not torch.equal(run(0, state=0), run(1, state=0))
