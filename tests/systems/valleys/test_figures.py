"""Figures from small tables: their panels, axes and marks."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from rows import of_seeds

from prospect.base import intervals
from prospect.drawing import marks
from prospect.drawing.style import styled
from prospect.systems.valleys.correlations import rank_correlations
from prospect.systems.valleys.figures.averages import averages
from prospect.systems.valleys.figures.batches import batches
from prospect.systems.valleys.figures.fusion import agreement, fusion
from prospect.systems.valleys.figures.variations import variations
from prospect.systems.valleys.pairs import batches_table, fusion_table
from prospect.systems.valleys.variations import variations_table

STYLE = {"font": "DejaVu Sans", "size": 8, "palette": "colorblind"}


@pytest.fixture(autouse=True)
def style():
    with styled(STYLE):
        yield


def of_fusion(**names):
    numbers = ["accuracy_a", "accuracy_b", "ensemble_accuracy", "consensus_accuracy"]
    for prefix in ("", "aligned_"):
        numbers += [f"{prefix}{n}" for n in ("sign_consistency", "overlap", "barrier")]
        numbers += [f"{prefix}midpoint_accuracy", f"{prefix}midpoint_gap"]
    starts = {"start": ["same", "half-classes"]}
    table = of_seeds(numbers, network=["mlp", "deep"], **starts, epoch=[1, 2, 5])
    table.loc[table["network"] == "deep", [n for n in numbers if n.startswith("aligned")]] = np.nan
    return fusion_table(table)


def labels(figure):
    """All texts beside axes, in the order of panels."""
    return [text for axis in figure.axes for text in (axis.get_xlabel(), axis.get_ylabel()) if text]


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def drawn(figure):
    """Draw all of it: a mistake in a label shows only then."""
    figure.canvas.draw()
    return figure


def test_a_band_is_the_mean_with_its_interval():
    table = pd.DataFrame({"x": [1, 1, 1, 2, 2, 2], "y": [1.0, 2, 3, 4, 4, np.nan]})
    _, axis = plt.subplots()
    marks.band(axis, table, "x", "y")
    assert axis.lines[0].get_xydata().tolist() == [[1, 2], [2, 4]]
    low, high = intervals.mean([1.0, 2.0, 3.0])[1:]
    corners = axis.collections[0].get_paths()[0].vertices[:, 1]
    assert (corners.min(), corners.max()) == pytest.approx((low, high))


def test_a_geometric_mean_leaves_out_what_is_not_positive():
    found = marks.mean_over_units(pd.Series([1.0, 4.0, np.nan, -1.0]), log=True)
    assert found.number == pytest.approx(2)
    assert 0 < found.low < 2 < found.high
    assert np.isnan(marks.mean_over_units(pd.Series([np.nan])).number)


def test_fusion_over_epochs_and_at_the_last_one():
    figure = drawn(fusion(of_fusion(), STYLE))
    assert len(figure.axes) == 6
    assert [axis.get_title() for axis in figure.axes[:2]] == ["mlp", "deep"]
    texts = labels(figure)
    assert texts.count("epoch") == 4
    assert any("points of test accuracy" in text for text in texts)
    assert any("nats" in text for text in texts)
    mlp, deep = figure.axes[:2]
    assert len(mlp.lines) - len(deep.lines) == 2  # nothing is drawn of what cannot be aligned
    assert legend(figure)[:2] == ["same", "half-classes"]
    assert "4 of mlp, 4 of deep" in figure.get_supxlabel()


def test_agreement_has_a_panel_for_signs_cosine_and_correlations():
    pairs = of_fusion()
    correlations = pd.concat(
        rank_correlations(own, draws=20).assign(network=name)
        for name, own in pairs.groupby("network")
    )
    figure = drawn(agreement(pairs, correlations, STYLE))
    assert len(figure.axes) == 6
    below = [axis.get_xlabel() for axis in figure.axes[3:]]
    assert below == ["sign consistency", "cosine", "rank correlation"]
    rows = [text.get_text() for text in figure.axes[2].get_yticklabels()]
    assert rows[2:] == ["sign consistency\ngiven cosine", "cosine\ngiven sign consistency"]
    dots = [line for line in figure.axes[2].lines if line.get_marker() != "None"]
    assert len(dots) == 4 * 3


def test_batches_have_lines_and_dots():
    numbers = [
        f"{n}_{e}" for n in ("rise", "relative_rise", "norm", "sign_consistency") for e in "ab"
    ]
    names = {"network": ["mlp"], "matched": ["steps", "loss"], "start": ["same", "other"]}
    pairs = batches_table(of_seeds(numbers, **names))
    columns = ["loss", "test_loss", "accuracy", "test_accuracy"]
    lines = of_seeds(columns, **names, alpha=[-0.5, 0.0, 1.0, 1.5])
    figure = drawn(batches(pairs, lines, STYLE))
    assert len(figure.axes) == 6
    top = figure.axes[0]
    assert top.get_yscale() == "log" and top.get_ylabel() == "loss [nats], log scale"
    assert [text.get_text() for text in top.get_xticklabels()] == ["-0.5", "A", "B", "1.5"]
    assert figure.axes[2].get_xlabel() == "A / B, log scale"
    assert "same initialisation" in legend(figure) and "at equal loss" in legend(figure)


def test_averages_have_a_panel_for_every_weight_decay():
    names = {"network": ["mlp", "mlp-bn"], "weight_decay": [0.0, 5e-4]}
    pairs = of_seeds(["sign_consistency"], **names).assign(plus_lower=True, test_plus_lower=False)
    lines = of_seeds(["loss", "test_loss"], **names, alpha=[-1.0, 0.0, 1.0, 2.0])
    figure = drawn(averages(pairs, lines, STYLE))
    titles = [axis.get_title() for axis in figure.axes]
    assert titles[:2] == ["mlp, weight decay 0", "mlp, weight decay 0.0005"]
    dots = [line for line in figure.axes[2].lines if line.get_marker() != "None"]
    shares = [line.get_xdata()[0] for line in dots if round(line.get_ydata()[0]) < 2]
    assert sorted(shares) == [0, 0, 1, 1]
    assert [text.get_text() for text in figure.axes[0].get_xticklabels()][1:3] == ["SWA", "SGD"]


def test_variations_have_a_row_each_and_batchnorm_a_panel():
    columns = ["rise", "plus_lower", "log_asymmetry", "batchnorm_mean", "batchnorm_positive"]
    kinds = ["gaussian", "signed"]
    names = {"network": ["mlp", "mlp-bn"], "variation": ["recipe", "rate 0.2"]}
    table = of_seeds(columns, **names, directions=kinds).assign(batchnorm_init="")
    binary = of_seeds(
        columns, network=["mlp-bn"], variation=["BatchNorm uniform"],
        directions=["binary", "binary-batchnorm"],
    ).assign(batchnorm_init="uniform")  # fmt: skip
    figure = drawn(variations(variations_table(pd.concat([table, binary])), STYLE))
    assert len(figure.axes) == 8
    assert not figure.axes[3].axison and figure.axes[7].axison  # no BatchNorm in the first
    rows = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert rows == ["recipe", "rate 0.2"]
    assert figure.axes[4].get_xlabel() == "rise at ±½\n[nats], log scale"
    assert legend(figure)[:2] == ["Gaussian noise", "with the signs of θ"]
