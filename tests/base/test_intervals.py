"""Shares: the 95 % interval is Wilson's, also at its ends."""

import math

import pytest

from prospect.base.intervals import share

Z = 1.959963984540054  # the normal distribution's 97.5 % quantile


@pytest.mark.parametrize(("found", "of"), [(9, 10), (1, 3), (5, 5), (0, 4), (1, 200), (137, 1000)])
def test_a_share_has_the_wilson_interval(found, of):
    p = found / of  # Wilson 1927
    middle = (p + Z**2 / (2 * of)) / (1 + Z**2 / of)
    half = Z / (1 + Z**2 / of) * math.sqrt(p * (1 - p) / of + Z**2 / (4 * of**2))
    wanted = {"share": p, "share_low": middle - half, "share_high": middle + half}
    assert share(found, of) == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("of", [1, 10, 200])
def test_none_and_all_end_at_0_and_1_and_mirror_each_other(of):
    none, every = share(0, of), share(of, of)
    assert none["share"] == 0 and every["share"] == 1
    assert none["share_low"] == 0 and every["share_high"] == 1
    assert none["share_high"] == pytest.approx(Z**2 / (of + Z**2))
    assert every["share_low"] == pytest.approx(of / (of + Z**2))


def test_the_interval_holds_the_share_and_narrows_with_the_count():
    widths = []
    for of in (10, 100, 1000):
        row = share(3 * of // 10, of)
        assert row["share_low"] < row["share"] == 0.3 < row["share_high"]
        widths.append(row["share_high"] - row["share_low"])
    assert widths[0] > 2 * widths[1] > 4 * widths[2]
