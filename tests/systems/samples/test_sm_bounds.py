"""The ladder against dense Hessians in float64, its inequalities, and where Theorem 1 fails."""

import math

import numpy as np
import pandas as pd
import pytest
import torch
from torch.func import hessian
from torch.nn import functional

from prospect.base.errors import ProspectError
from prospect.model import networks
from prospect.model.objective import Objective
from prospect.systems.samples import sample_hessians
from prospect.systems.samples.bounds import (
    LARGE_ENOUGH,
    STEPS,
    bounds,
    ladder,
    ladder_table,
    softmax_root,
    table_of,
    theorem,
)
from prospect.systems.samples.perceptrons import is_dead, matrices_of, perceptron

RECIPE = {"epochs": 15, "batch": 32, "optimizer": {"name": "adam", "lr": 3e-3}}


def objective_of(digits, width, depth, samples=12, seed=0):
    network = networks.build(perceptron(width, depth), (1, 8, 8), 10, seed)
    return Objective(network, digits.train.subset(samples, seed=0), dtype=torch.float64)


def dense(objective, theta, sample):
    """H_i, G_i and S_i (P, P) of one sample, by explicit matrix products and torch.func.hessian."""
    shapes = [block.shape for block in objective.flat.blocks]
    x, target = objective.inputs[sample].flatten(), objective.targets[sample]

    def outputs(theta):
        values, start = x, 0
        for number, (rows, columns) in enumerate(shapes):
            matrix = theta[start : start + rows * columns].view(rows, columns)
            start += rows * columns
            values = matrix @ values
            if number + 1 < len(shapes):
                values = values.relu()
        return values

    whole = hessian(lambda t: functional.cross_entropy(outputs(t), target))(theta)
    jacobian = torch.func.jacrev(outputs)(theta)
    p = outputs(theta).softmax(0)
    gauss_newton = jacobian.T @ (p.diag() - torch.outer(p, p)) @ jacobian
    residual = p - functional.one_hot(target, len(p))
    second = hessian(lambda t: outputs(t) @ residual.detach())(theta)
    return whole, gauss_newton, second


@pytest.fixture(scope="module", params=[(4, 0), (3, 1), (3, 3)], ids=str)
def small(request, digits):
    objective = objective_of(digits, *request.param)
    return objective, 1.7 * objective.flat.weights.clone()


def test_norms_and_terms_are_those_of_dense_hessians(small):
    objective, theta = small
    found = ladder(objective, theta)
    for sample in range(len(objective.targets)):
        whole, gauss_newton, second = dense(objective, theta, sample)
        assert torch.allclose(whole, gauss_newton + second, atol=1e-12)
        values = torch.linalg.eigvalsh(whole)
        top = float(values.abs().max())
        assert float(found.norm[sample]) == pytest.approx(top, rel=1e-6, abs=1e-14)
        low = float(found.eigenvalue_low[sample])
        assert low == pytest.approx(float(values[0]), abs=1e-6 * top + 1e-14)
        for rung, matrix in (("gauss_newton", gauss_newton), ("functional", second)):
            wanted = float(torch.linalg.matrix_norm(matrix, 2))
            number = float(getattr(found, rung)[sample])
            assert number == pytest.approx(wanted, rel=1e-6, abs=1e-14), rung


def test_the_functional_term_has_no_diagonal_blocks_so_its_ends_are_opposite(small):
    objective, theta = small
    _, _, second = dense(objective, theta, 0)
    for block in objective.flat.blocks:
        assert not second[block.start : block.stop, block.start : block.stop].any()
    if len(objective.flat.blocks) == 2:  # bipartite
        values = torch.linalg.eigvalsh(second)
        assert float(values[0]) == pytest.approx(-float(values[-1]), rel=1e-9)


@pytest.mark.parametrize("confident", [1.0, 30.0, 1e3])
def test_the_root_of_the_softmax_hessian(confident):
    outputs = confident * torch.randn(20, 7, generator=torch.Generator().manual_seed(0)).double()
    p, root = outputs.softmax(1), softmax_root(outputs)
    wanted = torch.diag_embed(p) - p[:, :, None] * p[:, None]
    assert torch.allclose(root @ root.transpose(1, 2), wanted, atol=1e-15)
    assert torch.linalg.eigvalsh(wanted)[:, -1].max() <= 0.5


def test_a_confident_sample_keeps_its_digits():
    gap = 60.0  # 1 − p of two classes is e⁻⁶⁰, far below rounding
    root = softmax_root(torch.tensor([[gap, 0.0]], dtype=torch.float64))
    largest = float(torch.linalg.eigvalsh(root.transpose(1, 2) @ root)[0, -1])
    assert largest == pytest.approx(2 * math.exp(-gap), rel=1e-9)


def test_how_many_samples_go_together_changes_nothing(small, monkeypatch):
    objective, theta = small
    whole = ladder(objective, theta)
    monkeypatch.setattr(sample_hessians, "BASIS_BYTES", 1)
    for name, rung in ladder(objective, theta)._asdict().items():
        assert torch.allclose(rung, getattr(whole, name), rtol=1e-9, atol=1e-12), name


@pytest.fixture(scope="module")
def rows(digits):
    made = [
        bounds("n", digits, RECIPE, width, depth, [0, 1], scales=(0.03, 0.1, 0.3, 1.0), samples=12)
        for width, depth in [(16, 0), (8, 1), (4, 5), (8, 5)]
    ]
    return pd.concat(made, ignore_index=True)


def test_every_inequality_that_is_a_theorem_holds_for_every_sample(rows):
    slightly = 1 + 1e-6
    assert len(rows) == 4 * 2 * 5 * 12
    assert (rows["norm"] <= rows["sum"] * slightly).all()
    assert (rows["gauss_newton"] <= rows["own"] * slightly).all()
    assert (rows["own"] <= rows["product"] * slightly).all()
    assert (rows["softmax_norm"] <= 0.5 * slightly).all()
    assert (rows["theorem"] <= rows["lemma"] * slightly).all()
    large = rows[rows["weight_norm"] >= 8**-0.25]
    assert set(large["state"]) == {"initial", "trained"}
    assert (large["product"] <= large["theorem"] * slightly).all()
    assert not ladder_table(rows)["out_of_order"].any()


def test_a_broken_order_is_counted(rows):
    some = rows[rows["state"] == "trained"].head(12).copy()
    assert ladder_table(some)["out_of_order"].item() == 0
    some.iloc[3, some.columns.get_loc("norm")] *= 1e3
    assert ladder_table(some)["out_of_order"].item() == 1


def test_theorem_1_is_below_the_hessian_at_small_weights_by_an_independent_computation(digits):
    objective = objective_of(digits, 8, 0, samples=10)
    initial = objective.flat.weights.clone()
    for scale in (0.1, 0.3):
        theta = scale * initial
        matrices = [matrix.numpy() for matrix in matrices_of(objective, theta)]
        rows = table_of(objective, theta, 0)
        largest = max(np.linalg.svd(matrix, compute_uv=False)[0] for matrix in matrices)
        for sample in range(4):
            x = objective.inputs[sample].flatten().numpy()
            layers, m2 = 2, largest**2
            bound = layers * math.sqrt(2) * (x @ x) * m2**layers
            bound += math.sqrt(2) * m2 * (m2**layers - 1) / (m2 - 1)
            whole, gauss_newton, _ = dense(objective, theta, sample)
            assert float(torch.linalg.matrix_norm(whole, 2)) > 2 * bound
            assert rows["theorem"][sample] == pytest.approx(bound, rel=1e-9)
            if scale == 0.3:  # the term that it is about is below it here
                assert float(torch.linalg.matrix_norm(gauss_newton, 2)) < bound


def test_theorem_1_may_fail_for_the_gauss_newton_term_too(digits):
    objective = objective_of(digits, 8, 0)
    theta = 0.03 * objective.flat.weights.clone()
    bound = table_of(objective, theta, 0)["theorem"]
    found = [float(torch.linalg.matrix_norm(dense(objective, theta, n)[1], 2)) for n in range(4)]
    assert (np.array(found) > 2 * bound[:4]).all()


def test_theorem_1_where_all_norms_are_one():
    squares = torch.tensor([4.0]).double()
    assert float(theorem(squares, 1.0, 3)) == pytest.approx(math.sqrt(2) * (3 * 4 + 3))


def test_the_costs_of_the_steps_add_up(rows):
    for _, row in rows[rows["norm"] > 0].iterrows():
        costs = sum(math.log10(row[over] / row[under]) for over, under in STEPS.values())
        assert costs == pytest.approx(math.log10(row["lemma"] / row["norm"]), abs=1e-9)


def test_the_table_has_a_row_a_network_and_state(rows):
    table = ladder_table(rows)
    assert len(table) == 4 * 2 * 5
    trained = table[(table["state"] == "trained") & (table["depth"] == 0)]
    assert (trained["theorem_violated"] == 0).all()
    assert (trained["slack"] > 2).all()
    small = table[(table["scale"] == 0.1) & (table["depth"] == 0)]
    assert (small["theorem_violated"] == 1).all()
    assert (small["violation"] > 100).all()


def test_a_dead_network_is_named_and_its_zeros_are_apart(digits):
    objective = objective_of(digits, 4, 1)
    theta = objective.flat.weights.clone()
    first = objective.flat.blocks[0].stop
    theta[:first] = 0  # nothing comes through
    rows = table_of(objective, theta, 0)
    names = {"network": "n", "width": 4, "depth": 1, "state": "trained", "scale": 1.0, "seed": 0}
    table = ladder_table(rows.assign(**names))
    assert rows["dead"].all() and is_dead(objective.sample_losses(theta).loss)
    assert table["zero"].item() == 12
    assert bool(table["dead"].item()) and np.isnan(table["slack"].item())


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"architecture": "mlp", "hidden": [4]}, "has biases.*set bias: false"),
        (
            {"architecture": "resnet", "width": 2, "blocks": [1]},
            "a network of Conv2d.*want Linear and ReLU",
        ),
    ],
    ids=["biases", "resnet"],
)
def test_another_network_is_said_in_a_line(digits, spec, said):
    network = networks.build(spec, (1, 8, 8), 10, 0)
    objective = Objective(network, digits.train.subset(20, seed=0), dtype=torch.float64)
    with pytest.raises(ProspectError, match=said):
        ladder(objective, objective.flat.weights)


def test_more_samples_than_there_are(digits):
    with pytest.raises(ProspectError, match="9999 samples are more than the 1437"):
        bounds("n", digits, RECIPE, 4, 0, [0], samples=9999)


def test_the_constant_of_the_product_form():
    assert pytest.approx(1 / 8) == LARGE_ENOUGH**4
