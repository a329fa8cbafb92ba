"""Convergence of Hessians against loops over samples, closed forms, a null and a control."""

import math

import numpy as np
import pytest
import torch
from torch.func import functional_call, hessian
from torch.nn import functional

from prospect.base.errors import ProspectError
from prospect.model import networks
from prospect.model.objective import Objective
from prospect.systems.samples import sample_hessians
from prospect.systems.samples.hessians import (
    bernstein,
    check_counts,
    convergence,
    factor,
    hessians,
    spread_of,
)
from prospect.systems.samples.perceptrons import perceptron

RECIPE = {"epochs": 20, "batch": 32, "optimizer": {"name": "adam", "lr": 1e-2}}
TINY = {"architecture": "mlp", "hidden": [2]}  # with biases: these need none of the bounds


@pytest.fixture(scope="module")
def tiny(digits):
    """An objective of 40 samples with P = 160, a θ, and all H_i by a plain loop."""
    network = networks.build(TINY, (1, 8, 8), 10, 0)
    objective = Objective(network, digits.train.subset(40, seed=0), dtype=torch.float64)
    theta = 2 * objective.flat.weights.clone()

    def of_sample(sample):
        def loss(theta):
            parts, x = objective.flat.parts(theta), objective.inputs[sample : sample + 1]
            outputs = functional_call(objective.flat.module, parts, (x,))
            return functional.cross_entropy(outputs, objective.targets[sample : sample + 1])

        return hessian(loss)(theta)

    return objective, theta, torch.stack([of_sample(sample) for sample in range(40)])


def test_matrices_and_products_are_those_of_a_loop(tiny):
    objective, theta, each = tiny
    index = torch.arange(40)
    found = torch.cat([part for _, part in sample_hessians.matrices(objective, theta)])
    assert torch.allclose(found, each, atol=1e-12)
    some = torch.tensor([3, 1, 7])
    mean = sample_hessians.mean_matrix(objective, theta, some)
    assert torch.allclose(mean, each[some].mean(0), atol=1e-12)
    vectors = torch.randn(40, objective.parameters, generator=torch.Generator().manual_seed(1))
    product = sample_hessians.whole(objective, theta, index)(vectors.double())
    assert torch.allclose(product, torch.einsum("nij,nj->ni", each, vectors.double()), atol=1e-10)


def test_lanczos_finds_both_ends(tiny):
    _, _, each = tiny
    values = torch.linalg.eigvalsh(each)[:, [0, -1]]
    each = torch.cat([each, torch.zeros_like(each[:1])])  # and of one that is zero

    def product(vectors):
        return torch.einsum("nij,nj->ni", each, vectors)

    found = sample_hessians.extremes(product, 41, each.shape[1], 0)
    assert torch.allclose(found[:40], values, rtol=0, atol=1e-9 * float(values.max()))
    assert not found[40].any()


def test_lanczos_says_where_it_does_not_converge(monkeypatch):
    monkeypatch.setattr(sample_hessians, "STEPS", 5)
    diagonal = torch.linspace(-1, 1, 200).double()
    with pytest.raises(ProspectError, match="did not converge in 5 steps"):
        sample_hessians.extremes(lambda vectors: vectors * diagonal, 1, 200, 0)


def test_the_spread_is_that_of_a_loop(tiny):
    objective, theta, each = tiny
    found = spread_of(objective, theta, leading=3)
    away = each - each.mean(0)
    assert found.squares == pytest.approx(float(each.square().sum((1, 2)).mean()))
    norms = [float(torch.linalg.matrix_norm(matrix, 2)) for matrix in away]
    assert found.largest == pytest.approx(max(norms), rel=1e-6)
    second = sum(matrix @ matrix for matrix in away) / 40
    assert found.variance == pytest.approx(float(torch.linalg.matrix_norm(second, 2)))
    u, v = found.vectors[:, 1], found.vectors[:, 7]
    along = torch.stack([u @ matrix @ v for matrix in each])
    assert float(found.mixing[1, 7]) == pytest.approx(float(along.var(correction=0)))


def test_the_frobenius_formula_is_the_mean_over_all_subsets(tiny):
    """Exact where every pair of six samples is taken."""
    _, _, each = tiny
    some, k = each[:6], 2
    mean = some.mean(0)
    pairs = [(a, b) for a in range(6) for b in range(a)]
    found = np.mean([float((some[[a, b]].mean(0) - mean).square().sum()) for a, b in pairs])
    spread = float(some.square().sum((1, 2)).mean()) - float(mean.square().sum())
    assert found == pytest.approx(factor(k, 6) * spread, rel=1e-12)


@pytest.fixture(scope="module")
def table(digits):
    small = digits._replace(train=digits.train.subset(200, seed=0))
    counts = [10, 20, 50, 100, 190]
    return hessians("n", TINY, small, RECIPE, [0, 1, 2], counts, orders=20)


def test_formula_bound_and_bias(table):
    assert len(table) == 2 * 3 * 5
    of_k = table.groupby(["state", "k"])
    assert ((of_k["ratio"].mean() - 1).abs() < 0.15).all()
    assert (table["spectral"] <= table["bernstein"]).all()
    assert (table["spectral"] ** 2 <= table["frobenius"] * 1.3).all()
    at_10 = table[table["k"] == 10]
    assert (at_10["eigenvalue"] > 1.02).all()  # biased upwards
    at_190 = table[table["k"] == 190]
    assert (at_190["eigenvalue"] < at_10["eigenvalue"].to_numpy()).all()
    assert table["overlap"].between(0, 1 + 1e-12).all()


def test_overlaps_are_as_first_order_theory_says_where_there_is_a_gap():
    """A mean with a wide gap, and samples that differ a little about it."""
    rng = torch.Generator().manual_seed(0)
    P, n, leading, k = 12, 60, 3, 20
    noise = 0.02 * torch.randn(n, P, P, generator=rng).double()
    noise = noise + noise.transpose(1, 2)
    mean = torch.diag(torch.tensor([3.0, 2.5, 2.0] + [0.0] * (P - 3)).double())
    each = mean + noise - noise.mean(0)
    mixing = (each - mean).square().mean(0)
    gaps = mean.diag()[:leading, None] - mean.diag()[None, leading:]
    wanted = factor(k, n) * float((mixing[:leading, leading:] / gaps**2).sum()) / leading
    losses = []
    for _ in range(400):
        some = each[torch.randperm(n, generator=rng)[:k]].mean(0)
        leaders = torch.linalg.eigh(some)[1][:, -leading:]
        losses.append(1 - float(leaders[:leading].square().sum()) / leading)
    assert np.mean(losses) == pytest.approx(wanted, rel=0.05)


def test_samples_that_are_all_alike_have_converged_at_once(digits):
    """The null: one image many times."""
    one = digits.train.inputs[:1].expand(30, -1, -1, -1), digits.train.targets[:1].expand(30)
    network = networks.build(TINY, (1, 8, 8), 10, 0)
    objective = Objective(network, type(digits.train)(*one), dtype=torch.float64)
    found = convergence(objective, objective.flat.weights.clone(), [1, 10], 2, 3, 0)
    assert (found["frobenius"] < 1e-20).all() and (found["frobenius_formula"].abs() < 1e-12).all()
    assert found["eigenvalue"].tolist() == pytest.approx([1, 1])


def test_a_dead_network_has_no_ratio(digits):
    network = networks.build(perceptron(2, 1), (1, 8, 8), 10, 0)
    objective = Objective(network, digits.train.subset(30, seed=0), dtype=torch.float64)
    theta = objective.flat.weights.clone()
    theta[: objective.flat.blocks[0].stop] = 0
    found = convergence(objective, theta, [10], 2, 2, 0)
    for column in ("ratio", "relative", "slack", "eigenvalue", "overlap", "overlap_formula"):
        assert found[column].isna().all(), column


def test_bernstein_by_hand(tiny):
    objective, theta, _ = tiny
    spread = spread_of(objective, theta, leading=2)
    P = objective.parameters
    wanted = math.sqrt(2 * spread.variance * math.log(2 * P) / 7)
    wanted += spread.largest * math.log(2 * P) / 21
    assert bernstein(spread, 7) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ([10, 10], r"k = \[10, 10\] does not increase"),
        ([10, 40], "k = 10 to 40 with 40 samples; want 1 to 39"),
        ([0, 5], "k = 0 to 5"),
    ],
)
def test_numbers_of_samples_that_cannot_be(counts, said):
    with pytest.raises(ProspectError, match=said):
        check_counts(counts, 40)


def test_batchnorm_is_said_in_a_line(digits):
    spec = {"architecture": "mlp", "hidden": [4], "batchnorm": True}
    with pytest.raises(ProspectError, match="BatchNorm has no Hessian of one sample"):
        hessians("n", spec, digits, RECIPE, [0], [10])


def test_a_perceptron_of_the_paper_is_described_as_its_authors_code_it():
    assert perceptron(4, 2) == {"architecture": "mlp", "hidden": [4, 4, 4], "bias": False}
