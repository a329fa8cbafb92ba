"""Figures from small tables: their panels, marks, and what they name."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from rows import of_seeds

from prospect.drawing.style import styled
from prospect.systems.samples import tables
from prospect.systems.samples.figures import convergence, increments, needed, second_order

STYLE = {"font": "DejaVu Sans", "size": 8, "palette": "colorblind"}


@pytest.fixture(autouse=True)
def style():
    with styled(STYLE):
        yield


def perceptrons(**more):
    lines = {"width": [4, 16, 64], "depth": [1, 5, 10], "epochs": [10, 60]}
    columns = ["level", "mad", "loss", "increment", "smoothed"]
    table = of_seeds(columns, **lines, **more).assign(dead=False)
    names = [f"h{w}-l{d}" for w, d in zip(table["width"], table["depth"], strict=True)]
    return table.assign(network=names)


@pytest.fixture
def rows():
    table = perceptrons()
    dead = (table["width"] == 4) & (table["depth"] == 5) & (table["seed"] == 2)
    table.loc[dead, ["level", "dead"]] = [0.0, True]
    return table


def legend(axis):
    return [text.get_text() for text in axis.get_legend().get_texts()]


def test_dead_perceptrons_are_named_and_left_out(rows):
    curves = perceptrons(k=[1, 10, 100]).drop(columns=["dead"])
    figure = increments.increments(rows, curves, STYLE)
    assert len(figure.axes) == 4
    assert legend(figure.axes[0]) == ["h = 4, 1 of 4 dead", "h = 16", "h = 64"]
    assert legend(figure.axes[1]) == ["L = 1", "L = 5", "L = 10"]
    assert figure.axes[2].get_title() == "L = 5, 60 epochs"
    figure = increments.levels(rows, STYLE)
    assert "dead: h4-l5 seed 2" in figure.get_supxlabel()
    lows = [min(line.get_ydata()) for line in figure.axes[0].lines]
    assert min(lows) >= 0.1  # no level of 0 enters a geometric mean


def test_published_levels_stand_beside_ours(rows):
    figure = increments.published(rows, tables.compared(rows, "digits"), STYLE)
    by_width, by_depth = figure.axes
    assert len(by_width.lines) == 7 + 1 and len(by_depth.lines) == 8 + 1
    assert "this study" in [text.get_text() for text in figure.legends[0].get_texts()]


def test_both_rates_are_in_one_figure():
    parts = ("", "_offset", "_shape", "_increment")
    columns = [f"{name}{part}" for name in ("measured", "expected", "ratio") for part in parts]
    lines = {"network": ["mlp"], "center": ["init", "trained"], "radius": [0.1, 1.0]}
    sizes = of_seeds(columns, **lines, k=[10, 100, 400])
    planes = of_seeds(["rate", "rate_increment"], **lines)
    figure = convergence.convergence(sizes, planes, STYLE)
    assert len(figure.axes) == 2 and "1 ‖θ‖" in figure.get_supxlabel()
    assert len(figure.axes[0].lines) == 2 * 4  # measured and formula, of four
    mean = planes.loc[(planes["center"] == "init") & (planes["radius"] == 1), "rate"].mean()
    assert f"slopes {mean:.2f}" in figure.axes[0].get_title()
    assert len(convergence.formula(sizes, STYLE).axes) == 4


def test_planes_have_a_row_each():
    columns = ["needed", "needed_shape", "needed_most", "error", "pilot_ratio"]
    lines = {"network": ["mlp"], "center": ["init", "trained"], "radius": [0.1, 1.0]}
    table = of_seeds([*columns, "pilot_ratio_large", "offset_share"], **lines, samples=[1437])
    figure = convergence.planes(table, STYLE)
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == ["init, 0.1 ‖θ‖", "init, 1 ‖θ‖", "trained, 0.1 ‖θ‖", "trained, 1 ‖θ‖"]


@pytest.mark.parametrize("curves", [True, False])
def test_needed_samples_with_and_without_curves(curves):
    lines = {"network": ["mlp"], "kind": ["curve"], "item": ["near", "far"]}
    rows = of_seeds(["pilot"], **lines, samples=[1437], needed=[700])
    rows = rows.assign(accuracy=0.05, pilot_samples=100)
    sizes = of_seeds(["error", "expected"], **lines, k=[10, 100])
    along = of_seeds(["loss", "deviation"], **lines, alpha=[-1.0, 0.0, 1.0])
    figure = needed.needed(rows, sizes, along if curves else pd.DataFrame(), STYLE)
    assert len([axis for axis in figure.axes if axis.axison]) == 2 + 2 * curves
    if curves:
        assert figure.axes[2].get_title() == "mlp, near: 700"
        first, second = (band.get_paths()[0].get_extents() for band in figure.axes[2].collections)
        assert first.height > second.height  # 100 samples are farther off than 700


def test_second_order_has_a_row_a_network():
    columns = [*second_order.TERMS, "holds", "holds_along_gradient", "violation", "crossover"]
    table = of_seeds(columns, network=["a", "b"], k=[100, 400, 1200], radius=[0.01, 0.1, 1.0])
    figure = second_order.second_order(table, STYLE)
    assert len(figure.axes) == 6
    assert figure.axes[0].get_title() == "k = 400, Gaussian d"
    assert legend(figure.axes[2]) == ["k = 100", "k = 400", "k = 1200"]
    plt.close(figure)
