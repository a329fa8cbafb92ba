"""Walks against plain loops and closed forms: geometry, diffusion, stationary densities."""

import math

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn import functional

from prospect.base.errors import ProspectError
from prospect.base.intervals import mean
from prospect.model import networks
from prospect.model.objective import Objective
from prospect.model.weights import flatten, layout
from prospect.systems.spinglass import walks
from prospect.systems.spinglass.metropolis import exponents, metropolis
from prospect.systems.spinglass.pspin import SPINS, pspin

SPEC = {"architecture": "mlp", "hidden": [8]}


@pytest.fixture(scope="module")
def begun(digits):
    """Two small networks at their start, and the objective of 100 samples."""
    modules = [networks.build(SPEC, (1, 8, 8), 10, seed) for seed in range(2)]
    blocks = layout(modules[0])
    thetas = torch.stack([flatten(module.state_dict(), blocks) for module in modules])
    return Objective(modules[0], digits.train.subset(100, seed=1)), thetas


def path_of(kind, theta, steps, step, radius=1.0, seed=0):
    """The points of a walk (T, P)."""
    return torch.stack(list(walks._path(theta, kind, steps, step, radius, seed)[1]))


def test_steps_on_a_sphere_are_one_angle_in_any_direction():
    start = torch.nn.functional.normalize(torch.arange(1.0, 201.0).double(), dim=0)
    path = torch.stack(list(walks.sphere_path(start, 0.3, 50, torch.Generator().manual_seed(0))))
    assert path.norm(dim=1).numpy() == pytest.approx(1, abs=1e-6)
    assert (path[1:] * path[:-1]).sum(1).numpy() == pytest.approx(math.cos(0.3), abs=1e-6)
    # of two steps the directions have nothing in common: cos² φ, to 1/√P
    assert (path[2:] * path[:-2]).sum(1).mean() == pytest.approx(math.cos(0.3) ** 2, abs=0.01)


def test_walks_keep_their_radius(begun):
    theta = begun[1][0]
    length = float(theta.norm())
    about = path_of("radius", theta, 20, 0.4, radius=0.5)
    assert (about - theta).norm(dim=1).numpy() == pytest.approx(0.5 * length, rel=1e-5)
    weights = path_of("weights", theta, 20, 0.4)
    assert weights.norm(dim=1).numpy() == pytest.approx(length, rel=1e-5)
    assert torch.allclose(weights[0], theta)


def test_a_free_walk_diffuses(begun):
    theta = begun[1][0]
    squares = [
        (path_of("free", theta, 100, 0.05, seed=seed) - theta).square().sum(1) for seed in range(8)
    ]
    ratio = torch.stack(squares).mean(0) / theta.norm() ** 2
    assert ratio.numpy() == pytest.approx(0.05**2 * np.arange(101), rel=0.1)


def test_rows_are_those_of_a_plain_module(begun, digits):
    objective, thetas = begun
    table = walks.walks(objective, "n", {"a": thetas}, [4, 5], "radius", 3, step=0.4, radius=0.5)
    assert list(table.columns) == list(walks.COLUMNS)
    own = table[table["seed"] == 5].set_index("step")
    path = path_of("radius", thetas[1], 3, 0.4, 0.5, seed=5)
    split, module = digits.train.subset(100, seed=1), networks.build(SPEC, (1, 8, 8), 10, 0)
    length = float(thetas[1].norm())
    for step, theta in enumerate(path):
        torch.nn.utils.vector_to_parameters(theta, module.parameters())
        with torch.no_grad():
            outputs = module(split.inputs)
        loss = float(functional.cross_entropy(outputs, split.targets))
        accuracy = float((outputs.argmax(1) == split.targets).double().mean())
        u, v = path[0] - thetas[1], theta - thetas[1]
        found = own.loc[step]
        assert found["loss"] == pytest.approx(loss, rel=1e-5)
        assert found["accuracy"] == pytest.approx(accuracy)
        assert found["overlap"] == pytest.approx(float(u @ v / u.norm() / v.norm()), abs=1e-5)
        moved = float((theta - path[0]).norm() / length) ** 2
        assert found["displacement"] == pytest.approx(moved, abs=1e-6)


def walk_of(loss, theta, kind, steps, step, seed):
    """A table of a walk of any loss."""
    losses = [loss(point) for point in path_of(kind, theta, steps, step, seed=seed)]
    names = {"network": "control", "center": "none", "kind": kind, "seed": seed}
    return pd.DataFrame({"step": range(steps + 1), "loss": losses}).assign(**names)


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_a_walk_on_a_p_spin_remembers_cos_to_its_degree(degree):
    theta = torch.nn.functional.normalize(torch.ones(SPINS[degree]), dim=0)
    table = pd.concat(
        walk_of(pspin(degree, seed), theta, "weights", 600, 0.4, seed) for seed in range(8)
    )
    found = walks.memory(table).set_index("quantity").loc["autocorrelation"]
    assert found["low"] - 0.02 <= math.cos(0.4) ** degree <= found["high"] + 0.02
    assert found["high"] - found["low"] < 0.1


def test_a_free_walk_on_a_bowl_is_a_straight_line():
    h = torch.rand(2000, generator=torch.Generator().manual_seed(0))
    theta = 1e-3 * torch.ones(2000)
    table = walk_of(lambda point: float(h @ point.square()) / 2, theta, "free", 100, 1.0, 0)
    length = float(theta.norm())
    slope = np.polyfit(table["step"], table["loss"], 1)[0]
    assert slope == pytest.approx(length**2 / 2000 * float(h.sum()) / 2, rel=0.1)
    memory = walks.memory(table).set_index("quantity")["number"]
    assert memory["straightness"] > 0.99


def test_memory_of_noise_and_of_a_constant():
    noise = np.random.default_rng(0).normal(size=4000)
    assert walks.autocorrelation(noise) == pytest.approx(0, abs=0.05)
    assert walks.straightness(noise) == pytest.approx(0, abs=0.01)
    assert math.isnan(walks.autocorrelation(np.ones(5)))
    assert math.isnan(walks.straightness(np.ones(5)))
    assert walks.straightness(np.arange(5.0)) == pytest.approx(1)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"kind": "fre"}, r"^walks: kind 'fre'; did you mean 'free'\?$"),
        ({"step": 0.0}, r"^walks: step 0.0; want more than 0$"),
        ({"radius": -0.1}, r"^walks: radius -0.1; want more than 0$"),
    ],
)
def test_bad_walks(begun, change, message):
    objective, thetas = begun
    options = {"kind": "radius", "step": 0.1} | change
    with pytest.raises(ProspectError, match=message):
        walks.walks(objective, "n", {"a": thetas}, [0, 1], steps=2, **options)


def test_on_the_sphere_a_slope_has_the_mean_of_langevin():
    """Density e^{−g·θ/T} on a sphere in three dimensions: ⟨cos⟩ = 1/x − coth x, x = g‖θ‖/T."""
    g, starts = torch.tensor([0.0, 0.0, 1.0]), 2.0 * torch.eye(3)[[0, 1, 2, 0, 1, 2]]
    losses: list = []

    def loss(theta):
        value = float(g @ theta)
        losses.append(value)
        return value

    table = metropolis(
        loss, "n", {"a": starts.repeat(20, 1)}, range(120), [1.0], step=1.5, first=20, doublings=0
    )
    assert table["norm"].to_numpy() == pytest.approx(1, abs=1e-5)
    x = 2.0
    expected = 2.0 * (1 / x - 1 / math.tanh(x))
    error = table["loss"].std() / math.sqrt(len(table))
    assert abs(table["loss"].mean() - expected) < 3.5 * error
    assert error < 0.1


def test_in_a_bowl_a_free_walk_has_half_a_temperature_a_direction():
    starts = torch.randn(100, 6, generator=torch.Generator().manual_seed(0))
    table = metropolis(
        lambda theta: float(theta @ theta) / 2, "n", {"a": starts}, range(100), [0.3],
        step=0.5, first=150, doublings=0, sphere=False,
    )  # fmt: skip
    error = table["loss"].std() / 10
    assert abs(table["loss"].mean() - 6 * 0.3 / 2) < 3.5 * error
    assert error < 0.1


def test_without_a_loss_walks_diffuse_and_in_a_bowl_they_are_caged():
    theta = torch.nn.functional.normalize(torch.ones(6, 100), dim=1)

    def walked(loss, temperature):
        return metropolis(
            loss, "n", {"a": theta}, range(6), [temperature], step=0.02, first=400, sphere=False
        )

    flat = walked(lambda point: 0.0, 1.0)
    free = mean(exponents(flat)["exponent"])
    assert (flat["acceptance"] == 1).all()
    displacements = flat.groupby("step")["displacement"].mean().dropna()
    assert displacements.to_numpy() == pytest.approx(
        0.02**2 * np.array([400, 800, 1600, 3200]), rel=0.2
    )
    assert free.low < 1 < free.high < free.low + 0.3
    # of a bowl k‖θ − θ*‖²/2 two points in equilibrium are 2PT/k apart, squared
    bowl = walked(lambda point: 200 * float((point - theta[0]).square().sum()), 0.1)
    caged = mean(exponents(bowl)["exponent"])
    assert -0.1 < caged.number < 0.2 and caged.high < 0.4
    last = bowl[bowl["step"] == 6400]["displacement"].mean()
    assert last == pytest.approx(2 * 100 * 0.1 / 400, rel=0.15)


def test_an_exponent_is_held_against_the_same_walk_without_a_landscape():
    theta = torch.randn(1, 50, generator=torch.Generator().manual_seed(0))

    def loss(point):
        return 200 * float((point - theta[0]).square().sum())

    table = metropolis(
        loss, "n", {"a": theta}, [0], [0.1, math.inf], step=0.005, first=400, doublings=3
    )
    found = exponents(table).set_index("temperature")
    free, caged = found.loc[math.inf], found.loc[0.1]
    assert free["below_free"] == 0
    assert caged["below_free"] == free["exponent"] - caged["exponent"] > 0.3
    alone = exponents(table[table["temperature"] == 0.1])
    assert alone["below_free"].isna().all()


def test_displacements_double_the_time_and_the_acceptance_is_of_the_same_steps(begun):
    objective, thetas = begun

    def loss(theta):
        return objective.sample_losses(theta).means[0]

    options = {"step": 0.02, "sphere": True}
    table = metropolis(
        loss, "n", {"a": thetas}, [0, 1], [1e-3, 1e-1], first=4, doublings=3, **options
    )
    assert table["step"].tolist() == [4, 8, 16, 32] * 4
    assert table["displacement"].isna().tolist() == [True, False, False, False] * 4
    steps = table["step"].where(table["step"] == 4, table["step"] / 2)
    taken = table["acceptance"] * steps
    assert np.allclose(taken, taken.round())
    shorter = metropolis(loss, "n", {"a": thetas[1:]}, [1], [1e-3], first=4, doublings=1, **options)
    own = table[(table["seed"] == 1) & (table["temperature"] == 1e-3)][:2].reset_index(drop=True)
    assert shorter.equals(own)


def test_no_step_leads_to_where_the_loss_is_not_finite():
    start = torch.tensor([[1.0, 0.0]])
    table = metropolis(
        lambda theta: 0.0 if torch.equal(theta, start[0]) else math.nan, "n", {"a": start}, [0],
        [1.0], step=0.1, first=10, doublings=2, sphere=False,
    )  # fmt: skip
    assert (table["acceptance"] == 0).all() and (table["overlap"] == 1).all()
    assert exponents(table)["exponent"].isna().all()


@pytest.mark.parametrize(
    "change, message",
    [
        ({"temperatures": [0.1, 0.0]}, r"^metropolis: temperature 0.0; want more than 0$"),
        ({"temperatures": [-1.0]}, r"^metropolis: temperature -1.0; want more than 0$"),
        ({"temperatures": [math.nan]}, r"^metropolis: temperature nan; want more than 0$"),
        ({"step": 0.0}, r"^metropolis: step 0.0; want more than 0$"),
    ],
)
def test_bad_temperatures(change, message):
    options = {"temperatures": [1.0], "step": 0.1} | change
    with pytest.raises(ProspectError, match=message):
        metropolis(lambda theta: 0.0, "n", {"a": torch.ones(1, 4)}, [0], **options)


def test_one_displacement_has_no_exponent():
    table = metropolis(
        lambda theta: 0.0, "n", {"a": torch.ones(1, 4)}, [0], [1.0], step=0.1, first=2, doublings=1
    )
    with pytest.raises(ProspectError, match=r"^metropolis: one displacement has no exponent; want"):
        exponents(table)
