"""Covariances against closed forms and plain loops; p-spins of known degree as controls."""

import logging

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn import functional

from prospect.base.errors import ProspectError
from prospect.model import networks
from prospect.model.objective import Objective
from prospect.model.weights import flatten, layout
from prospect.systems.spinglass import overlaps
from prospect.systems.spinglass.pspin import SPINS, pspin

Q = overlaps.OVERLAPS
SPEC = {"architecture": "mlp", "hidden": [8]}


def table_of(losses, parameters, circles):
    """The table of overlaps of functions of unit vectors, one a network."""
    sphere = {"network": "control", "center": "none", "about": "zero", "radius": 1.0}
    tables = [
        overlaps.covariances(loss, parameters, circles, seed).assign(**sphere, seed=seed)
        for seed, loss in enumerate(losses)
    ]
    return pd.concat(tables, ignore_index=True)


@pytest.fixture(scope="module")
def trained(digits):
    """Three small networks at their start, and the objective of 100 samples."""
    modules = [networks.build(SPEC, (1, 8, 8), 10, seed) for seed in range(3)]
    blocks = layout(modules[0])
    thetas = torch.stack([flatten(module.state_dict(), blocks) for module in modules])
    return Objective(modules[0], digits.train.subset(100, seed=1)), thetas


def sample(loss, circles=100):
    """Values of a function at all points of some circles (circles, 16), and the unit vectors."""
    rng = torch.Generator().manual_seed(1)
    u = torch.stack([overlaps._circle(5, rng) for _ in range(circles)])
    return np.array([[loss(point) for point in circle] for circle in u]), u


def test_points_of_a_circle_have_their_overlaps_and_antipodes():
    circle = overlaps._circle(50, torch.Generator().manual_seed(0))
    assert circle @ circle[0] == pytest.approx(np.cos(2 * np.pi * np.arange(16) / 16), abs=1e-12)
    assert torch.allclose(circle[8:], -circle[:8], atol=1e-12)
    assert pytest.approx(sorted(Q)) == sorted({round(q, 9) for q in (circle @ circle[0]).tolist()})


def test_a_linear_function_has_a_covariance_of_q():
    g = torch.randn(30, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    table = overlaps.covariances(lambda u: float(g @ u) + 7.0, 30, 20, seed=3)
    # exactly, on every circle: the antipodes take the mean away
    assert table["covariance"].to_numpy() == pytest.approx(Q * table["covariance"][0], abs=1e-12)
    assert table["covariance"][0] == pytest.approx(float(g @ g) / 30, rel=0.5)


def test_a_quadratic_has_a_covariance_of_q_squared_less_that_of_its_trace():
    size = 12
    root = torch.randn(size, size, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    h = root @ root.T
    # Var uᵀHu = 2 (P‖H‖² − (tr H)²) / (P² (P + 2)); C(q) is that times (q² − 1/P) / (1 − 1/P)
    variance = 2 * (size * h.square().sum() - h.trace() ** 2) / (size**2 * (size + 2))
    expected = float(variance) * (Q**2 - 1 / size) / (1 - 1 / size)
    found = np.array([
        overlaps.covariances(lambda u: float(u @ h @ u), size, 100, seed)["covariance"]
        for seed in range(20)
    ])  # fmt: skip
    error = found.std(axis=0, ddof=1) / np.sqrt(len(found))
    assert (np.abs(found.mean(axis=0) - expected) < 4 * error).all()
    assert error[0] < 0.1 * expected[0]


def test_an_isotropic_quadratic_and_a_constant_do_not_vary():
    for loss in (lambda u: float(u @ u), lambda u: 2.0):
        table = overlaps.covariances(loss, 10, 5, seed=0)
        assert table["covariance"].abs().max() < 1e-20


def test_covariances_have_no_bias_of_few_circles():
    """Of two circles, a square of the grand mean would take away half of what is common to one."""
    h = torch.diag(torch.tensor([3.0, 1.0, 0.0, -1.0, -2.0, 1.0], dtype=torch.float64))

    def loss(u):
        return float(u @ h @ u)

    few = np.mean([overlaps.covariances(loss, 6, 2, s)["covariance"] for s in range(400)], axis=0)
    variance = 2 * (6 * h.square().sum() - h.trace() ** 2) / (36 * 8)
    assert few[0] == pytest.approx(float(variance), rel=0.12)
    assert few[4] == pytest.approx(float(variance) * (-1 / 6) / (1 - 1 / 6), rel=0.5)


def test_covariances_are_those_of_a_plain_loop():
    values, u = sample(lambda u: float(u[0] ** 2 + u[1] - u[2] ** 3))
    found = overlaps._products(values)
    count = len(values)
    for j, q in enumerate(Q):
        products, overlap = [], []
        for circle, points in zip(values, u, strict=True):
            for k in range(16):
                products.append(circle[k] * circle[(k + j) % 16])
                overlap.append(float(points[k] @ points[(k + j) % 16]))
        assert overlap == pytest.approx([q] * len(overlap), abs=1e-12)
        means = values.mean(axis=1)
        others = np.outer(means, means)[~np.eye(count, dtype=bool)].mean()
        assert found[j] == pytest.approx(np.mean(products) - others, rel=1e-9)


@pytest.mark.parametrize("degree", SPINS)
def test_degrees_of_p_spins_are_recovered(degree):
    draws = 8 if degree == 4 else 16
    table = table_of([pspin(degree, seed) for seed in range(draws)], SPINS[degree], 32)
    orders = overlaps.orders(table).set_index("quantity")
    order = orders.loc["order"]
    # of a linear function only rounding is left of an interval
    assert order["low"] - 1e-9 <= degree <= order["high"] + 1e-9
    assert order["high"] - order["low"] < 1.0
    assert orders.loc["odd_share", "number"] == pytest.approx(degree % 2, abs=1e-12)
    if degree % 2 == 0:
        assert orders.loc["even_order", "number"] == pytest.approx(order["number"])
    spectrum = overlaps.spectra(table).set_index("degree")
    assert spectrum["number"].idxmax() == degree
    assert spectrum.loc[degree, "number"] > 0.8
    assert spectrum["number"].min() >= 0


def test_degrees_of_a_mixture_are_parted():
    def mixture(seed):
        one, three = pspin(1, seed, 60), pspin(3, seed, 60)
        return lambda u: 2 * one(u) + three(u)

    spectrum = overlaps.spectra(table_of([mixture(seed) for seed in range(16)], 60, 32))
    found = spectrum.set_index("degree")
    assert found.loc[2, "number"] < 0.01 and found.loc[4, "number"] < 0.01
    for degree, weight in ((1, 4 / 5), (3, 1 / 5)):
        assert found.loc[degree, "low"] <= weight <= found.loc[degree, "high"]


def test_a_p_spin_has_the_covariance_of_its_degree_over_draws():
    circle = overlaps._circle(6, torch.Generator().manual_seed(0))
    for degree in SPINS:
        energies = np.array([[pspin(degree, s, 6)(u) for u in circle[:9]] for s in range(1500)])
        products = energies * energies[:, :1]
        error = products.std(axis=0) / np.sqrt(len(products))
        assert (np.abs(products.mean(axis=0) - Q**degree) < 4.5 * error).all()


def test_spheres_of_networks_are_those_of_a_plain_module(trained, digits):
    objective, thetas = trained
    found = overlaps.overlaps(objective, "n", {"init": thetas}, [4, 5, 6], [0.5], 3)
    split, module = digits.train.subset(100, seed=1), networks.build(SPEC, (1, 8, 8), 10, 0)

    def loss(u):
        theta = thetas[1] + 0.5 * thetas[1].norm() * u.float()
        torch.nn.utils.vector_to_parameters(theta, module.parameters())
        with torch.no_grad():
            return float(functional.cross_entropy(module(split.inputs), split.targets))

    expected = overlaps.covariances(loss, thetas.shape[1], 3, seed=5)["covariance"]
    own = found[found["seed"] == 5]["covariance"].to_numpy()
    assert own == pytest.approx(expected.to_numpy(), rel=1e-3, abs=1e-6)
    assert list(found.columns) == [*overlaps.CELL, "seed", "overlap", "covariance", "circles"]


def test_a_network_does_not_depend_on_its_neighbours(trained):
    objective, thetas = trained
    together = overlaps.overlaps(objective, "n", {"a": thetas}, [0, 1, 2], [0.1, 1.0], 2)
    alone = overlaps.overlaps(objective, "n", {"a": thetas[2:]}, [2], [1.0], 2)
    own = together[(together["seed"] == 2) & (together["radius"] == 1.0)]
    assert own.reset_index(drop=True).equals(alone)


def test_the_weight_sphere_knows_the_norm_alone(trained):
    objective, thetas = trained
    turned = {"a": thetas[:1], "b": thetas[:1].flip(1)}
    table = overlaps.overlaps(objective, "n", turned, [0], [1.0], 3, "zero")
    a, b = (table[table["center"] == name]["covariance"].to_numpy() for name in "ab")
    assert a == pytest.approx(b, rel=1e-4)


def test_a_radius_that_leaves_only_nan_is_named_and_the_rest_goes_on(trained, caplog):
    objective, thetas = trained
    with caplog.at_level(logging.WARNING, logger="prospect"):
        table = overlaps.overlaps(objective, "n", {"init": thetas}, [0, 1, 2], [1.0, 1e30], 2)
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        "overlaps: at radius 1e+30 about 'init' no network has finite losses; want a smaller one"
    ]
    orders = overlaps.orders(table).set_index(["radius", "quantity"])["number"]
    assert np.isfinite(orders[1.0]).all() and orders[1e30].isna().all()
    assert overlaps.spectra(table)["number"].isna().sum() == overlaps.DEGREES


def test_circles_that_are_not_finite_are_left_out():
    count = iter(range(16 * 5))
    losses = lambda u: np.nan if next(count) == 20 else float(u[0])  # noqa: E731
    table = overlaps.covariances(losses, 10, 5, seed=0)
    assert (table["circles"] == 4).all() and np.isfinite(table["covariance"]).all()


def test_intervals_are_over_networks():
    losses = [pspin(2, seed, 20) for seed in range(12)]
    four, twelve = (overlaps.orders(table_of(losses[:n], 20, 32)) for n in (4, 12))
    one = overlaps.orders(table_of(losses[:1], 20, 32))
    assert one[["low", "high"]].isna().all(axis=None) and (one["networks"] == 1).all()
    assert (four["networks"] == 4).all()
    width = [table.loc[0, "high"] - table.loc[0, "low"] for table in (four, twelve)]
    assert width[1] < width[0] and width[1] > 0


@pytest.mark.parametrize(
    "change, message",
    [
        ({"radii": [0.1, -1.0]}, r"^overlaps: radius -1.0; want more than 0$"),
        ({"radii": [float("nan")]}, r"^overlaps: radius nan; want more than 0$"),
        ({"circles": 1}, r"^overlaps: 1 circle a sphere; want at least 2$"),
        ({"about": "zeros"}, r"^overlaps: about 'zeros'; did you mean 'zero'\?$"),
    ],
)
def test_bad_input(trained, change, message):
    objective, thetas = trained
    options = {"radii": [1.0], "circles": 2} | change
    with pytest.raises(ProspectError, match=message):
        overlaps.overlaps(objective, "n", {"init": thetas}, [0, 1, 2], **options)


def test_a_degree_that_is_not_there():
    with pytest.raises(ProspectError, match=r"^p-spin of degree 5; want one of 1, 2, 3, 4$"):
        pspin(5, 0)
