"""Solutions: independent members alone, and a tree whose branches part where they fork."""

import numpy as np
import pytest
import torch
from settings import setting_for

from prospect.base.errors import ProspectError
from prospect.base.seeding import generator, stable_hash
from prospect.model import networks
from prospect.model.ensemble import train_ensemble
from prospect.model.training import train
from prospect.model.weights import flatten, layout
from prospect.systems.spinglass import solutions
from prospect.systems.spinglass.solutions import forked, independent

SPEC = {"architecture": "mlp", "hidden": [8]}
RECIPE = {
    "epochs": 6,
    "batch": 20,
    "optimizer": {"name": "sgd", "lr": 0.1, "momentum": 0.9},
}


@pytest.fixture(scope="module")
def few(digits):
    return digits._replace(train=digits.train.subset(204, seed=1))


def test_independent_solutions_are_networks_trained_alone(few):
    before, after = independent(setting_for(SPEC, few, RECIPE), 3, 3)
    assert after.table["kind"].unique() == ["independent"]
    assert after.table[["network", "seed"]].drop_duplicates().to_numpy().tolist() == [["net", 3]]
    for member in range(3):
        own = stable_hash(3, "solution", member)
        network = networks.build(SPEC, (1, 8, 8), 10, own)
        start = flatten(network.state_dict(), layout(network))
        assert torch.equal(before.thetas[member], start)
        *_, last = train(network, few, RECIPE, own, "cpu", what=None)
        row = after.table.iloc[member]
        assert row["loss"] == pytest.approx(last.row["loss"], rel=1e-2)
        assert row["test_accuracy"] == pytest.approx(last.row["test_accuracy"], abs=0.01)
        ended = flatten(last.state, layout(network))
        assert torch.cosine_similarity(after.thetas[member], ended, dim=0) > 0.999
    assert (after.table["loss"] < before.table["loss"] / 4).all()


def test_branches_part_where_they_fork(few, monkeypatch):
    seen = []

    def watched(*args, **options):
        for epochs in train_ensemble(*args, **options):
            seen.append(epochs.theta)
            yield epochs

    monkeypatch.setattr(solutions, "train_ensemble", watched)
    found = forked(setting_for(SPEC, few, RECIPE), 3, (1, 3), 2)
    assert found.table["branch"].tolist() == ["0.0", "0.1", "1.0", "1.1"]
    for epoch, distinct in enumerate([1, 1, 2, 2, 4, 4, 4]):
        assert len(seen[epoch].unique(dim=0)) == distinct, epoch
    assert torch.equal(seen[3][0], seen[3][1])
    assert not torch.equal(seen[2][0], seen[2][2])


def test_a_fork_goes_on_with_momentum_and_schedule(few):
    """A leaf against a plain loop over its orders of batches, in float64 but for the network."""
    found = forked(setting_for(SPEC, few, RECIPE), 3, (0, 2), 2)
    network = networks.build(SPEC, (1, 8, 8), 10, 3)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    rates = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 6 * 10)
    for epoch in range(1, 7):
        branch = (1,) if epoch <= 2 else (1, 0)
        rng = generator(stable_hash(3, "branch", *branch), "batches", epoch)
        order = torch.randperm(204, generator=rng)
        for index in order[:200].view(10, 20):
            outputs = network(few.train.inputs[index])
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(outputs, few.train.targets[index]).backward()
            optimizer.step()
            rates.step()
    theta = flatten(network.state_dict(), layout(network))
    leaf = found.table["branch"].tolist().index("1.0")
    assert torch.dist(found.thetas[leaf], theta) < 1e-3 * theta.norm()
    others = [torch.dist(other, theta) for m, other in enumerate(found.thetas) if m != leaf]
    assert min(others) > 1e-2 * theta.norm()


def test_leaves_of_later_forks_are_nearer(few):
    found = forked(setting_for(SPEC, few, RECIPE), 0, (0, 3), 3)
    distances = torch.cdist(found.thetas, found.thetas).numpy()
    first = found.table["branch"].str[0].to_numpy()
    same = (first[:, None] == first) & ~np.eye(9, dtype=bool)
    other = first[:, None] != first
    assert distances[same].max() < distances[other].min()


@pytest.mark.parametrize(
    ("forks", "more", "message"),
    [
        ((0, 6), {}, "forks: 6 is not before the last epoch 6 of training; want at most 5"),
        ((2, 1), {}, r"forks: \[2, 1\]; want epochs in increasing order"),
        ((), {}, r"forks: \[\]; want epochs in increasing order"),
        ((-1, 2), {}, "want epochs in increasing order, 0 for the start"),
        ((0,), {"until": {"loss": 0.1}}, "a run that stops at a loss has no fork"),
    ],
)
def test_forks_that_cannot_be_are_said(few, forks, more, message):
    with pytest.raises(ProspectError, match=message) as error:
        forked(setting_for(SPEC, few, RECIPE | more), 0, forks, 2)
    assert "\n" not in str(error.value)
