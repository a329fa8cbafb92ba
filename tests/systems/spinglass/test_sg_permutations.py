"""Permuted copies: exact facts in float64."""

import numpy as np
import pytest
import torch

from prospect.base.errors import ProspectError
from prospect.base.seeding import generator
from prospect.landscape.alignment import permuted, symmetry_of
from prospect.model import networks
from prospect.model.ensemble import collect, members, train_ensemble
from prospect.model.objective import Objective
from prospect.systems.spinglass.permutations import (
    KINDS,
    asymmetry,
    barriers,
    copies_of,
    order_of,
    segments,
)

RECIPE = {
    "epochs": 8,
    "batch": 32,
    "optimizer": {"name": "sgd", "lr": 0.1, "momentum": 0.9, "weight_decay": 0.0},
}


def small_networks(digits, hidden, seeds, samples=300):
    """One hidden ReLU layer: objective in float64, symmetry, trained and initial θ (M, P)."""
    source = digits._replace(train=digits.train.subset(samples, seed=0))
    built = members({"architecture": "mlp", "hidden": [hidden]}, source, seeds)
    states = list(train_ensemble(built, source, RECIPE, seeds, "cpu", what=None))
    objective = Objective(built[0], source.train, dtype=torch.float64)
    thetas = collect(states)[0].theta.double(), states[0].theta.double()
    return objective, symmetry_of(built[0]), *thetas


@pytest.fixture(scope="module")
def narrow(digits):
    """Three networks of eight hidden units."""
    return small_networks(digits, 8, [0, 1, 2])


def cycles_of(order):
    """Lengths of the cycles of a permutation, by following it."""
    left, lengths = set(range(len(order))), []
    while left:
        at, length = left.pop(), 1
        while (at := int(order[at])) in left:
            left.remove(at)
            length += 1
        lengths.append(length)
    return sorted(lengths)


@pytest.mark.parametrize("moved", [2, 4, 6, 10])
def test_permutations_move_what_they_say_in_the_way_they_say(moved):
    for draw in range(50):
        rng = generator(draw, "test")
        fixed = [1] * (10 - moved)
        assert cycles_of(order_of("swaps", 10, moved, rng)) == fixed + [2] * (moved // 2)
        assert cycles_of(order_of("cycle", 10, moved, rng)) == [*fixed, moved]
        assert (order_of("derangement", 10, moved, rng) != torch.arange(10)).sum() == moved


def test_derangements_are_all_as_likely():
    rng = generator(0, "test")
    found = [tuple(order_of("derangement", 4, 4, rng).tolist()) for _ in range(1800)]
    counts = np.unique(found, axis=0, return_counts=True)[1]
    assert len(counts) == 9  # of 24 permutations
    assert (np.abs(counts - 200) < 5 * np.sqrt(200)).all()


def test_a_copy_has_the_same_loss_of_every_sample(narrow):
    objective, symmetry, thetas, _ = narrow
    here = objective.sample_losses(thetas[0]).loss
    for copy in copies_of(thetas[0], symmetry, [2, 4, 8], 2, seed=0):
        there = objective.sample_losses(copy.theta).loss
        torch.testing.assert_close(there, here, rtol=1e-12, atol=1e-12)


def test_swaps_are_symmetric_about_the_middle_and_long_cycles_are_not(narrow):
    objective, symmetry, thetas, _ = narrow
    apart = asymmetry(segments("net", objective, symmetry, thetas[0], 0, [2, 4, 8]))
    involutions = (apart["kind"] == "swaps") | (apart["moved"] == 2)
    assert apart[involutions]["asymmetry"].max() < 1e-10
    assert apart[(apart["kind"] == "cycle") & (apart["moved"] > 2)]["asymmetry"].min() > 1e-3


def test_the_middle_of_a_swap_is_a_network_with_one_unit_less(narrow, digits):
    objective, symmetry, thetas, _ = narrow
    order = torch.tensor([0, 5, 2, 3, 4, 1, 6, 7])  # 1 and 5 change places
    middle = (thetas[0] + permuted(thetas[0], symmetry, [order])) / 2
    weights = objective.flat.parts(middle)
    keep = [0, 1, 2, 3, 4, 6, 7]
    w1, b1, w2, b2 = (
        weights[name].clone() for name in ("1.weight", "1.bias", "3.weight", "3.bias")
    )
    torch.testing.assert_close(w1[1], w1[5])  # twins
    w2[:, 1] += w2[:, 5]
    smaller = networks.build({"architecture": "mlp", "hidden": [7]}, (1, 8, 8), 10, 0)
    split = digits.train.subset(300, seed=0)
    less = torch.cat([part.flatten() for part in (w1[keep], b1[keep], w2[:, keep], b2)])
    one_less = Objective(smaller, split, dtype=torch.float64)
    torch.testing.assert_close(one_less.outputs(less), objective.outputs(middle))


def test_barriers_have_a_row_a_copy_and_grow_with_the_units_moved(narrow):
    objective, symmetry, thetas, _ = narrow
    table = barriers("net", objective, symmetry, thetas, [0, 1, 2], [2, 8], draws=2)
    assert list(table.columns[:5]) == ["network", "seed", "kind", "moved", "draw"]
    assert len(table) == len(thetas) * len(KINDS) * 2 * 2
    assert not table.duplicated(["network", "seed", "kind", "moved", "draw"]).any()
    np.testing.assert_allclose(table["loss_a"], table["loss_b"], rtol=1e-12)
    mean = table.groupby(["kind", "moved"])["barrier"].mean().unstack()
    assert (mean[8] > 3 * mean[2]).all()
    swaps = table[table["kind"] == "swaps"]
    for row in swaps.itertuples():  # the middle of a symmetric curve with one peak
        assert row.barrier >= row.midpoint_loss - row.loss_a - 1e-12


def test_distances_are_those_of_the_rows_that_moved(narrow):
    objective, symmetry, thetas, _ = narrow
    table = barriers("net", objective, symmetry, thetas[:1], [0], [4], draws=1)
    copies = copies_of(thetas[0], symmetry, [4], 1, seed=0)
    wanted = [float((copy.theta - thetas[0]).norm() / thetas[0].norm()) for copy in copies]
    np.testing.assert_allclose(table["distance"], wanted)


def test_what_cannot_be_is_said_in_a_line(narrow):
    thetas = narrow[2]
    rng = generator(0, "test")
    with pytest.raises(ProspectError, match="kind 'cycles'"):
        order_of("cycles", 8, 4, rng)
    with pytest.raises(ProspectError, match="9 of 8 units to move; want 2 to 8"):
        order_of("cycle", 8, 9, rng)
    with pytest.raises(ProspectError, match="3 units to move by swaps; want an even number"):
        order_of("swaps", 8, 3, rng)
    deep = networks.build({"architecture": "mlp", "hidden": [4, 4]}, (1, 8, 8), 10, 0)
    with pytest.raises(ProspectError, match="2 hidden layers; want exactly one"):
        next(copies_of(thetas[0], symmetry_of(deep), [2], 1, seed=0))
