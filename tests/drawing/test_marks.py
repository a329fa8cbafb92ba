"""A band is the mean and the t interval of scipy at every point."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_1samp

from prospect.drawing.marks import band


@pytest.fixture
def axis():
    figure, axis = plt.subplots()
    yield axis
    plt.close(figure)


def test_a_band_is_mean_and_interval_at_every_point(axis):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"at": np.repeat([2, 0, 5], 6), "value": rng.standard_normal(18)})
    band(axis, table, "at", "value", color="red", label="some")
    (line,), (area,) = axis.lines, axis.collections
    values = {at: rows["value"] for at, rows in table.groupby("at")}
    assert line.get_xdata().tolist() == [0, 2, 5]
    assert line.get_ydata() == pytest.approx([values[at].mean() for at in (0, 2, 5)])
    assert line.get_label() == "some"
    drawn = {tuple(np.round(point, 9)) for point in area.get_paths()[0].vertices}
    for at, own in values.items():
        interval = ttest_1samp(own, 0).confidence_interval()
        assert {(at, round(interval.low, 9)), (at, round(interval.high, 9))} <= drawn


def test_what_is_missing_is_left_out(axis):
    table = pd.DataFrame({"at": [1, 1, 2, 2], "value": [0.5, 1.5, np.nan, np.nan]})
    band(axis, table, "at", "value")
    assert axis.lines[0].get_xydata().tolist() == [[1, 1]]
    band(axis, table[2:], "at", "value")
    assert len(axis.lines[1].get_xdata()) == 0
