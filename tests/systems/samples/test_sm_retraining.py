"""Networks trained on more and more samples: goals, baselines, planes, exponents."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from prospect.base import intervals
from prospect.base.errors import ProspectError
from prospect.base.resume import Partial
from prospect.model.objective import Objective
from prospect.systems.samples import retraining as module
from prospect.systems.samples.grids import sample_losses
from prospect.systems.samples.perceptrons import forward, perceptron
from prospect.systems.samples.rates import (
    exponents,
    falls_to_a_floor,
    slopes,
    slopes_table,
    with_floor,
)
from prospect.systems.samples.retraining import doubling, retrain, retraining
from prospect.systems.samples.shared_plane import (
    against_formula,
    grid_of,
    plane_of,
    settling,
)

NETWORK = perceptron(12, 0)
RECIPE = {
    "epochs": 150,
    "batch": 16,
    "optimizer": {"name": "adam", "lr": 5e-3},
    "schedule": "constant",
    "until": {"loss": 0.1},
}
COUNTS = [20, 40, 80, 200]


@pytest.fixture(scope="module")
def small(digits):
    return digits._replace(train=digits.train.subset(200, seed=0))


@pytest.fixture(scope="module")
def found(small):
    return retrain("n", NETWORK, small, RECIPE, [0, 1, 2], COUNTS)


@pytest.fixture(scope="module")
def table(small, found):
    return retraining("n", found, small, NETWORK)


def loss_of(theta, split):
    """Cross-entropy of a perceptron by matrix products."""
    matrices = [theta[: 12 * 64].view(12, 64), theta[12 * 64 :].view(10, 12)]
    _, _, outputs = forward(matrices, split.inputs)
    return functional.cross_entropy(outputs, split.targets, reduction="none")


def test_every_network_meets_the_goal_on_its_own_samples(small, found, table):
    for one in found:
        assert sorted(one.order.tolist()) == list(range(200))
        for k in COUNTS:
            for theta in (one.thetas[k], one.others[k]):
                assert float(loss_of(theta, small.train)[one.order[:k]].mean()) < 0.1
    assert table["reached"].all() and not table["dead"].any()
    assert (table["own_loss"] < 0.1).all()


def test_losses_and_distances_are_those_of_plain_formulas(small, found, table):
    one = found[1]
    row = table[(table["seed"] == 1) & (table["k"] == 40)].iloc[0]
    unit = float((one.thetas[200] - one.start).norm())
    assert row["loss"] == pytest.approx(float(loss_of(one.thetas[40], small.train).mean()), 1e-5)
    assert row["test_loss"] == pytest.approx(
        float(loss_of(one.thetas[40], small.test).mean()), 1e-5
    )
    distance = float((one.thetas[40] - one.thetas[80]).norm())
    assert row["to_next"] == pytest.approx(distance / unit)
    between = float((one.thetas[40] - one.others[40]).norm())
    assert row["between_orders"] == pytest.approx(between / unit)
    assert row["beyond_orders"] == pytest.approx((distance - between) / unit, abs=1e-6)
    line = [0.1 * step for step in range(11)]
    on_line = [
        float(loss_of((1 - t) * one.thetas[40] + t * one.thetas[80], small.train).mean())
        for t in line
    ]
    above = max(
        loss - (1 - t) * on_line[0] - t * on_line[-1] for t, loss in zip(line, on_line, strict=True)
    )
    assert row["barrier"] >= above - 1e-5
    assert row["barrier"] == pytest.approx(above, abs=2e-3)


def test_the_last_row_is_the_unit_of_all(table):
    last = table[table["k"] == 200]
    assert (last["excess"].abs() < 1e-12).all() and (last["to_all"] == 0).all()
    assert (last["from_start"] == 1).all() and last["to_next"].isna().all()
    first = table[table["k"] == 20]
    assert (first["excess"].to_numpy() > 0.1).all()
    assert first["classes"].between(5, 10).all()  # some may be missing: allowed


def test_starts_are_shared_and_what_stops_is_named(small):
    hopeless = RECIPE | {"epochs": 1, "until": {"loss": 1e-9}}
    found = retrain("n", NETWORK, small, hopeless, [0], [40, 200])
    table = retraining("n", found, small, NETWORK)
    assert not table["reached"].any() and table["steps"].isna().all()
    assert exponents(table)["seeds"].eq(0).all() and slopes_table(table).empty


def test_it_goes_on_after_the_last_k_that_was_finished(small, found, tmp_path, monkeypatch):
    train, calls = module._train, []

    def stopped_at_the_third(*arguments):
        calls.append(arguments[4].shape[1])
        if len(calls) == 3:
            raise KeyboardInterrupt
        return train(*arguments)

    monkeypatch.setattr(module, "_train", stopped_at_the_third)
    arguments = "n", NETWORK, small, RECIPE, [0, 1, 2], COUNTS
    with pytest.raises(KeyboardInterrupt):
        retrain(*arguments, partial=Partial(tmp_path / "table.csv", {}))
    again = retrain(*arguments, partial=Partial(tmp_path / "table.csv", {}))
    assert calls == [20, 40, 80, 80, 200]
    for one, other in zip(found, again, strict=True):
        assert one.trained == other.trained and torch.equal(one.start, other.start)
        for k in COUNTS:
            assert torch.equal(one.thetas[k], other.thetas[k])
            assert torch.equal(one.others[k], other.others[k])


def test_the_same_batch_order_twice_is_no_distance(small, monkeypatch):
    """The null of the baseline."""
    monkeypatch.setattr(module, "twin_of", lambda seed: seed)
    found = retrain("n", NETWORK, small, RECIPE, [0], [40, 200])
    table = retraining("n", found, small, NETWORK)
    assert (table["between_orders"] == 0).all()
    assert (table["order_barrier"].abs() < 1e-6).all()
    assert (table["to_next"].dropna() > 0.05).all()


@pytest.mark.parametrize(
    ("first", "samples", "counts"),
    [
        (50, 1437, [50, 100, 200, 400, 800, 1437]),
        (64, 128, [64, 128]),
        (10, 10_000, [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120, 10_000]),
    ],
)
def test_doubling(first, samples, counts):
    assert doubling(first, samples) == counts


@pytest.mark.parametrize(
    ("counts", "recipe", "said"),
    [
        ([40, 20, 200], {}, r"k = \[40, 20, 200\] does not increase"),
        ([40, 80], {}, "the last k is 80; want all 200"),
        ([40, 300], {}, "the last k is 300; want all 200"),
        ([10, 200], {}, "training.batch: 16 is more than the 10"),
        ([40, 200], {"until": None}, "want training.until"),
    ],
)
def test_what_cannot_be_trained_is_said_in_a_line(small, counts, recipe, said):
    with pytest.raises(ProspectError, match=said):
        retrain("n", NETWORK, small, RECIPE | recipe, [0], counts)


def test_a_plane_goes_through_its_three_points():
    rng = torch.Generator().manual_seed(0)
    points = torch.randn(3, 30, generator=rng).double()
    plane = plane_of(*points)
    for point, place in zip(points, plane.corners, strict=True):
        reached = plane.origin + torch.tensor(place) @ plane.directions
        assert torch.allclose(reached, point)
    assert plane.corners[0] == pytest.approx([1, 0], abs=1e-12) and plane.corners[1, 1] > 0
    assert float(plane.directions[0] @ plane.directions[1]) == pytest.approx(0, abs=1e-12)
    grid = grid_of(plane.corners, 5)
    assert grid.shape == (25, 2)
    assert (grid.min(0) < plane.corners.min(0)).all() and (grid.max(0) > plane.corners.max(0)).all()


def test_losses_over_the_plane_and_the_surfaces_of_the_first_seed(small, found):
    tables = settling("n", found, small, NETWORK, (40, 80), points=5, orders=3)
    one, k = found[0], 40
    plane = plane_of(*(one.thetas[count] for count in (40, 80, 200)))
    grid = grid_of(plane.corners, 5)
    own = tables.surfaces[tables.surfaces["k"] == k]
    assert np.allclose(own[["alpha", "beta"]], grid)
    for number in (0, 12, 24):
        theta = plane.origin + torch.tensor(grid[number]).float() @ plane.directions
        wanted = float(loss_of(theta, small.train)[one.order[:k]].mean())
        assert own["loss"].iloc[number] == pytest.approx(wanted, rel=1e-4)
    assert set(COUNTS) <= set(tables.surfaces["k"])
    assert tables.corners["k"].tolist() == [40, 80, 200]
    assert len(tables.planes) == 3 * 3


def test_the_formula_holds_for_random_orders_and_not_for_one_that_the_plane_knows(small, found):
    tables = settling("n", found, small, NETWORK, (40, 80), points=7, orders=200)
    assert tables.planes["random_ratio"].between(0.7, 1.4).all()
    knows = tables.planes[tables.planes["k"] == 40]
    assert (knows["ratio"] > 2).all()


def test_a_planted_order_is_found_and_a_plain_one_is_not(small):
    """Losses of samples alone: sorted by size they break the formula, in random order not."""
    rng = torch.Generator().manual_seed(0)
    losses = torch.rand(9, 200, generator=rng).double() + torch.rand(200, generator=rng).double()
    by_size = losses.mean(0).argsort()
    planted = against_formula(losses, by_size, [50], 200, 0)[0]
    assert planted["ratio"] > 10 and planted["random_ratio"] == pytest.approx(1, abs=0.25)
    plain = [
        against_formula(losses, torch.randperm(200, generator=rng), [50], 1, 0)[0]["ratio"]
        for _ in range(200)
    ]
    assert np.mean(plain) == pytest.approx(1, abs=0.25)
    order = torch.randperm(200, generator=rng)
    by_hand = np.mean(
        [float(losses[g, order[:50]].mean() - losses[g].mean()) ** 2 for g in range(9)]
    )
    assert against_formula(losses, order, [50], 1, 0)[0]["squared"] == pytest.approx(by_hand)


def test_a_plane_through_what_was_not_trained_is_said_in_a_line(small, found):
    with pytest.raises(
        ProspectError, match=r"no network of 50 samples; want two of \[20, 40, 80\]"
    ):
        settling("n", found, small, NETWORK, (50, 80))


def test_more_samples_are_better_and_exponents_say_so(table):
    found = exponents(table).set_index("measure")
    assert found.loc["excess", "low"] > 0.3
    assert found.loc["distance", "number"] > 0
    assert (found["seeds"] == 3).all()
    each = slopes_table(table)
    means = each.groupby("measure")["exponent"].mean()
    assert means["excess"] == pytest.approx(found.loc["excess", "number"])
    assert len(each) == 3 * 4


COUNTED = np.array([50, 100, 200, 400, 800, 1437.0])


@pytest.mark.parametrize("c", [0.3, 1.0, 2.0])
def test_known_exponents_come_out(c):
    rng = np.random.default_rng(0)
    scales = rng.uniform(1, 3, (8, 1))
    assert slopes(COUNTED, scales * COUNTED**-c) == pytest.approx(np.full(8, c))
    assert with_floor(COUNTED, 0.06 + 30 * COUNTED**-c) == pytest.approx(c, rel=2e-2)


def test_what_does_not_fall_has_no_exponent():
    values = np.exp(np.random.default_rng(0).normal(0, 0.1, (8, 6)))
    found = intervals.mean(slopes(COUNTED, values).tolist())
    assert found.low < 0 < found.high


def test_the_interval_of_a_floor_holds_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(60):
        values = (0.06 + 30 / COUNTED) * np.exp(rng.normal(0, 0.1, (8, 6)))
        found = falls_to_a_floor(COUNTED, values)
        hits += found.low <= 1 <= found.high
    assert hits >= 51  # of 60: 57 are expected at 95 %, with a deviation of 1.7


def test_one_network_has_no_interval():
    found = falls_to_a_floor(COUNTED, (0.06 + 30 / COUNTED)[None])
    assert found.number == pytest.approx(1, rel=1e-2) and np.isnan(found.low)
    assert np.isnan(slopes(COUNTED[:1], np.ones((3, 1)))).all()


def test_the_objective_is_not_moved_by_evaluation(small, found):
    objective = Objective(module.ensemble.members(NETWORK, small, [0])[0], small.train)
    one = found[0]
    plane = plane_of(one.thetas[20], one.thetas[40], one.thetas[200])
    place = plane.origin, plane.directions, grid_of(plane.corners, 3)
    (_, first), (_, again) = (sample_losses(objective, *place) for _ in range(2))
    assert torch.equal(first, again)
