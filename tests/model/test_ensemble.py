"""Ensembles: a member is what it is alone, whatever goes with it."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from prospect.base.errors import ProspectError
from prospect.base.seeding import generator
from prospect.model import ensemble, networks, training
from prospect.model.cost import cost_of
from prospect.model.data import Data
from prospect.model.splits import Split
from prospect.model.weights import flatten, layout

OPTIMIZERS = {
    "sgd": {"lr": 0.05, "momentum": 0.9, "weight_decay": 1e-2},
    "adam": {"lr": 1e-2, "weight_decay": 1e-2},
    "adamw": {"lr": 1e-2, "weight_decay": 1e-2},
}
CPU = torch.device("cpu")
EPOCHS, BATCH, STEPS = 5, 20, 10
SEEDS = [7, 0, 3]


class Branching(nn.Module):
    """A network that branches on a value, which `vmap` cannot follow."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(64, 10)

    def forward(self, x):
        x = self.layer(x.flatten(1))
        return x if x.sum() > 0 else -x


class Hiding(nn.Module):
    """A network with numbers of its own that are neither parameters nor buffers."""

    def __init__(self):
        super().__init__()
        self.layer, self.scale = nn.Linear(64, 10), torch.rand(10)

    def forward(self, x):
        return self.layer(x.flatten(1)) * self.scale


class Counting(nn.Module):
    """A network that replaces its buffer, which `functional_call` undoes."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(64, 10)
        self.register_buffer("count", torch.zeros(()))

    def forward(self, x):
        self.count = self.count + self.training
        return self.layer(x.flatten(1))


def make(kind, seed):
    """A network of a kind, initialised from a seed."""
    if kind == "mlp":
        return networks.build({"architecture": "mlp", "hidden": [16]}, (1, 8, 8), 10, seed)
    if kind == "resnet":
        spec = {"architecture": "resnet", "width": 4, "blocks": [1, 1]}
        return networks.build(spec, (1, 8, 8), 10, seed)
    torch.manual_seed(seed)
    if kind in ("batchnorm", "dropout", "cumulative", "frozen"):
        extra = {"dropout": [nn.Dropout(0.5)]}.get(kind, [])
        norm = nn.BatchNorm1d(16, momentum=None if kind == "cumulative" else 0.1)
        # no bias before the norm: its gradient is zero too, see `few`
        first = nn.Linear(64, 16, bias=False)
        network = nn.Sequential(nn.Flatten(), first, norm, nn.ReLU(), *extra, nn.Linear(16, 10))
        network[1].weight.requires_grad = kind != "frozen"
        return network
    return {"branching": Branching, "hiding": Hiding, "counting": Counting}[kind]()


def members(kind, seeds=SEEDS, dtype=torch.float64):
    return [make(kind, seed).to(dtype) for seed in seeds]


def as_dtype(data, dtype):
    return Data(*(Split(x.to(dtype), y) for x, y in (data.train, data.test)), data.classes)


@pytest.fixture(scope="module")
def few(digits):
    """205 training and 360 test samples in float64: ten steps of 20 an epoch, five left over.

    With noise, as pixels that are the same in a batch have, before BatchNorm, a gradient of zero
    whose rounding makes steps in Adam.
    """
    data = as_dtype(digits._replace(train=digits.train.subset(205, seed=1)), torch.float64)
    return data._replace(train=Split(noisy(data.train.inputs), data.train.targets))


def noisy(inputs):
    return inputs + 0.1 * torch.randn(inputs.shape, generator=generator(0, "noise")).double()


def subsets_of(count, samples):
    """Random subsets of the 205 training samples, one a member."""
    rng = generator(0, "subsets")
    return torch.stack([torch.randperm(205, generator=rng)[:samples] for _ in range(count)])


def recipe(name="sgd", **more):
    return {
        "epochs": EPOCHS,
        "batch": BATCH,
        "optimizer": {"name": name, **OPTIMIZERS[name]},
    } | more


def by_hand(network, split, name, schedule, seed):
    """Train in a plain loop with an optimiser of torch."""
    kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[name]
    optimizer = kind(network.parameters(), **OPTIMIZERS[name])
    rates = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS * STEPS)
    for epoch in range(1, EPOCHS + 1):
        order = torch.randperm(len(split.targets), generator=generator(seed, "batches", epoch))
        for number in range(STEPS):
            index = order[number * BATCH : (number + 1) * BATCH]
            loss = functional.cross_entropy(network(split.inputs[index]), split.targets[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if schedule == "cosine":
                rates.step()
    return network


def difference(state, member, network):
    """The largest difference of a member to a network, in all that is trained or not."""
    found = {"theta": state.theta[member]} | {n: t[member] for n, t in state.fixed.items()}
    theta = flatten(dict(network.named_parameters()), layout(network))
    frozen = {n: p for n, p in network.named_parameters() if not p.requires_grad}
    wanted = {"theta": theta} | dict(network.named_buffers()) | frozen
    assert found.keys() == wanted.keys()
    return max(float((found[n] - wanted[n]).double().abs().max()) for n in wanted)


@pytest.mark.parametrize("kind", ["mlp", "batchnorm", "resnet"])
def test_loss_and_gradient_at_fixed_weights_are_those_alone_in_float32(digits, kind):
    alone = members(kind, range(8), torch.float32)
    index = torch.stack([training.mini_batches({"batch": 128}, 1437, s, 1)[0] for s in range(8)])
    stack = ensemble.Stack(alone, CPU)
    outputs = stack.outputs(digits.train.inputs[index])
    losses = ensemble._losses(outputs, digits.train.targets[index]).mean(1)
    losses.sum().backward()
    for m, network in enumerate(alone):
        outputs = network(digits.train.inputs[index[m]])
        loss = functional.cross_entropy(outputs, digits.train.targets[index[m]])
        loss.backward()
        assert losses[m].item() == pytest.approx(loss.item(), abs=1e-6)
        for name, parameter in network.named_parameters():
            gradient = stack.parameters[name].grad[m]
            assert torch.allclose(gradient, parameter.grad, rtol=0, atol=1e-6), name
        for name, buffer in network.named_buffers():
            assert torch.allclose(stack.buffers[name][m], buffer, rtol=0, atol=1e-6), name


@pytest.mark.parametrize("schedule", ["cosine", "constant"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_members_are_those_of_plain_loops(few, name, schedule):
    plan = recipe(name, schedule=schedule)
    assert ensemble.members_in_a_pass(members("batchnorm"), few, plan, CPU) > len(SEEDS)
    *_, last = ensemble.train_ensemble(members("batchnorm"), few, plan, SEEDS, CPU)
    for m, seed in enumerate(SEEDS):
        wanted = by_hand(make("batchnorm", seed).double(), few.train, name, schedule, seed)
        assert difference(last, m, wanted) < 1e-9


@pytest.mark.parametrize("kind", ["mlp", "batchnorm", "frozen", "resnet"])
def test_every_epoch_of_a_member_is_that_of_training_it_alone(few, kind):
    subsets = subsets_of(3, 103)
    networks = members(kind)
    assert ensemble.members_in_a_pass(networks, few, recipe(), CPU) >= len(SEEDS)
    epochs = list(ensemble.train_ensemble(networks, few, recipe(), SEEDS, CPU, subsets=subsets))
    assert [epoch.epoch for epoch in epochs] == list(range(EPOCHS + 1))
    for m, seed in enumerate(SEEDS):
        own = Split(few.train.inputs[subsets[m]], few.train.targets[subsets[m]])
        network = make(kind, seed).double()
        alone = training.train(network, few._replace(train=own), recipe(), seed, CPU)
        for epoch, (number, row, _) in zip(epochs, alone, strict=True):
            assert difference(epoch, m, network) < 1e-9
            found = {name: float(column[m]) for name, column in epoch.row.items()}
            assert row.pop("epoch") == number
            assert found == pytest.approx(row | {"trained": number}, abs=1e-9)


@pytest.mark.parametrize("kind", ["batchnorm", "dropout"])
def test_networks_are_copied_and_the_same_networks_give_the_same_bits(few, kind):
    networks = members(kind, dtype=torch.float32)
    few = as_dtype(few, torch.float32)
    one, history = ensemble.collect(ensemble.train_ensemble(networks, few, recipe(), SEEDS, CPU))
    fresh = members(kind, dtype=torch.float32)
    for network, wanted in zip(networks, fresh, strict=True):
        for name, tensor in wanted.state_dict().items():
            assert torch.equal(network.state_dict()[name], tensor)
    other, again = ensemble.collect(ensemble.train_ensemble(fresh, few, recipe(), SEEDS, CPU))
    assert torch.equal(one.theta, other.theta)
    assert all(torch.equal(history[name], again[name]) for name in ensemble.COLUMNS)
    assert history["loss"].shape == (len(SEEDS), EPOCHS + 1)
    assert torch.equal(history["loss"][:, -1], one.row["loss"])


# dropout draws, others branch on values, count on their own or hide numbers from `vmap`
@pytest.mark.parametrize(
    "kind", ["dropout", "cumulative", "branching", "hiding", "counting", "resnet"]
)
def test_networks_that_cannot_go_together_are_trained_one_by_one(few, kind, monkeypatch):
    monkeypatch.setattr(ensemble, "CONVOLVED_TOGETHER", 0)
    networks = members(kind)
    assert ensemble.members_in_a_pass(networks, few, recipe(), CPU) == 1
    subsets = torch.arange(205).expand(3, -1).flip(1)
    *_, last = ensemble.train_ensemble(networks, few, recipe(), SEEDS, CPU, subsets=subsets)
    own = few._replace(train=Split(few.train.inputs.flip(0), few.train.targets.flip(0)))
    for m, seed in enumerate(SEEDS):
        network = make(kind, seed).double()
        *_, alone = training.train(network, own, recipe(), seed, CPU)
        assert difference(last, m, network) == 0
        assert float(last.row["loss"][m]) == alone.row["loss"]


@pytest.mark.parametrize("kind, alone_on_cpu", [("mlp", False), ("resnet", True)])
def test_large_convolutions_go_one_by_one_on_a_cpu(few, kind, alone_on_cpu):
    networks = members(kind)
    multiplications = cost_of(make(kind, 0).double().eval(), few.train.inputs[:2]).products
    just = ensemble.CONVOLVED_TOGETHER // multiplications

    def together(batch, device):
        return ensemble.members_in_a_pass(networks, few, recipe() | {"batch": batch}, device)

    assert together(just, CPU) > 1
    assert (together(just + 1, CPU) == 1) == alone_on_cpu
    assert together(just + 1, torch.device("cuda")) > 1


@pytest.mark.parametrize("until", [None, {"loss": 1.0}])
def test_members_are_the_same_in_several_passes(few, monkeypatch, until):
    seeds = list(range(7))
    networks, plan = members("batchnorm", seeds), recipe(until=until)
    subsets = subsets_of(7, 150)
    whole = ensemble.members_in_a_pass(networks, few, plan, CPU)
    sizes = []

    class Noting(ensemble.Stack):
        def __init__(self, networks, device):
            sizes.append(len(networks))
            super().__init__(networks, device)

    def run():
        epochs = ensemble.train_ensemble(networks, few, plan, seeds, CPU, subsets=subsets)
        return ensemble.collect(epochs)

    one, history = run()
    monkeypatch.setattr(ensemble, "BACKWARD_BYTES", int(3.5 * ensemble.BACKWARD_BYTES / whole))
    monkeypatch.setattr(ensemble, "Stack", Noting)
    assert ensemble.members_in_a_pass(networks, few, plan, CPU) == 3
    sizes.clear()
    other, again = run()
    assert [size for size in sizes if size != 2] == [3]  # the others are pairs
    assert sum(sizes[-3:]) == len(seeds)
    assert torch.allclose(one.theta, other.theta, rtol=0, atol=1e-12)
    for name in one.fixed:
        assert torch.allclose(one.fixed[name], other.fixed[name], rtol=0, atol=1e-12)
    for name in ensemble.COLUMNS:
        assert torch.allclose(history[name], again[name], rtol=0, atol=1e-12)


def test_how_many_go_together_follows_from_sizes(few):
    def together(width, batch):
        spec = {"architecture": "mlp", "hidden": [width]}
        network = networks.build(spec, (1, 8, 8), 10, 0).double()
        return ensemble.members_in_a_pass([network], few, recipe() | {"batch": batch}, CPU)

    weights, outputs = 64 * 100 + 100 + 100 * 10 + 10, 64 + 64 + 100 + 100 + 10 + 10
    assert together(100, 200) == ensemble.BACKWARD_BYTES // (2 * 8 * (weights + 200 * outputs))
    assert together(100, 20) > together(100, 200) > together(1000, 200)
    assert together(100, 10**9) == 1


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_member_stops_below_a_loss_while_others_go_on(few, name):
    subsets = subsets_of(3, 150)

    def run(until):
        plan = recipe(name, until=until)
        networks = members("batchnorm")
        return list(ensemble.train_ensemble(networks, few, plan, SEEDS, CPU, subsets=subsets))

    plain = run(None)
    losses = torch.stack([epoch.row["loss"] for epoch in plain], dim=1)  # (M, epochs)
    # below the first member's loss after epoch 2 and above another's: they stop apart
    goal = float(losses[:, 2].sort().values[:2].mean())
    stops = [next(e for e in range(EPOCHS + 1) if losses[m, e] < goal) for m in range(3)]
    assert len(set(stops)) > 1
    assert max(stops) < EPOCHS
    for number, epoch in enumerate(run({"loss": goal})):
        assert epoch.epoch == number
        for m, stop in enumerate(stops):
            wanted = plain[min(number, stop)]
            assert epoch.row["trained"][m] == min(number, stop)
            assert float(epoch.row["loss"][m]) == pytest.approx(float(wanted.row["loss"][m]))
            assert torch.allclose(epoch.theta[m], wanted.theta[m], rtol=0, atol=1e-9)
            for key, tensor in wanted.fixed.items():
                assert torch.allclose(epoch.fixed[key][m], tensor[m], rtol=0, atol=1e-9)


@pytest.mark.parametrize("kind", ["mlp", "dropout"])
def test_members_stop_as_alone(few, kind):
    plan = recipe(until={"loss": 1.5})
    *_, last = ensemble.train_ensemble(members(kind), few, plan, SEEDS, CPU)
    for m, seed in enumerate(SEEDS):
        *_, alone = training.train(make(kind, seed).double(), few, plan, seed, CPU)
        assert 0 < alone.row["trained"] < EPOCHS
        assert float(last.row["trained"][m]) == alone.row["trained"]
        assert float(last.row["loss"][m]) == pytest.approx(alone.row["loss"], abs=1e-9)


def test_members_start_where_they_are_put(digits):
    spec = {"architecture": "resnet", "width": 4, "blocks": [1, 1]}
    built = ensemble.members(spec, digits, SEEDS)
    for seed, network in zip(SEEDS, built, strict=True):
        alone = networks.build(spec, (1, 8, 8), 10, seed)
        assert all(map(torch.equal, network.state_dict().values(), alone.state_dict().values()))
    blocks = layout(built[0])
    theta = torch.linspace(-1, 1, blocks[-1].stop)
    starts = [(theta + m, {"1.running_mean": torch.full((4,), float(m))}) for m in range(3)]
    placed = ensemble.members(spec, digits, SEEDS, starts)
    first = next(iter(ensemble.train_ensemble(placed, digits, recipe(), SEEDS, CPU)))
    for m, (wanted, fixed) in enumerate(starts):
        assert torch.equal(first.theta[m], wanted)
        assert torch.equal(first.fixed["1.running_mean"][m], fixed["1.running_mean"])
    with pytest.raises(ProspectError, match=r"a center of 5 weights does not fit a network of"):
        ensemble.members(spec, digits, [0], [(theta[:5], {})])


@pytest.mark.parametrize(
    "more, message",
    [
        ({"swa": {"start": 2, "lr": 0.1}}, "training.swa: an ensemble has no average"),
        ({"batch": 300}, "training.batch: 300 is more than the 205 training samples"),
        ({"optimizer": {"name": "sgd", "lr": 1e300}}, "lower training.optimizer.lr"),
    ],
)
def test_a_recipe_that_cannot_be_is_said(few, more, message):
    with pytest.raises(ProspectError, match=message):
        list(ensemble.train_ensemble(members("mlp"), few, recipe() | more, SEEDS, CPU))


@pytest.mark.parametrize("kind", ["mlp", "branching"])
def test_members_may_share_the_orders_of_their_first_epochs(few, kind):
    orders = [[7, 7, 7, 7, 7], [7, 7, 0, 0, 0]]
    starts = members(kind, [7, 7]) if kind == "mlp" else members(kind, [7]) * 2
    states = list(ensemble.train_ensemble(starts, few, recipe(), orders, CPU, what=None))
    assert torch.equal(states[2].theta[0], states[2].theta[1])
    whole = by_hand(starts[0], few.train, "sgd", "cosine", 7)
    assert difference(states[-1], 0, whole) < 1e-9
    assert difference(states[-1], 1, whole) > 1e-4
    assert torch.isfinite(states[-1].theta).all()
