"""Hierarchy: forked networks have one, copies of one network have none, whatever their places."""

import numpy as np
import pytest
import torch
from settings import setting_for

from prospect.base.errors import ProspectError
from prospect.landscape.alignment import align_together
from prospect.model import networks
from prospect.model.objective import Objective
from prospect.systems.spinglass.hierarchy import hierarchy
from prospect.systems.spinglass.solutions import forked, independent
from prospect.systems.spinglass.trees import copies

SPEC = {"architecture": "mlp", "hidden": [16]}
RECIPE = {"epochs": 12, "batch": 20, "optimizer": {"name": "sgd", "lr": 0.1, "momentum": 0.9}}
NAMES = ["network", "seed", "kind", "space", "null"]
DRAWS = 40


@pytest.fixture(scope="module")
def data(digits):
    return digits._replace(train=digits.train.subset(400, seed=1))


@pytest.fixture(scope="module")
def objective(digits):
    return Objective(networks.build(SPEC, (1, 8, 8), 10, 0), digits.test)


@pytest.fixture(scope="module")
def trained(data):
    return independent(setting_for(SPEC, data, RECIPE), 0, 32)[1]


def row_of(table, null):
    rows = table[(table["space"] == "weights") & (table["null"] == null)]
    assert len(rows) == 1
    return rows.iloc[0]


def test_a_row_a_space_and_null(trained, objective):
    table = hierarchy(trained, objective, 0, 5)
    assert set(NAMES) <= set(table)
    assert not table.duplicated(NAMES).any()
    assert set(table["space"]) == {"weights", "raw", "1", "3", "answers"}
    assert len(table) == 4 * 3 + 2
    assert np.isfinite(table.select_dtypes("number")).all(axis=None)


def test_forked_networks_have_the_tree_that_is_built_in(data, objective):
    found = forked(setting_for(SPEC, data, RECIPE), 0, (0, 1, 3), 3)
    row = row_of(hierarchy(found, objective, 0, DRAWS), "rotation")
    assert row["kind"] == "forked"
    assert row["z"] < -20
    assert row["cophenetic"] > 0.9


def test_copies_have_none_though_shuffled_distances_feign_one(trained, objective):
    tables = [hierarchy(copies(trained, seed), objective, seed, DRAWS) for seed in range(5)]
    assert abs(np.mean([row_of(table, "rotation")["z"] for table in tables])) < 1.5
    assert max(row_of(table, "shuffled")["z"] for table in tables) < -5


def test_copies_have_mean_and_spread_of_the_solutions(trained):
    found = copies(trained, 0)
    theirs, own = (align_together(x.thetas, x.symmetry, 0).thetas for x in (trained, found))
    means = torch.stack([theirs.mean(dim=0), own.mean(dim=0)])
    again = align_together(means, trained.symmetry, 0).thetas
    assert torch.cosine_similarity(*again, dim=0) > 0.9
    assert float(own.std(dim=0).norm()) == pytest.approx(float(theirs.std(dim=0).norm()), rel=0.1)
    assert found.table["kind"].unique() == ["copies"]


def test_too_few_solutions_are_said(trained, objective):
    few = trained._replace(thetas=trained.thetas[:3])
    with pytest.raises(ProspectError, match="dendrogram: 3 solutions; want at least 4"):
        hierarchy(few, objective, 0, 5)
