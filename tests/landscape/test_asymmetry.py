"""The two sides of a curve, against closed forms."""

import numpy as np
import pytest

from prospect.landscape.asymmetry import asymmetry

ALPHA = np.linspace(-2, 2, 81)


def test_a_symmetric_curve_has_none():
    found = asymmetry(ALPHA, ALPHA**2, 1 - ALPHA**2 / 4, 0.0, 1.0)
    assert found["log_asymmetry"] == pytest.approx(0, abs=1e-12)
    assert found["error_difference"] == pytest.approx(0, abs=1e-12)
    assert not found["plus_lower"] and not found["plus_below"]


@pytest.mark.parametrize("radius", [0.2, 1.0, 2.0])
def test_a_flatter_plus_side_is_positive_by_the_log_of_the_ratio(radius):
    loss = 0.5 + np.where(ALPHA > 0, 1.0, 3.0) * ALPHA**2
    accuracy = np.where(ALPHA > 0, 0.9, 0.7)
    found = asymmetry(ALPHA, loss, accuracy, 0.5, radius)
    assert found["log_asymmetry"] == pytest.approx(np.log(3))
    assert found["plus_lower"] and not found["plus_below"]
    assert found["error_difference"] == pytest.approx(-0.2, abs=0.03)
    mirrored = asymmetry(ALPHA, loss[::-1], accuracy[::-1], 0.5, radius)
    assert mirrored["log_asymmetry"] == pytest.approx(-np.log(3))
    assert mirrored["error_difference"] == pytest.approx(0.2, abs=0.03)


def test_a_plus_side_below_the_center_is_an_outcome_of_its_own():
    found = asymmetry(ALPHA, 1 - ALPHA / 4, np.ones(81), 1.0, 1.0)
    assert np.isnan(found["log_asymmetry"])
    assert found["plus_below"] and found["plus_lower"]
