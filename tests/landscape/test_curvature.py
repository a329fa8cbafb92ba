"""Shares of random directions against exact distributions and a plain simulation."""

import numpy as np
import pytest
from scipy.stats import f, norm

from prospect.landscape.curvature import share_above

rng = np.random.default_rng(0)
SPECTRA = {
    "a few large": np.r_[30, 5, 3, rng.normal(-0.04, 0.05, 500)],
    "one, negative": np.r_[-20, rng.normal(0.02, 0.02, 800)],
    "power laws": np.r_[1 / np.arange(1, 300), -0.5 / np.arange(1, 300) ** 1.5],
    "none stands out": rng.normal(0.01, 0.1, 700),
}


def known_of(values, pairs):
    """What is known of a Hessian with these eigenvalues."""
    values = np.sort(values)
    ends = np.r_[values[:pairs], values[len(values) - pairs :]]
    squares = (values**2).sum()
    return {
        "eigenvalues": ends,
        "trace": values.sum(),
        "squares": squares,
        "parameters": len(values),
    }


def simulated(values, levels, count=40_000):
    squares = rng.standard_normal((count, len(values))) ** 2
    found = squares @ values / squares.sum(axis=1)
    return (found[:, None] > levels).mean(axis=0)


@pytest.mark.parametrize("name", SPECTRA)
def test_shares_are_those_of_simulated_directions(name):
    values = SPECTRA[name]
    levels = values.mean() + np.linspace(-1, 1, 5) * values.std() / np.sqrt(len(values))
    levels = np.r_[levels, 0]
    found = share_above(known_of(values, 4), levels)
    assert np.abs(found - simulated(values, levels)).max() < 0.02


def test_a_normal_distribution_would_be_far_off():
    """The positive control: what the spectrum of a trained network needs more than two moments."""
    values = SPECTRA["one, negative"]
    count, trace, squares = len(values), values.sum(), (values**2).sum()
    variance = 2 * (count * squares - trace**2) / count**2 / (count + 2)
    (seen,), naive = simulated(values, [0.0]), norm.cdf(trace / count / np.sqrt(variance))
    assert abs(naive - seen) > 0.1
    assert abs(share_above(known_of(values, 1), [0.0])[0] - seen) < 0.01


@pytest.mark.parametrize(("ups", "downs", "depth"), [(10, 10, 1.0), (10, 6, 2.0), (1, 1, 3.0)])
def test_two_eigenvalues_make_an_f_distribution(ups, downs, depth):
    """All are known: χ²(ups) > depth · χ²(downs)."""
    values = np.r_[np.ones(ups), np.full(downs, -depth)]
    known = known_of(values, len(values) // 2)
    exact = f.sf(depth * downs / ups, ups, downs)
    assert share_above(known, [0.0])[0] == pytest.approx(exact, abs=3e-3)


def test_many_known_eigenvalues_are_as_good_as_all():
    values = SPECTRA["power laws"]
    few, many = (share_above(known_of(values, pairs), [0.0, 0.01]) for pairs in (30, 290))
    assert np.abs(few - many).max() < 3e-3


def test_shares_fall_from_one_to_zero():
    values = SPECTRA["a few large"]
    levels = np.linspace(values.min() - 1, values.max() + 1, 50)
    found = share_above(known_of(values, 3), levels)
    assert found[0] == pytest.approx(1) and found[-1] == pytest.approx(0)
    assert (np.diff(found) <= 1e-12).all()


def test_without_any_curvature_none_is_above_zero():
    found = share_above(known_of(np.zeros(30), 2), [-1.0, 0.0, 1.0])
    assert found == pytest.approx([1, 0, 0], abs=1e-3)
    assert found[1] == 0


def test_estimates_that_contradict_each_other_give_a_share():
    known = known_of(SPECTRA["a few large"], 3) | {"squares": 1.0}
    assert 0 <= share_above(known, [0.0])[0] <= 1
