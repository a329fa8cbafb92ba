"""Pairs against networks that are trained and compared one by one, in plain loops."""

import copy
import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from prospect.base.errors import ProspectError
from prospect.base.seeding import stable_hash
from prospect.landscape.alignment import permuted, symmetry_of
from prospect.model import networks
from prospect.model.setting import twin_of
from prospect.model.splits import Split
from prospect.model.training import mini_batches, train
from prospect.model.weights import flatten, layout
from prospect.systems.valleys import fusion

FEW = 2 / 360  # rounding may turn an answer


def trained(network, split, recipe, seed):
    """Train a copy in a plain loop."""
    network = copy.deepcopy(network).train()
    options = {name: value for name, value in recipe["optimizer"].items() if name != "name"}
    optimizer = torch.optim.SGD(network.parameters(), **options)
    steps = len(split.targets) // recipe["batch"] * recipe["epochs"]
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for epoch in range(1, recipe["epochs"] + 1):
        for batch in mini_batches(recipe, len(split.targets), seed, epoch):
            optimizer.zero_grad()
            loss = functional.cross_entropy(network(split.inputs[batch]), split.targets[batch])
            loss.backward()
            optimizer.step()
            schedule.step()
    return network


def between(one, other, t):
    """The network at (1 − t) · one + t · other."""
    network = copy.deepcopy(one)
    for own, a, b in zip(network.parameters(), one.parameters(), other.parameters(), strict=True):
        own.data = (1 - t) * a.data + t * b.data
    return network


@torch.no_grad()
def outputs_of(network, split, statistics):
    """The outputs, with BatchNorm's statistics from `statistics` as one batch."""
    network = copy.deepcopy(network).train()
    for layer in network.modules():
        if isinstance(layer, torch.nn.modules.batchnorm._BatchNorm):
            layer.momentum = 1.0
    outputs = network(statistics.inputs)
    return outputs if split is statistics else network.eval()(split.inputs)


def accuracy(outputs, targets):
    return float((outputs.argmax(1) == targets).double().mean())


def plain_row(a, b, starts, data):
    """The numbers of a pair, from two networks."""
    row = {}
    test = [outputs_of(n, data.test, data.train) for n in (a, b, between(a, b, 0.5))]
    row["accuracy_a"], row["accuracy_b"], row["midpoint_accuracy"] = (
        accuracy(of_one, data.test.targets) for of_one in test
    )
    row["midpoint_gap"] = row["midpoint_accuracy"] - (row["accuracy_a"] + row["accuracy_b"]) / 2
    both = test[0].softmax(1) + test[1].softmax(1)
    row["ensemble_accuracy"] = accuracy(both, data.test.targets)
    losses = []
    for t in np.linspace(0, 1, 51):
        outputs = outputs_of(between(a, b, t), data.train, data.train)
        losses.append(float(functional.cross_entropy(outputs, data.train.targets)))
    row["barrier"] = max(np.array(losses) - np.interp(np.linspace(0, 1, 51), [0, 1], losses[::50]))
    x, y, *begun = (flatten(dict(n.named_parameters()), layout(n)) for n in (a, b, *starts))
    for name, one, other in (
        ("sign_consistency", x, y),
        ("sign_consistency_a", begun[0], x),
        ("sign_consistency_b", begun[1], y),
    ):
        counted = (one != 0) & (other != 0)
        row[name] = float((one.sign() == other.sign())[counted].double().mean())
    row["overlap"] = float(torch.cosine_similarity(x, y, dim=0))
    row["distance"] = float(2 * (x - y).norm() / (x.norm() + y.norm()))
    return row


@pytest.mark.parametrize("start", ["same", "other"])
@pytest.mark.parametrize("name", ["mlp", "mlp-bn", "resnet"])
def test_a_pair_is_two_networks_trained_alone(setting_of, name, start):
    setting = setting_of(name)
    seeds = [3, 5]
    found = fusion.fusion(setting, seeds, [start], [4], 1).set_index("seed")
    for seed in seeds:
        inits = (seed, seed if start == "same" else twin_of(seed))
        starts = [networks.build(setting.network, (1, 8, 8), 10, init) for init in inits]
        ends = [
            trained(
                network, Split(*(of[half] for of in setting.data.train)), setting.training, order
            )
            for network, half, order in zip(
                starts, fusion.halves(setting.data.train, seed), (seed, twin_of(seed)), strict=True
            )
        ]
        wanted = plain_row(*ends, starts, setting.data)
        for column, number in wanted.items():
            within = FEW if "accuracy" in column or "gap" in column else 2e-3 * (1 + abs(number))
            assert found.loc[seed, column] == pytest.approx(number, abs=within), column
        assert wanted["barrier"] > 0.01 or start == "same"


def test_a_pair_that_has_not_parted_is_one_network(setting_of):
    found = fusion.fusion(setting_of(), [0, 1], ["same", "pre-trained"], [0], 2)
    assert (found["midpoint_gap"] == 0).all()
    assert (found["barrier"] == 0).all()
    assert (found["distance"] == 0).all()
    assert (found["sign_consistency"] == 1).all()
    assert (found["sign_consistency_a"] == 1).all()
    for column in ("midpoint_accuracy", "ensemble_accuracy", "consensus_accuracy", "accuracy_b"):
        assert (found[column] == found["accuracy_a"]).all(), column
    assert found["overlap"].tolist() == pytest.approx([1] * 4)


def test_without_a_common_start_there_is_no_consensus(setting_of):
    found = fusion.fusion(setting_of(), [0, 1], ["other", "same"], [0, 4], 1)
    other = found["start"] == "other"
    assert found.loc[other, "consensus_accuracy"].isna().all()
    assert found.loc[~other, "consensus_accuracy"].notna().all()
    assert found.loc[other, "sign_consistency"].between(0.4, 0.6).all()
    assert not found.drop(columns="consensus_accuracy").isna().any(axis=None)


def test_pre_training_is_training_on_all_or_half_of_the_classes(setting_of):
    setting = setting_of()
    starts = ["pre-trained", "half-classes"]
    found = fusion.fusion(setting, [3], starts, [0], 3).set_index("start")
    train_set, order = setting.data.train, stable_hash(3, "pre-training")
    for start, samples in zip(starts, (train_set.targets >= 0, train_set.targets < 5), strict=True):
        network = networks.build(setting.network, (1, 8, 8), 10, 3)
        part = setting.data._replace(train=Split(*(of[samples] for of in train_set)))
        *_, last = train(network, part, setting.training | {"epochs": 3}, order, "cpu", what=None)
        assert found.loc[start, "accuracy_a"] == pytest.approx(last.row["test_accuracy"], abs=FEW)
    assert found.loc["half-classes", "accuracy_a"] < 0.51 < found.loc["pre-trained", "accuracy_a"]


def test_alignment_finds_units_that_changed_places(setting_of):
    setting = setting_of()
    network = networks.build(setting.network, (1, 8, 8), 10, 0)
    theta = flatten(dict(network.named_parameters()), layout(network))
    symmetry = symmetry_of(network)
    moved = permuted(theta, symmetry, [torch.randperm(16, generator=torch.manual_seed(0))])
    pair = fusion.Pair(0, 1, torch.stack([theta, theta]), torch.stack([theta, moved]), {})
    found = fusion._before_and_after(setting, pair, symmetry, 0.25, 11)
    assert found["overlap"] < 0.5 < 1 - 1e-6 < found["aligned_overlap"]
    assert found["aligned_sign_consistency"] == 1
    assert found["aligned_barrier"] == pytest.approx(0, abs=1e-6)
    assert found["aligned_midpoint_gap"] == found["aligned_midpoint_accuracy"] - 0.25
    middle = accuracy(
        outputs_of(network, setting.data.test, setting.data.train), setting.data.test.targets
    )
    assert found["aligned_midpoint_accuracy"] == pytest.approx(middle, abs=FEW)


def test_units_that_cannot_be_followed_are_not_aligned(setting_of):
    found = fusion.fusion(setting_of("resnet", epochs=1), [0], ["same"], [1], 1)
    aligned = found.filter(like="aligned_")
    assert list(aligned) == [f"aligned_{name}" for name in fusion.SIDE_BY_SIDE]
    assert aligned.isna().all(axis=None)


@pytest.mark.parametrize("samples", [204, 205])
def test_halves_are_disjoint_of_one_size_and_hold_every_class(digits, samples):
    split = digits.train.subset(samples, seed=1)
    first, second = (set(half.tolist()) for half in fusion.halves(split, 0))
    assert len(first) == len(second) == 102
    assert not first & second
    for label in range(10):
        shares = [(split.targets[list(half)] == label).sum() for half in (first, second)]
        assert abs(int(shares[0] - shares[1])) <= 2
    assert set(fusion.halves(split, 1)[0].tolist()) != first


def test_the_same_seeds_give_the_same_table(setting_of):
    runs = [fusion.fusion(setting_of(), [0, 1], ["same"], [1, 4], 1) for _ in range(2)]
    assert runs[0].equals(runs[1])
    assert runs[0][["epoch", "seed"]].to_numpy().tolist() == [[1, 0], [1, 1], [4, 0], [4, 1]]


def test_mistakes_are_one_line(setting_of, digits):
    setting = setting_of()
    with pytest.raises(ProspectError, match=r"^fusion: epoch 5 is not one of 0 to 4 of training$"):
        fusion.fusion(setting, [0], ["same"], [1, 5], 1)
    with pytest.raises(ProspectError, match="no start 'pretrained'; did you mean 'pre-trained'"):
        fusion.fusion(setting, [0], ["pretrained"], [1], 1)
    few = Split(digits.train.inputs[:25], torch.tensor([0] * 10 + [1] * 12 + [2] * 3))
    with pytest.raises(ProspectError, match="has 1 samples of class 2; want at least 2"):
        fusion.halves(few, 0)
    theta = torch.zeros(setting.train.parameters)
    with pytest.raises(ProspectError, match="want one architecture"):
        fusion.side_by_side(setting, theta, theta[1:], 0.5)
    assert math.isfinite(fusion.side_by_side(setting, theta, theta, 0.5)["barrier"])
