"""The demonstrations of the theory against autograd, closed forms and plain loops."""

import numpy as np
import pytest
import torch
from scipy.stats import norm
from torch.nn import functional

from prospect.base import intervals
from prospect.systems.valleys import theory


@pytest.fixture(scope="module")
def softmax():
    return theory.softmax_demonstration(range(6))


def test_the_softmax_row_is_that_of_autograd():
    rng = np.random.default_rng(0)
    weights, epsilon, inputs = (rng.standard_normal(shape) for shape in ((3, 4), (3, 4), (7, 4)))
    targets = rng.integers(0, 3, 7)
    found = theory.softmax_row(weights, epsilon, inputs, targets)
    x, y, w = torch.tensor(inputs), torch.tensor(targets), torch.tensor(weights)

    def loss(flat):
        return functional.cross_entropy(x @ flat.view(3, 4).T, y)

    flat, step = w.flatten(), torch.tensor(epsilon).flatten()
    hessian = torch.autograd.functional.hessian(loss, flat)
    gradient = torch.autograd.functional.jacobian(loss, flat)
    outputs = (x @ w.T).softmax(1)
    traces = [torch.trace(torch.diag(p) - torch.outer(p, p)) for p in outputs]
    wanted = {
        "softmax_trace": torch.stack(traces).mean(),
        "hessian_trace": torch.trace(hessian),
        "first_order": step @ gradient,
        "second_order": step @ hessian @ step,
        "cross_entropy": loss(flat),
        "error": (outputs.argmax(1) != y).double().mean(),
    }
    assert found == pytest.approx({name: float(value) for name, value in wanted.items()})


def test_at_zero_weights_everything_is_known():
    rng = np.random.default_rng(1)
    inputs, targets = rng.standard_normal((50, 4)), np.zeros(50, dtype=int)
    found = theory.softmax_row(np.zeros((5, 4)), np.eye(5, 4), inputs, targets)
    assert found["softmax_trace"] == pytest.approx(1 - 1 / 5)
    assert found["hessian_trace"] == pytest.approx(0.8 * (inputs**2).sum(1).mean())
    assert found["cross_entropy"] == pytest.approx(np.log(5))


def test_terms_are_the_derivatives_of_the_curve_of_the_loss(softmax):
    rows = softmax[(softmax["seed"] == 0) & (softmax["direction"] == "gaussian")]
    loss, slope, bend, at = (
        rows[name].to_numpy() for name in ("cross_entropy", "first_order", "second_order", "lambda")
    )
    assert np.gradient(loss, at)[1:-1] == pytest.approx(slope[1:-1], abs=0.03)
    assert np.gradient(slope, at)[1:-1] == pytest.approx(bend[1:-1], abs=0.1)
    assert np.abs(slope).max() > 1
    assert np.abs(bend).max() > 1


def test_directions_have_their_norm_and_cosine_row_by_row():
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((20, 50))
    eta = np.sign(weights)
    found = theory.directions(weights, eta, rng)
    assert tuple(found) == theory.DIRECTIONS

    def cosines(direction):
        return [
            a @ b / np.linalg.norm(a) / np.linalg.norm(b)
            for a, b in zip(direction, weights, strict=True)
        ]

    for direction in found.values():
        assert np.linalg.norm(direction, axis=1) == pytest.approx(np.sqrt(50))
    assert cosines(found["same-cosine"]) == pytest.approx(cosines(eta))
    assert cosines(found["sign-rest"]) == pytest.approx(np.zeros(20), abs=1e-12)
    agreeing = [(np.sign(found[name]) == eta).mean() for name in theory.DIRECTIONS]
    assert agreeing[0] == 1
    assert 0.6 < agreeing[1] < 0.95  # signs of its own
    assert agreeing[2] == pytest.approx(0.5, abs=0.07)


def test_the_softmax_is_sharper_against_the_weights_and_for_growth_alike(softmax):
    ends = softmax.pivot_table(
        index=["direction", "seed"], columns="lambda", values="softmax_trace"
    )
    asymmetry = (ends[-1.0] - ends[1.0]).unstack()
    for direction in ("sign", "same-cosine"):  # positive control and its control
        assert (asymmetry.loc[direction] > 0.2).all()
    null = intervals.mean(list(asymmetry.loc["gaussian"]))
    assert null.low < 0 < null.high
    assert abs(null.number) < 0.06
    middle = softmax[softmax["lambda"] == 0]
    assert middle["softmax_trace"].nunique() == 1
    assert len(softmax) == 6 * 4 * 21


def test_agreement_without_alignment_is_that_of_two_gaussians():
    table = theory.relu_simulation(range(4), aligned=0.0, draws=5000)
    found = table[table["direction"] == "gaussian"].groupby("lambda")["agreement"].mean()
    for lam, agreement in found.items():
        # wᵀh and (w + λε)ᵀh have correlation 1/√(1 + λ²), nearly: ‖w‖ is random, ‖ε‖ is not
        wanted = 1 - np.arctan(abs(lam)) / np.pi
        error = np.sqrt(wanted * (1 - wanted) / 20000)
        assert agreement == pytest.approx(wanted, abs=4 * error + 0.003)


def test_a_unit_is_active_as_often_as_its_alignment_says():
    table = theory.relu_simulation(range(4), size=1000, aligned=0.03, draws=2000)
    found = table[table["lambda"] == 0]
    # wᵀh = a‖h‖² + ‖h‖ δ with δ ~ N(0, 1), and ‖h‖ ≈ √1000
    wanted = norm.cdf(0.03 * np.sqrt(1000))
    assert found["active"].mean() == pytest.approx(wanted, abs=4 * np.sqrt(0.15 / 8000))
    assert (found["agreement"] == 1).all()


def test_relu_units_keep_their_side_when_they_grow_whatever_the_signs():
    table = theory.relu_simulation(range(5))
    assert len(table) == 5 * 4 * 5
    ends = table.pivot_table(index=["direction", "seed"], columns="lambda", values="agreement")
    gain = (ends[1.0] - ends[-1.0]).unstack()
    for direction in ("sign", "same-cosine"):
        assert (gain.loc[direction] > 0.2).all()
    assert np.abs(gain.loc["gaussian"]).max() < 0.05


def test_the_seed_decides():
    one, same = (theory.relu_simulation([3], draws=50) for _ in range(2))
    other = theory.relu_simulation([4], draws=50)
    assert one.equals(same)
    assert not np.array_equal(one["agreement"], other["agreement"])


def test_differences_are_the_plus_side_less_the_minus_side(softmax):
    relu = theory.relu_simulation([0, 1], draws=100)
    found = theory.differences({"softmax": softmax, "relu": relu})
    assert len(found) == 6 * 4 * 10 * 6 + 2 * 4 * 2 * 2
    assert found["difference"].notna().all()
    for row in found.sample(40, random_state=0).itertuples():
        rows = (softmax if row.network == "softmax" else relu).set_index(["seed", "direction"])
        own = rows.loc[(row.seed, row.direction)]
        plus, minus = (
            own.loc[np.isclose(own["lambda"], side * row.radius), row.measure].item()
            for side in (1, -1)
        )
        assert row.difference == plus - minus
