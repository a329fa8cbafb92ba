"""Partial means against plain loops, and the two formulas against all orders of a small set."""

import itertools

import numpy as np
import pytest
import torch

from prospect.systems.samples.convergence import of_plane
from prospect.systems.samples.orders import deviations, increments, mean_increments, orders


@pytest.fixture
def losses():
    """Losses of 6 samples at 4 points, some of them heavy."""
    rng = torch.Generator().manual_seed(0)
    return torch.randn(4, 6, generator=rng).exp()


@pytest.fixture
def everyone():
    """All 720 orders of 6 samples."""
    return torch.tensor(list(itertools.permutations(range(6))))


def test_orders_are_permutations_of_their_own():
    drawn = orders(20, 50, 3, "a")
    assert (drawn.sort(1).values == torch.arange(50)).all()
    assert len({tuple(order) for order in drawn.tolist()}) == 20
    assert torch.equal(drawn, orders(20, 50, 3, "a"))
    assert not torch.equal(drawn, orders(20, 50, 3, "b"))


def test_partial_means_are_those_of_plain_loops(losses):
    drawn, sizes = orders(5, 6, 0), [1, 3, 5]
    off, more = deviations(losses, drawn, sizes), increments(losses, drawn, sizes)
    exact = losses.double()
    for o, order in enumerate(drawn.tolist()):
        for place, k in enumerate(sizes):
            first, next_one = exact[:, order[:k]].mean(1), exact[:, order[: k + 1]].mean(1)
            assert off[o, place].numpy() == pytest.approx((first - exact.mean(1)).numpy())
            assert more[o, place].numpy() == pytest.approx((next_one - first).numpy())
    one = np.abs(np.diff([exact[0, drawn[0, : k + 1]].mean() for k in range(6)]))
    assert mean_increments(losses[0], drawn[:1]) == pytest.approx(one)


def test_over_all_orders_measured_is_exactly_what_is_expected(losses, everyone):
    found = of_plane(losses, everyone, [1, 2, 3, 5])
    for part in ("", "_offset", "_shape", "_increment"):
        assert found[f"ratio{part}"].to_numpy() == pytest.approx(1, abs=1e-12)
    assert found["measured"].to_numpy() == pytest.approx(
        (found["measured_offset"] + found["measured_shape"]).to_numpy()
    )


def test_an_order_that_knows_the_plane_does_not_fit_the_formula(losses, everyone):
    by_loss = losses[0].argsort()[None]
    assert of_plane(losses[:1], by_loss, [3])["ratio"].item() > 2
    assert of_plane(losses[:1], everyone, [3])["ratio"].item() == pytest.approx(1)
