"""Overlaps between solutions against plain loops, and hidden copies found again."""

import numpy as np
import pytest
import torch
from settings import setting_for

from prospect.base.errors import ProspectError
from prospect.base.seeding import generator
from prospect.landscape.alignment import align, permuted
from prospect.model import networks
from prospect.model.objective import Objective
from prospect.systems.spinglass.overlaps_between import (
    disagreements,
    layers,
    overlaps,
)
from prospect.systems.spinglass.solutions import independent

SPEC = {"architecture": "mlp", "hidden": [8]}
RECIPE = {"epochs": 5, "batch": 20, "optimizer": {"name": "sgd", "lr": 0.1, "momentum": 0.9}}


@pytest.fixture(scope="module")
def found(digits):
    data = digits._replace(train=digits.train.subset(204, seed=1))
    return independent(setting_for(SPEC, data, RECIPE), 0, 5)[1]


def cosine(a, b):
    return float(torch.cosine_similarity(a.double(), b.double(), dim=0))


def test_a_row_a_pair_alignment_and_layer(found):
    table = overlaps(found, 0, None)
    assert len(table) == 10 * 3 * 3
    assert not table.duplicated(["member", "member_b", "alignment", "layer"]).any()
    rows = table.set_index(["member", "member_b", "alignment", "layer"])["overlap"]
    a, b = found.thetas[1], found.thetas[3]
    assert rows[1, 3, "none", "all"] == pytest.approx(cosine(a, b))
    first, second = layers(found.symmetry)
    cut = 64 * 8 + 8
    assert rows[1, 3, "none", first] == pytest.approx(cosine(a[:cut], b[:cut]))
    assert rows[1, 3, "none", second] == pytest.approx(cosine(a[cut:], b[cut:]))
    aligned = align(a, b, found.symmetry, 0)
    assert rows[1, 3, "pairs", "all"] == pytest.approx(aligned.aligned_overlap)
    assert rows[1, 3, "pairs", first] == pytest.approx(cosine(a[:cut], aligned.theta[:cut]))


def test_alignment_of_pairs_finds_more_than_that_to_one_barycentre(found):
    table = overlaps(found, 0, None)
    whole = table[table["layer"] == "all"].pivot(
        index=["member", "member_b"], columns="alignment", values="overlap"
    )
    assert (whole["pairs"] >= whole["barycentre"] - 1e-12).all()
    assert whole["barycentre"].mean() > whole["none"].mean() + 0.1


def test_hidden_copies_are_found_again(found):
    rng = generator(0, "test")
    copies = [
        permuted(found.thetas[0], found.symmetry, [torch.randperm(8, generator=rng)])
        for _ in range(4)
    ]
    hidden = found._replace(thetas=torch.stack(copies))
    table = overlaps(hidden, 0, None)
    by_alignment = table[table["layer"] == "all"].groupby("alignment")["overlap"]
    assert by_alignment.max()["none"] < 0.9
    assert by_alignment.min()["pairs"] == pytest.approx(1)
    assert by_alignment.min()["barycentre"] == pytest.approx(1)


def test_answers_are_those_of_plain_loops(found, digits):
    objective = Objective(networks.build(SPEC, (1, 8, 8), 10, 0), digits.test)
    outputs = [objective.outputs(theta) for theta in found.thetas]
    shares = disagreements(objective, found.thetas)
    for a in range(5):
        for b in range(5):
            differ = [
                int(outputs[a][n].argmax() != outputs[b][n].argmax())
                for n in range(len(digits.test.targets))
            ]
            assert shares[a, b] == pytest.approx(np.mean(differ))


def test_one_solution_is_no_pair(found):
    with pytest.raises(ProspectError, match="overlaps: 1 solutions; want at least 2"):
        overlaps(found._replace(thetas=found.thetas[:1]), 0, None)
