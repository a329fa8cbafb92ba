"""Exponents of data whose exponent is known, and how often their intervals contain it."""

import itertools

import numpy as np
import pandas as pd
import pytest

from prospect.base.errors import ProspectError
from prospect.systems.spinglass.exponents import exponent, exponents

WIDTHS = (16, 32, 64, 128)


def power_law(a, seeds, noise, rng):
    """A row a seed and width: 3 width^a, and noise of every network's own."""
    rows = []
    for seed, width in itertools.product(range(seeds), WIDTHS):
        y = 3 * width**a * (1 + noise * rng.standard_normal())
        rows.append({"seed": seed, "width": width, "y": y})
    return pd.DataFrame(rows)


def pairs_with_effects(a, seeds, spread, rng):
    """A row a width and pair: a power law times (1 + the effects of both networks)."""
    rows = []
    for width in WIDTHS:
        effect = spread * rng.standard_normal(seeds)
        for one, other in itertools.combinations(range(seeds), 2):
            y = width**a * (1 + effect[one] + effect[other])
            rows.append({"seed": one, "seed_b": other, "width": width, "y": y})
    return pd.DataFrame(rows)


def test_an_exact_power_law_has_its_exponent_and_no_width():
    found = exponent(power_law(-0.5, 6, 0, np.random.default_rng(0)), "width", "y")
    assert found == pytest.approx((-0.5, -0.5, -0.5))


def test_the_slope_is_that_of_plain_least_squares_over_the_range():
    table = power_law(-0.5, 6, 0.3, np.random.default_rng(1))
    found = exponents(table, "width", "y", [(16, 128), (32, 64)])
    mean = table.groupby("width")["y"].mean()
    wanted = np.polyfit(np.log(mean.index), np.log(mean), 1)[0]
    assert found["number"][0] == pytest.approx(wanted)
    assert found["number"][1] == pytest.approx(np.log2(mean[64] / mean[32]))
    assert list(found.columns) == ["outcome", "against", "from", "to", "number", "low", "high"]


@pytest.mark.parametrize("make", [power_law, pairs_with_effects])
def test_intervals_contain_the_truth_about_as_often_as_they_say(make):
    rng = np.random.default_rng(2)
    tables = [make(-0.5, 8, 0.1, rng) for _ in range(200)]
    found = [exponent(table, "width", "y") for table in tables]
    inside = np.mean([low <= -0.5 <= high for _, low, high in found])
    print(f"{make.__name__}: {inside:.3f} contain the truth")
    assert 0.9 <= inside < 1  # 0.95 less three standard errors, and not too wide
    assert np.mean([high < -0.3 for _, _, high in found]) > 0.9  # and yet they say something


def test_what_is_undefined_is_nan_and_what_cannot_be_is_said():
    table = power_law(1, 4, 0.1, np.random.default_rng(3))
    number, low, high = exponent(table, "width", "y")
    assert np.isfinite(number)
    assert np.isnan([low, high]).all()  # four networks
    assert np.isnan(exponent(table.assign(y=0.0), "width", "y").number)
    with pytest.raises(ProspectError, match="'width' takes 1 values; want at least 2"):
        exponent(table[table["width"] == 16], "width", "y")
