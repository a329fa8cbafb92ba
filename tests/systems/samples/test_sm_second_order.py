"""One more sample about a network against dense Hessians in float64 and plain loops."""

import numpy as np
import pytest
import torch
from torch.func import functional_call
from torch.nn import functional

from prospect.base.errors import ProspectError
from prospect.landscape.directions import noise
from prospect.model import networks
from prospect.model.ensemble import Epochs
from prospect.model.objective import Objective
from prospect.model.setting import Setting
from prospect.systems.samples.orders import orders
from prospect.systems.samples.second_order import Samples, about, second_order

SPEC = {"architecture": "mlp", "hidden": [3]}
COUNT = 40
OWN = {"radii": [1e-5, 0.1], "sizes": [5, 20], "directions": 3, "orders": 4}


@pytest.fixture(scope="module")
def objective(digits):
    data = digits.train
    inputs = data.inputs[:COUNT].flatten(1)[:, 18:30]
    return Objective(
        networks.build(SPEC, (12,), 10, seed=0),
        data._replace(inputs=inputs, targets=data.targets[:COUNT]),
    )


@pytest.fixture(scope="module")
def samples(objective):
    return Samples(objective, objective.flat.weights.clone() * 2)


@pytest.fixture(scope="module")
def dense(objective, samples):
    """Losses (N,), gradients (N, P) and Hessians (N, P, P) of all samples, one by one."""
    blocks = objective.flat.blocks

    def loss(theta, inputs, target):
        weights = {b.name: theta[b.start : b.stop].view(b.shape) for b in blocks}
        outputs = functional_call(samples.module, weights, (inputs[None],))
        return functional.cross_entropy(outputs, target[None])

    each = [
        [
            take(loss)(samples.theta, x, y)
            for take in (lambda f: f, torch.func.grad, torch.func.hessian)
        ]
        for x, y in zip(samples.inputs, samples.targets, strict=True)
    ]
    return [torch.stack(part).detach() for part in zip(*each, strict=True)]


def test_slopes_and_curvatures_are_those_of_dense_hessians(samples, dense):
    unit = noise("gaussian", len(samples.theta), 0, "test").double()
    slopes, curvatures = samples.along(unit)
    assert slopes.numpy() == pytest.approx((dense[1] @ unit).numpy(), abs=1e-12)
    assert curvatures.numpy() == pytest.approx(((dense[2] @ unit) @ unit).numpy(), abs=1e-12)


@pytest.mark.parametrize("k", [1, 7, 39])
def test_gradient_and_norm_are_those_of_dense_hessians(samples, dense, k):
    order = torch.randperm(COUNT, generator=torch.Generator().manual_seed(k))
    start = np.random.default_rng(0).normal(size=len(samples.theta))
    gradient, norm = samples.gradient_and_norm(order, k, start)
    new, first = order[k], order[:k]
    expected = dense[1][new] - dense[1][first].mean(0)
    assert gradient.numpy() == pytest.approx(expected.numpy(), abs=1e-12)
    matrix = dense[2][new] - dense[2][first].mean(0)
    assert norm == pytest.approx(float(torch.linalg.matrix_norm(matrix, 2)), rel=1e-6)


def test_rows_are_those_of_plain_loops(samples, dense):
    rows = {(row["k"], row["radius"]): row for row in about(samples, OWN, seed=0)}
    drawn = orders(OWN["orders"], COUNT, 0, "second order")
    units = [noise("gaussian", len(samples.theta), 0, "second order", u).double() for u in range(3)]
    for (k, radius), row in rows.items():
        d = radius * float(samples.theta.norm())
        change, value, hessian, holds, along, left = [], [], [], [], [], []
        for order in drawn:
            new, first = order[k], order[:k]
            a = dense[0][new] - dense[0][first].mean()
            g = dense[1][new] - dense[1][first].mean(0)
            matrix = dense[2][new] - dense[2][first].mean(0)
            norm = torch.linalg.matrix_norm(matrix, 2)
            value.append(a**2)
            hessian.append((d**2 * norm) ** 2)
            for unit in units:
                there = samples.losses(samples.theta + d * unit / unit.norm())
                more = there[order[: k + 1]].mean() - there[first].mean()
                change.append(((k + 1) * more) ** 2)
                holds.append((k + 1) * more.abs() <= a.abs() + d**2 * norm)
                step = d * unit / unit.norm()
                left.append(((k + 1) * more - a - g @ step - step @ matrix @ step / 2) ** 2)
            there = samples.losses(samples.theta + a.sign() * d * g / g.norm())
            along.append((there[new] - there[first].mean()).abs() <= a.abs() + d**2 * norm)
        for name, squares in (("change", change), ("value_term", value), ("hessian_term", hessian)):
            assert row[name] == pytest.approx(float(torch.stack(squares).mean().sqrt()), rel=1e-6)
        assert row["holds"] == pytest.approx(float(torch.stack(holds).double().mean()))
        assert row["holds_along_gradient"] == pytest.approx(
            float(torch.stack(along).double().mean())
        )
        remainder = float(torch.stack(left).mean().sqrt())
        assert row["remainder"] * row["change"] == pytest.approx(remainder, rel=1e-3, abs=1e-9)


def test_second_order_is_exact_nearby_and_the_bound_fails_along_the_gradient_there(samples):
    near = about(samples, OWN | {"radii": [1e-5]}, seed=1)
    assert all(row["remainder"] < 1e-6 for row in near)
    # no minimum of anything here: what the bound leaves out is of first order
    assert all(row["holds_along_gradient"] == 0 for row in near)
    assert all(row["violation"] > 100 for row in near)


def setting_of(objective, spec, data):
    return Setting("small", spec, data, {}, objective, objective)


def test_batchnorm_and_sizes_that_are_not_there_are_one_line(digits, objective):
    state = {1: Epochs(1, {}, objective.flat.weights[None].clone(), {})}
    with pytest.raises(ProspectError, match=r"second_order\.sizes: 40 is not below the 40 samples"):
        second_order(setting_of(objective, SPEC, digits), state, OWN | {"sizes": [40]}, 0)
    spec = SPEC | {"batchnorm": True}
    normed = Objective(networks.build(spec, (1, 8, 8), 10, seed=0), digits.train.subset(40, seed=0))
    state = {1: Epochs(1, {}, normed.flat.weights[None].clone(), {})}
    with pytest.raises(ProspectError, match="'small' has BatchNorm; want networks without"):
        second_order(setting_of(normed, spec, digits), state, OWN, 0)
