"""Training: the weights of a plain loop, rows that a fresh evaluation gives, and clear mistakes."""

import copy
import itertools
import math

import pytest
import torch
from torch import nn
from torch.optim.optimizer import register_optimizer_step_pre_hook

from prospect.base.errors import ProspectError
from prospect.base.seeding import generator
from prospect.model import networks, training
from prospect.model.data import Data
from prospect.model.splits import Split

EPOCHS, BATCH = 2, 100  # 1,437 samples: 14 batches an epoch, the last 37 samples stay out
SGD = {"name": "sgd", "lr": 0.05, "momentum": 0.9, "weight_decay": 0.01}
ADAMW = {"name": "adamw", "lr": 0.01, "momentum": 0.9, "weight_decay": 0.1}
PLAIN = {
    "sgd": lambda weights: torch.optim.SGD(weights, lr=0.05, momentum=0.9, weight_decay=0.01),
    "adamw": lambda weights: torch.optim.AdamW(weights, lr=0.01, weight_decay=0.1),
}


def recipe(optimizer=SGD, epochs=EPOCHS, batch=BATCH):
    return {"epochs": epochs, "batch": batch, "optimizer": optimizer}


def perceptron(seed=0):
    return networks.build({"architecture": "mlp", "hidden": [16]}, (1, 8, 8), 10, seed)


def batchnormed(seed=0):
    return networks.build(
        {"architecture": "resnet", "width": 2, "blocks": [1]}, (1, 8, 8), 10, seed
    )


def trained(data, network=None, how=None, seed=0):
    """Train to the end; return all epochs."""
    network = network or perceptron()
    return list(training.train(network, data, how or recipe(), seed, "cpu"))


def flat(state):
    return torch.cat([tensor.flatten() for tensor in state.values()])


def plain_loop(network, split, optimizer, seed):
    """Train as a textbook does."""
    steps = math.floor(len(split.targets) / BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS * steps)
    for epoch in (1, 2):
        order = torch.randperm(len(split.targets), generator=generator(seed, "batches", epoch))
        for step in range(steps):
            chosen = order[step * BATCH : (step + 1) * BATCH]
            network.zero_grad()
            nn.CrossEntropyLoss()(network(split.inputs[chosen]), split.targets[chosen]).backward()
            optimizer.step()
            schedule.step()


@pytest.mark.parametrize("make", [perceptron, batchnormed])
@pytest.mark.parametrize("optimizer", [SGD, ADAMW], ids=lambda options: options["name"])
def test_training_gives_the_weights_of_a_plain_loop_bit_for_bit(digits, make, optimizer):
    network, plain = make(), make()
    before = flat(network.state_dict())
    *_, last = trained(digits, network, recipe(optimizer), seed=3)
    plain_loop(plain, digits.train, PLAIN[optimizer["name"]](plain.parameters()), seed=3)
    assert last.state.keys() == plain.state_dict().keys()
    for name, tensor in plain.state_dict().items():
        assert torch.equal(last.state[name], tensor), name
    assert (flat(last.state) - before).abs().max() > 0.01


def test_the_rate_falls_along_a_cosine_to_0(digits):
    seen = []

    def note(optimizer, *_):
        seen.append(optimizer.param_groups[0]["lr"])

    hook = register_optimizer_step_pre_hook(note)
    try:
        trained(digits)
    finally:
        hook.remove()
    steps = EPOCHS * (1437 // BATCH)
    wanted = [0.05 / 2 * (1 + math.cos(math.pi * step / steps)) for step in range(steps)]
    assert seen == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize("optimizer", [SGD, ADAMW], ids=lambda options: options["name"])
def test_the_loss_falls_and_epoch_0_is_the_untrained_network(digits, optimizer):
    epochs = trained(digits, how=recipe(optimizer))
    assert [(epoch.epoch, epoch.row["epoch"]) for epoch in epochs] == [(0, 0), (1, 1), (2, 2)]
    assert torch.equal(flat(epochs[0].state), flat(perceptron().state_dict()))
    for one, other in itertools.pairwise(epochs):
        assert other.row["loss"] < one.row["loss"]
    assert epochs[2].row["loss"] < 0.7 * epochs[0].row["loss"]
    assert epochs[0].row["test_accuracy"] < 0.2 < 0.5 < epochs[2].row["test_accuracy"]


@pytest.mark.parametrize("make", [perceptron, batchnormed])
def test_a_row_of_the_history_is_what_a_fresh_evaluation_gives(digits, make):
    for epoch in trained(digits, make()):
        fresh = make(seed=9)
        fresh.load_state_dict(epoch.state)
        fresh = fresh.double().eval()
        row = {"epoch": epoch.epoch}
        for prefix, split in (("", digits.train), ("test_", digits.test)):
            with torch.no_grad():
                chances = fresh(split.inputs.double()).softmax(1)
            own = chances[torch.arange(len(split.targets)), split.targets]
            row[f"{prefix}loss"] = -float(own.log().mean())
            row[f"{prefix}accuracy"] = float((chances.argmax(1) == split.targets).double().mean())
        assert epoch.row == pytest.approx(row, rel=1e-5)


def test_kept_states_do_not_move_with_the_network(digits):
    network = perceptron()
    epochs = training.train(network, digits, recipe(), 0, "cpu")
    first = next(epochs)
    copied = copy.deepcopy(first.state)
    *_, last = epochs
    assert torch.equal(flat(first.state), flat(copied))
    assert torch.equal(flat(last.state), flat(network.state_dict()))
    assert not torch.equal(flat(last.state), flat(copied))


def test_the_same_seed_gives_the_same_bits_and_another_one_other_weights(digits):
    one, same, other = (trained(digits, seed=seed) for seed in (0, 0, 1))
    for epoch, again in zip(one, same, strict=True):
        assert torch.equal(flat(epoch.state), flat(again.state))
        assert epoch.row == again.row
    assert torch.equal(flat(one[0].state), flat(other[0].state))  # both from the same network
    assert not torch.equal(flat(one[1].state), flat(other[1].state))  # by other batches


def test_dropout_draws_from_the_seed_alone(digits):
    weights = []
    for drawn_before in range(2):
        torch.rand(drawn_before)
        network = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(64, 10))
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.zero_()
        weights.append(flat(trained(digits, network)[-1].state))
    assert torch.equal(*weights)


def test_another_seed_builds_another_network():
    one, same, other = (flat(perceptron(seed).state_dict()) for seed in (0, 0, 1))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def message_of(data, network=None, how=None):
    with pytest.raises(ProspectError) as caught:
        trained(data, network, how)
    (line,) = str(caught.value).splitlines()
    return line


def test_a_batch_of_all_samples_is_right_and_one_more_is_one_clear_line(digits):
    part = Data(Split(*(t[:50] for t in digits.train)), digits.test, 10)
    assert len(trained(part, how=recipe(batch=50))) == 3
    line = message_of(part, how=recipe(batch=51))
    assert line == ("training.batch: 51 is more than the 50 training samples; at most 50 is right")


@pytest.mark.parametrize("lr", [1e10, 1e30])
def test_a_loss_that_diverges_is_one_clear_line(digits, lr):
    line = message_of(digits, how=recipe(SGD | {"lr": lr}))
    assert line.startswith("training: the loss is ")
    assert "after epoch 1; lower training.optimizer.lr" in line
    assert line.endswith(f"(it is {lr})")


def test_a_network_that_is_not_finite_from_the_start_is_one_clear_line(digits):
    network = perceptron()
    with torch.no_grad():
        network[1].weight.fill_(math.nan)
    assert "the loss is nan before the first step" in message_of(digits, network)
