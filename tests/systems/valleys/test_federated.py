"""Federated training against a plain loop over clients, with penalties as losses in float64."""

import copy
import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from prospect.base.errors import ProspectError
from prospect.base.seeding import generator, stable_hash
from prospect.landscape.compare import chord, similarity
from prospect.model import networks
from prospect.model.data import Data
from prospect.model.objective import Objective
from prospect.model.splits import Split
from prospect.model.training import mini_batches
from prospect.model.weights import flatten, layout
from prospect.systems.valleys import clients, methods
from prospect.systems.valleys.federated import Federation, Run, Setting
from prospect.systems.valleys.partition import hold_out, partition

SETTING = Setting(
    rounds=3, clients=6, fraction=0.5, local_epochs=2, batch=16, weight_decay=1e-3, barrier_every=2
)
STRENGTHS = {"fedprox": 0.3, "feddyn": 0.2, "fedpan": 0.3, "fedsign": 1.0} | dict.fromkeys(
    ("fedsign-permuted", "fedsign-growth", "fedsign-rest"), 1.0
)
# strengths that move the weights by about as much as the loss does, by the reduction
REDUCED = {"mean": 3.0, "sum": 0.01}


@pytest.fixture(scope="module")
def few(digits):
    """Two hundred training samples, in float64."""
    parts = digits.train.subset(200, 0), digits.test
    train, test = (Split(part.inputs.double(), part.targets) for part in parts)
    return Data(train, test, digits.classes)


def make(seed, hidden=(8, 6)):
    return networks.build({"architecture": "mlp", "hidden": hidden}, (1, 8, 8), 10, seed).double()


def dropout(seed):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 8), nn.Dropout(), nn.Linear(8, 10)).double()


def runs_of(name, reduction="mean", lr=0.1):
    strength = STRENGTHS.get(name, 0.0)
    if name.startswith("fedsign"):
        strength *= REDUCED[reduction]
    return [Run(0, 0.3, lr, strength), Run(1, 10.0, lr / 2, strength / 2)]


def federation(few, name, reduction="mean", setting=SETTING, build=make, **more):
    runs = more.pop("runs", runs_of(name, reduction))
    built = [build(run.seed) for run in runs]
    return Federation(built, few, name, runs, setting, reduction=reduction, **more)


def sign_loss(theta, signs, blocks, reduction):
    """FedSign's penalty as the paper writes it, for given signs, per unit of strength."""
    terms = (signs > 0) * theta.sigmoid() + (signs < 0) * (-theta).sigmoid()
    if reduction == "sum":
        return -terms.sum()
    return -sum(terms[b.start : b.stop].mean() for b in blocks) / len(blocks)


def penalty(name, theta, server, memory, strength, blocks, reduction, run, number):
    """What a client's loss has beside cross-entropy."""
    if name == "fedprox":
        return strength / 2 * (theta - server).square().sum()
    if name == "feddyn":
        return strength * (theta * (memory - server) + theta.square() / 2).sum()
    if not name.startswith("fedsign"):
        return 0
    signs = server.sign()
    if name == "fedsign-permuted":
        rng = generator(run.seed, "permuted signs", number)
        parts = [signs[b.start : b.stop] for b in blocks]
        signs = torch.cat([p[torch.randperm(len(p), generator=rng)] for p in parts])
    whole = strength * sign_loss(theta, signs, blocks, reduction)
    if name in ("fedsign", "fedsign-permuted"):
        return whole
    (push,) = torch.autograd.grad(whole, theta, retain_graph=True)
    unit = server / server.norm()
    along = (push @ unit) * unit
    return theta @ (along if name == "fedsign-growth" else push - along)


def outputs_of(name, module, inputs, strength):
    """What a network gives; written out for units that are told apart."""
    if name != "fedpan":
        return module(inputs)
    out = inputs.flatten(1)
    *hidden, last = [layer for layer in module if isinstance(layer, nn.Linear)]
    for layer in hidden:
        n = layer.out_features
        wave = [1 + strength * math.sin(2 * math.pi * i / n) for i in range(n)]
        wave = torch.tensor(wave, dtype=torch.float64)
        out = torch.relu((out @ layer.weight.T + layer.bias) * wave)
    return out @ last.weight.T + last.bias


def trained_alone(name, few, server, memory, run, client, number, own, setting, reduction):
    """One client of one round with an optimiser of torch."""
    module, blocks = make(0), layout(make(0))
    nn.utils.vector_to_parameters(server.clone(), module.parameters())
    optimizer = torch.optim.SGD(
        module.parameters(), run.lr, setting.momentum, weight_decay=setting.weight_decay
    )
    for epoch in range(setting.local_epochs):
        seed = stable_hash(run.seed, "client", number, client)
        for batch in mini_batches({"batch": setting.batch}, len(own), seed, epoch):
            index = own[batch]
            outputs = outputs_of(name, module, few.train.inputs[index], run.strength)
            loss = functional.cross_entropy(outputs, few.train.targets[index])
            theta = nn.utils.parameters_to_vector(module.parameters())
            loss = loss + penalty(
                name, theta, server, memory, run.strength, blocks, reduction, run, number
            )
            optimizer.zero_grad()
            loss.backward()
            if setting.clip:
                nn.utils.clip_grad_norm_(module.parameters(), setting.clip)
            optimizer.step()
    return nn.utils.parameters_to_vector(module.parameters()).detach()


def plain_loop(name, few, run, setting, reduction):
    """A whole run, one client at a time: the last θ."""
    own = partition(few.train.targets, setting.clients, run.alpha, run.seed).samples
    server = flatten(dict(make(run.seed).named_parameters()), layout(make(0)))
    memory = torch.zeros(setting.clients, len(server)).double()
    for number in range(1, setting.rounds + 1):
        order = torch.randperm(setting.clients, generator=generator(run.seed, "clients", number))
        arrived = []
        for k in order[:3].tolist():
            args = run, k, number, own[k], setting, reduction
            arrived.append(trained_alone(name, few, server, memory[k], *args))
        mean = torch.stack(arrived).mean(0)
        if name == "feddyn":
            for k, theta in zip(order[:3].tolist(), arrived, strict=True):
                memory[k] += theta - server
            mean = mean + memory.mean(0)
        server = mean
    return server


ALL = [(name, "mean") for name in methods.METHODS]
ALL += [(name, "sum") for name in methods.METHODS if name.startswith("fedsign")]


@pytest.mark.parametrize("clip", [None, 0.5])
@pytest.mark.parametrize("name, reduction", ALL)
def test_every_method_is_a_plain_loop_over_clients(few, name, reduction, clip):
    setting = SETTING._replace(clip=clip)
    found = federation(few, name, reduction, setting)
    assert found.clients.together >= 6
    list(found.rounds(None))
    without = federation(few, "fedavg", setting=setting)
    list(without.rounds(None))
    for r, run in enumerate(found.runs):
        wanted = plain_loop(name, few, run, setting, reduction)
        assert float((found.theta[r] - wanted).abs().max()) < 1e-9
        if name != "fedavg":  # the penalty is seen
            assert float((without.theta[r] - wanted).abs().max()) > 1e-4


@pytest.mark.parametrize("dtype, close", [(torch.float64, 1e-10), (torch.float32, 1e-5)])
@pytest.mark.parametrize("name", methods.METHODS)
def test_clients_together_are_those_one_by_one(few, name, dtype, close):
    train, test = (Split(s.inputs.to(dtype), s.targets) for s in (few.train, few.test))
    data = Data(train, test, few.classes)
    ends = []
    for together in (None, 4, 1):
        made = federation(data, name, build=lambda seed: make(seed).to(dtype), together=together)
        rows = list(made.rounds(None))
        assert len(rows) == 3
        ends.append((made.theta, rows[-1]))
    for theta, rows in ends[1:]:
        assert torch.allclose(theta, ends[0][0], rtol=0, atol=close)
        for row, wanted in zip(rows, ends[0][1], strict=True):
            assert row == pytest.approx(wanted, abs=0.01, nan_ok=True)


@pytest.mark.parametrize(
    "name, build", [("feddyn", make), ("fedsign-permuted", make), ("fedprox", dropout)]
)
def test_a_run_goes_on_from_any_round_to_the_same_bits(few, name, build):
    whole = federation(few, name, build=build)
    for _ in range(3):
        state, rest = whole.state(), federation(few, name, build=build)
        rest.restore(state)
        assert all(not t.requires_grad for t in state.values())
        before = {n: t.clone() for n, t in state.items()}
        rows, again = whole.advance(), rest.advance()
        assert str(rows) == str(again)
        assert all(torch.equal(state[n], t) for n, t in before.items())  # left as it is
        assert all(torch.equal(whole.state()[n], t) for n, t in rest.state().items())
    assert list(whole.rounds(None)) == []  # all are done


def test_networks_that_draw_are_trained_one_by_one_the_same_whenever(few):
    one, other = (federation(few, "fedavg", build=dropout) for _ in range(2))
    assert one.clients.together == 1
    torch.manual_seed(1)
    list(one.rounds(None))
    torch.manual_seed(2)
    list(other.rounds(None))
    assert torch.equal(one.theta, other.theta)


@pytest.fixture
def arrived(monkeypatch):
    """What the clients of every round come to, (R · 3, P) each."""
    found, train = [], clients.Clients.train
    monkeypatch.setattr(
        clients.Clients, "train", lambda *args: found.append(train(*args)) or found[-1]
    )
    return found


def accuracy(name, theta, part, strength):
    module = make(0)
    nn.utils.vector_to_parameters(theta, module.parameters())
    answers = outputs_of(name, module, part.inputs, strength).argmax(1)
    return float((answers == part.targets).double().mean())


def test_rows_say_what_a_plain_look_at_the_weights_says(few, arrived):
    kept, held = hold_out(few, 0.2)
    found = federation(kept, "fedpan", held_out=held)
    before, rows = found.theta, found.advance()
    alone = arrived[0].view(2, 3, -1)
    for r, (row, run) in enumerate(zip(rows, found.runs, strict=True)):
        assert {name: row[name] for name in Run._fields} == run._asdict()
        assert (row["method"], row["reduction"], row["round"]) == ("fedpan", "mean", 1)
        after = alone[r].mean(0)
        assert row["norm"] == pytest.approx(float(after.norm()))
        moved = [float((theta - before[r]).norm()) for theta in alone[r]]
        assert row["drift"] == pytest.approx(sum(moved) / 3)
        with_server = [similarity(theta, before[r]) for theta in alone[r]]
        pairs = [similarity(alone[r, a], alone[r, b]) for a, b in ((0, 1), (0, 2), (1, 2))]
        for of, values in (("server", with_server), ("clients", pairs)):
            consistency, overlap = (sum(v[i] for v in values) / 3 for i in (0, 1))
            assert row[f"sign_consistency_{of}"] == pytest.approx(consistency)
            assert row[f"overlap_{of}"] == pytest.approx(overlap)
        for split, part in (("test", kept.test), ("held_out", held)):
            wanted = accuracy("fedpan", after, part, run.strength)
            assert row[f"{split}_accuracy"] == pytest.approx(wanted)


def test_rows_say_in_some_rounds_what_lies_between_two_clients(few, arrived):
    found = federation(few, "fedpan")
    rows = list(found.rounds(None))
    for number, of_round in enumerate(rows, start=1):
        given = [not math.isnan(row[name]) for row in of_round for name in ("barrier", "norm")]
        assert given == [number == 2, True] * 2
    for r, (row, run) in enumerate(zip(rows[1], found.runs, strict=True)):
        a, b, _ = arrived[1].view(2, 3, -1)[r]
        at = [accuracy("fedpan", t, few.train, run.strength) for t in (a, (a + b) / 2, b)]
        assert row["midpoint_gap"] == pytest.approx(at[1] - (at[0] + at[2]) / 2)
        objective = Objective(copy.deepcopy(found.flat.module), few.train, dtype=torch.float64)
        objective.load({name: tensor[r] for name, tensor in found.fixed.items()})
        assert row["barrier"] == chord(objective, a, b).barrier
    assert any(row["midpoint_gap"] != 0 for row in rows[1])


def test_without_strength_every_penalty_is_fedavg(few):
    runs = [Run(0, 0.3), Run(1, 0.3)]
    for name in methods.METHODS:
        found = federation(few, name, runs=runs)
        list(found.rounds(None))
        if name == "fedavg":
            wanted = found.theta
        elif name != "feddyn":  # whose server still adds h
            assert torch.equal(found.theta, wanted), name


def test_a_strong_proximal_term_holds_clients_where_they_are(few):
    drifts = []
    for strength in (0.0, 5.0):
        (row,) = federation(few, "fedprox", runs=[Run(0, 0.3, 0.1, strength)]).advance()
        drifts.append(row["drift"])
    assert drifts[1] < drifts[0] / 2


def test_a_penalty_that_diverges_is_one_line(few):
    made = federation(few, "fedsign", "sum", runs=[Run(0, 1, 0.1, 0.01), Run(1, 1, 1e200, 1e200)])
    message = (
        r"^federated: fedsign with strength 1e\+200 and lr 1e\+200, seed 1: in round 1 the weights "
        r"of client \d have norm (inf|nan); want a smaller strength or lr$"
    )
    with pytest.raises(ProspectError, match=message):
        list(made.rounds(None))


def test_what_cannot_be_is_said(few):
    with pytest.raises(ProspectError, match=r"federated.batch: 34 for clients of 33 samples; want"):
        federation(few, "fedavg", setting=SETTING._replace(batch=34))
    norm = lambda seed: nn.Sequential(nn.Flatten(), nn.BatchNorm1d(64), nn.Linear(64, 10)).double()  # noqa: E731
    with pytest.raises(ProspectError, match=r"federated.network: BatchNorm or other buffers"):
        federation(few, "fedavg", build=norm)
    with pytest.raises(ProspectError, match=r"'moon' is none of fedavg, fedprox"):
        federation(few, "moon")
    state = federation(few, "fedavg").state()
    with pytest.raises(ProspectError, match=r"'memory' of the state is \(2, 6, 0\); want \(2, 6, "):
        federation(few, "feddyn").restore(state)
    with pytest.raises(ProspectError, match=r"'theta' of the state is missing; want \(2, "):
        federation(few, "feddyn").restore({})
