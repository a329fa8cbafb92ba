"""Figures of bounds, Hessians and retraining from small tables: panels, marks, animation."""

import io

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from rows import table_of

from prospect.drawing.style import styled
from prospect.systems.samples.bounds import RUNGS, STEPS
from prospect.systems.samples.figures import bounds, hessians, retraining
from prospect.systems.samples.rates import MEASURES

STYLE = {
    "font": "DejaVu Sans",
    "size": 8,
    "palette": "colorblind",
    "colormap": "viridis",
    "dpi": 50,
}


@pytest.fixture(autouse=True)
def style():
    with styled(STYLE):
        yield


def of_bounds():
    columns = [*(f"log_{rung}" for rung in RUNGS), *STEPS]
    columns += ["violation", "violation_by_gauss_newton"]
    scales = {"state": ["initial"], "scale": [0.1, 1.0], "seed": [0, 1]}
    sizes = [(4, 5), (16, 5), (16, 0), (16, 1)]
    parts = []
    for width, depth in sizes:
        own = {"network": [f"h{width}-l{depth}"], "width": [width], "depth": [depth]}
        parts.append(table_of(columns, **own, **scales))
        parts.append(table_of(columns, **own, state=["trained"], scale=[1.0], seed=[0, 1]))
    return pd.concat(parts, ignore_index=True).assign(dead=False)


def drawn(axis):
    """The lines of a panel that have points across."""
    return [line for line in axis.lines if len(line.get_xdata()) > 2 or line.get_marker() == "o"]


def test_the_names_of_rungs_and_steps_are_those_of_the_table():
    assert tuple(bounds.RUNGS) == RUNGS
    assert list(bounds.STEPS) == list(STEPS)
    assert list(retraining.MEASURES) == list(MEASURES)


@pytest.mark.parametrize("draw", [bounds.ladder, bounds.costs])
def test_the_ladder_has_a_panel_a_size_and_state(draw):
    table = of_bounds()
    table.loc[(table["network"] == "h4-l5") & (table["seed"] == 1), "dead"] = True
    figure = draw(table, STYLE)
    titles = [axis.get_title() for axis in figure.axes]
    assert titles == [
        "initial, width 16",
        "trained, width 16",
        "initial, depth 5",
        "trained, depth 5",
    ]
    rungs = figure.axes[1].lines[0]
    assert list(rungs.get_xdata()) == [0, 1, 5]
    own = table[(table["state"] == "trained") & (table["width"] == 16) & (table["depth"] == 1)]
    column = "log_norm" if draw is bounds.ladder else "two_terms"
    assert rungs.get_ydata()[1] == pytest.approx(own[column].mean())
    assert "dead: h4-l5 seed 1" in figure.get_supxlabel()


def test_violations_are_drawn_where_weights_are_scaled():
    figure = bounds.violation(of_bounds(), STYLE)
    assert [axis.get_title() for axis in figure.axes] == ["‖H‖ / Theorem 1", "‖G‖ / Theorem 1"]
    assert all(axis.get_yscale() == "log" for axis in figure.axes)
    assert len(figure.legends[0].get_texts()) == 4


def test_hessians_have_six_panels_and_theory_beside_two():
    columns = [*hessians.PANELS, *hessians.FORMULAS.values()]
    names = {"network": ["n"], "state": ["initial", "trained"], "seed": [0, 1]}
    table = table_of(columns, **names, k=[10, 100, 1000]).assign(dead=False)
    figure = hessians.hessians(table, STYLE)
    assert "no network is dead" in figure.get_supxlabel()
    assert [axis.get_title() for axis in figure.axes] == list(hessians.PANELS.values())
    counts = [len(drawn(axis)) for axis in figure.axes]
    assert counts == [2, 2, 4, 2, 2, 4]


def of_retraining():
    names = {"network": ["n", "m"], "seed": [0, 1, 2], "k": [50, 100, 200]}
    columns = [*retraining.LINES["losses"], *retraining.LINES["distances"]]
    columns += [*retraining.LINES["barriers"], "steps"]
    table = table_of(columns, **names).assign(dead=False, reached=True, classes=10)
    table.loc[0, ["reached", "classes"]] = [False, 9]
    table.loc[table["k"] == 200, ["to_next", "barrier"]] = np.nan
    table.loc[table["k"] == 200, ["to_all", "excess"]] = 0.0
    planes = table_of(list(retraining.LINES["planes"]), **names | {"k": [50, 100]})
    exponents = table_of(["number", "low", "high"], network=["n", "m"], measure=list(MEASURES))
    return table, planes, exponents


def test_retraining_has_six_panels_a_network():
    figure = retraining.retraining(*of_retraining(), STYLE)
    assert len(figure.axes) == 12
    assert "1 of them missed the goal" in figure.get_supxlabel()
    assert "classes are missing in 1 of k = 50" in figure.get_supxlabel()
    excess = figure.axes[0].lines[0]
    assert list(excess.get_xdata()) == [50, 100]  # at the last k it is 0
    assert figure.axes[0].get_ylabel().startswith("n\n")
    assert figure.axes[6].get_ylabel().startswith("m\n")


def of_plane():
    axes = np.linspace(-1, 1, 5)
    surfaces = table_of(["loss"], k=[50, 70, 100, 200], alpha=axes, beta=axes)
    places = {"k": [50, 100, 200], "alpha": [1.0, 0.5, 0.0], "beta": [0.0, 0.5, 0.0]}
    return surfaces, pd.DataFrame(places)


def test_settling_has_a_panel_a_number_of_samples():
    surfaces, corners = of_plane()
    figure = retraining.settling(surfaces, corners, [50, 100, 200, 70], STYLE)
    panels = [axis for axis in figure.axes if axis.get_title()]
    assert [axis.get_title() for axis in panels] == ["k = 50", "k = 100", "k = 200", "k = 70"]
    own = surfaces[surfaces["k"] == 100]
    lowest = own.loc[own["loss"].idxmin()]
    mark = next(line for line in panels[1].lines if line.get_marker() == "v")
    assert mark.get_xdata()[0] == lowest["alpha"] and mark.get_ydata()[0] == lowest["beta"]


def test_the_animation_has_a_frame_a_number_of_samples_and_the_same_bytes():
    files = []
    for _ in range(2):
        animation = retraining.settling_animation(*of_plane(), STYLE)
        files.append(retraining.as_gif(animation, STYLE))
        plt.close("all")
    assert files[0] == files[1]
    with Image.open(io.BytesIO(files[0])) as image:
        assert image.format == "GIF"
        frames = image.n_frames
    assert frames >= 4
