"""Independent solutions: alignment lowers barriers, and untrained networks sit on the null."""

import numpy as np
import pytest
import torch
from settings import setting_for
from test_sg_permutations import RECIPE, small_networks

from prospect.base.errors import ProspectError
from prospect.base.seeding import generator
from prospect.landscape.alignment import permuted
from prospect.systems.spinglass.widths import pairs_of, widths

SPEC = {"architecture": "mlp", "hidden": [4]}
PAIR = ["network", "width", "epochs", "state", "seed", "seed_b"]


@pytest.fixture(scope="module")
def table(digits):
    source = digits._replace(train=digits.train.subset(500, seed=0))
    return widths(setting_for(SPEC, source, RECIPE | {"epochs": 20}), 32, [0, 1, 2, 3], samples=200)


def test_a_row_a_state_and_pair(table):
    assert list(table.columns[:6]) == PAIR
    assert len(table) == 2 * 6
    assert not table.duplicated(PAIR).any()
    assert (table["seed"] < table["seed_b"]).all()


def test_alignment_lowers_the_barrier_and_finds_more_than_its_null(table):
    trained = table[table["state"] == "trained"]
    assert trained["loss"].max() < 0.1
    assert (trained["aligned_barrier"] < trained["barrier"] / 3).all()
    assert (trained["aligned_overlap"] > trained["null_overlap"] + 0.1).all()
    assert np.abs(trained["overlap"]).max() < 0.1


def test_untrained_networks_sit_on_the_null(table):
    untrained = table[table["state"] == "untrained"]
    excess = untrained["aligned_overlap"] - untrained["null_overlap"]
    assert (untrained["aligned_overlap"] > 0.15).all()  # out of nothing
    assert abs(excess.mean()) < 0.03
    assert untrained["loss"].between(2, 2.7).all()


def test_a_hidden_copy_is_found_and_has_no_barrier(digits):
    objective, symmetry, thetas, _ = small_networks(digits, 8, [0])
    order = torch.randperm(8, generator=generator(0, "test"))
    both = torch.stack([thetas[0], permuted(thetas[0], symmetry, [order])])
    row = pairs_of(objective, symmetry, both, [0, 1], None).iloc[0]
    assert row["barrier"] > 0.01
    assert row["aligned_barrier"] < 1e-12
    assert row["aligned_overlap"] == pytest.approx(1)


def test_one_network_is_no_pair(digits):
    with pytest.raises(ProspectError, match="1 networks of a width; want at least 2"):
        widths(setting_for(SPEC, digits, RECIPE), 4, [0])
