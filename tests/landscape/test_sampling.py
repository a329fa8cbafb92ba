"""What some samples say of all, against plain formulas and draws from a known population."""

import itertools

import numpy as np
import pytest

from prospect.landscape import sampling


@pytest.fixture
def population():
    """Losses (12, 6000) of samples in three strata at points along a line, smooth and positive."""
    rng = np.random.default_rng(0)
    places, strata = np.linspace(0, 3, 12)[:, None], np.repeat([0, 1, 2], [1000, 2000, 3000])
    height, place = rng.gamma(2, size=6000), rng.uniform(-1, 4, size=6000)
    return strata + height * (1 + 3 * np.exp(-((places - place) ** 2))), strata


def drawn(strata, size, rng):
    """Return a stratified random sample of indices."""
    parts = []
    for label in np.unique(strata):
        members = np.flatnonzero(strata == label)
        parts.append(rng.permutation(members)[: size * len(members) // len(strata)])
    return np.concatenate(parts)


def test_shares_are_the_most_equal_ones_with_these_means(population):
    losses, strata = population
    index = drawn(strata, 300, np.random.default_rng(1))
    few, strata, wanted = losses[[2, 5, 9]][:, index], strata[index], losses[[2, 5, 9]].mean(axis=1)
    found = sampling.shares(few, strata, wanted)
    assert np.allclose((few * found).mean(axis=1), wanted, rtol=1e-10)
    sizes = [found[strata == label].sum() for label in range(3)]
    assert np.allclose(sizes, [50, 100, 150])
    # the same by Lagrange multipliers: least squares of share - 1 under all constraints at once
    rules = np.vstack([few, np.eye(3)[strata].T])
    right = np.append(300 * wanted, [50, 100, 150]) - rules.sum(axis=1)
    assert np.allclose(found - 1, np.linalg.pinv(rules) @ right, atol=1e-8)


def test_points_are_taken_where_the_variance_given_the_others_is_largest(population):
    covariance = np.cov(population[0])
    order, left = sampling.most_uncertain(covariance, 4)
    assert order[0] == 4
    for count in range(1, 6):
        some = order[:count]
        inverse = np.linalg.inv(covariance[np.ix_(some, some)])
        given = covariance - covariance[:, some] @ inverse @ covariance[some]
        assert np.isclose(given.diagonal().max(), left[count - 1], atol=1e-9)
        assert given.diagonal().argmax() == order[count]


def test_the_error_of_calibrated_means_is_what_is_said(population):
    losses, strata = population
    within = sampling.centred(losses, strata)
    covariance = within @ within.T / 6000
    order, left = sampling.most_uncertain(covariance, 0)
    exact, worst = order[:3], order[3]
    rng, squares, surprises, plain = np.random.default_rng(2), [], [], []
    for _ in range(400):
        index = drawn(strata, 300, rng)
        share = sampling.shares(losses[exact][:, index], strata[index], losses[exact].mean(axis=1))
        squares.append(((losses[worst, index] * share).mean() - losses[worst].mean()) ** 2)
        apart = losses[:, index].mean(axis=1) - losses.mean(axis=1)
        plain.append(apart[worst] ** 2)
        variance = 1 / 300 - 1 / 6000
        surprises.append(
            sampling.surprise(covariance[np.ix_(exact, exact)] * variance, apart[exact])
        )
    said = left[2] * variance
    assert 0.8 < np.mean(squares) / said < 1.25
    assert np.mean(plain) > 5 * said
    assert 0.85 < np.mean(surprises) < 1.15


def test_missed_samples_that_matter_are_a_surprise(population):
    losses, strata = population
    index = drawn(strata, 300, np.random.default_rng(3))
    rest = np.setdiff1d(np.arange(6000), index)
    heavy = losses.copy()
    heavy[:, rest[::200]] *= 1000
    within = sampling.centred(heavy[:3, index], strata[index])
    apart = heavy[:3].mean(axis=1) - heavy[:3, index].mean(axis=1)
    assert sampling.surprise(within @ within.T / 300 / 300, apart) > 100


def test_the_plan_is_the_cheapest_that_is_good_enough():
    left = 100 / np.arange(1, 41) ** 1.5

    def cost(plan):
        return 500 * plan.few + plan.near * plan.middle + plan.exact * 50_000

    found = sampling.plan(left, 50_000, 1000, 0.1, cost)
    good = []
    for few, middle in itertools.combinations([1000, 2000, 4000, 8000, 16_000], 2):
        for exact, near in itertools.combinations_with_replacement(range(1, 41), 2):
            of_few = left[near - 1] * (1 / few - 1 / middle)
            of_middle = left[exact - 1] * (1 / middle - 1 / 50_000)
            if of_few + of_middle <= 0.1**2:
                good.append(sampling.Plan(few, middle, near, exact, of_few, of_middle))
    assert cost(found) == min(map(cost, good))
    assert found in good
    assert sampling.plan(left, 50_000, 1000, 1e-4, cost) is None
    assert sampling.plan(left, 3000, 1000, 0.1, cost) is None
