"""Figures of federated training and of the theory from small tables."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from prospect.drawing.style import styled
from prospect.systems.valleys import gains, theory
from prospect.systems.valleys.figures import federated as figures
from prospect.systems.valleys.figures.theory import theory as draw_theory

STYLE = {"font": "DejaVu Sans", "size": 8, "palette": "colorblind", "colormap": "viridis"}
SHIFTS = {"fedavg": 0, "feddyn": 0.1, "fedsign": 0.05, "fedsign-growth": 0.05}


def rows_of(method, alpha, seed):
    """Twenty rounds of a run."""
    run = {"network": "mlp", "dataset": "digits", "method": method, "reduction": "sum"}
    run |= {"alpha": alpha, "lr": 0.1, "strength": 0.0 if method == "fedavg" else 0.2}
    run |= {"seed": seed, "diverged": False, "drift": 1.0, "sign_consistency_clients": 0.9}
    rounds = np.arange(1, 21)
    accuracy = 0.5 + SHIFTS[method] + np.random.default_rng(seed).normal(0, 0.01, len(rounds))
    columns = {"round": rounds, "norm": 1.0 * rounds, "test_accuracy": accuracy}
    columns |= {"midpoint_gap": np.where(rounds % 10, np.nan, 0.02)}
    return pd.DataFrame(columns | {"held_out_accuracy": accuracy}).assign(**run)


@pytest.fixture(scope="module")
def tables():
    """Rounds and gains of methods that are the better by so much."""
    runs = itertools.product(SHIFTS, (0.1, 10.0), range(4))
    rounds = pd.concat([rows_of(*run) for run in runs])
    chosen = gains.chosen(gains.scores(rounds))
    return gains.rounds_of(chosen, rounds), gains.gains(chosen)


@pytest.fixture(autouse=True)
def look():
    with styled(STYLE):
        yield
        plt.close("all")


def marks(axis, color):
    """Where an axis has filled marks of a colour."""
    lines = [line for line in axis.lines if line.get_marker() == "o" and len(line.get_xdata())]
    return [float(line.get_xdata()[0]) for line in lines if line.get_color() == color]


def test_curves_and_gains_of_every_alpha(tables):
    figure = figures.federated(*tables, STYLE)
    curves, points = figure.axes[:2], figure.axes[2:]
    assert [axis.get_title() for axis in curves] == ["Dirichlet α = 0.1", "Dirichlet α = 10"]
    assert curves[0].get_ylabel() == "test accuracy [%]"
    for axis in curves:
        assert len(axis.lines) == 4
        means = {line.get_label(): line.get_ydata().mean() for line in axis.lines}
        assert means["FedDyn"] == pytest.approx(60, abs=1)
        assert means["FedAvg"] == pytest.approx(50, abs=1)
    names = [label.get_text() for label in points[0].get_yticklabels()]
    assert names == ["FedDyn", "FedSign", "growth alone"]
    for axis in points:
        assert "FedAvg" in axis.get_xlabel() and "points" in axis.get_xlabel()
        assert marks(axis, figures._color("feddyn")) == [pytest.approx(10, abs=0.6)]
        assert marks(axis, figures._color("fedsign")) == [pytest.approx(5, abs=0.6)]
    assert "4 runs" in figure.get_supxlabel() and "mlp on digits" in figure.get_supxlabel()


def test_growth_shows_what_weights_do(tables):
    figure = figures.growth(*tables, STYLE)
    left = figure.axes[::2]
    assert len(left) == 1 + len(figures.PER_ROUND)
    assert [axis.get_ylabel() for axis in left[1:]] == list(figures.PER_ROUND.values())
    assert left[0].get_title() == "Dirichlet α = 0.1: lr 0.1, s 0.2"
    names = [label.get_text() for label in left[0].get_yticklabels()]
    assert names == ["FedSign", "growth alone"]  # at equal rate and strength: no other method
    for line in left[1].lines:
        assert line.get_ydata().tolist() == list(range(1, 21))
    for line in left[-1].lines:
        assert line.get_xydata().tolist() == [[10, 2], [20, 2]]


def test_circles_are_the_samples_of_clients():
    rows = [
        {"alpha": alpha, "run": run, "client": client, "class": label, "count": 6 // classes}
        for alpha, classes in ((0.1, 1), (10.0, 3))
        for run in (0, 1)
        for client in range(50)
        for label in range(classes)
    ]
    figure = figures.partitions(pd.DataFrame(rows), STYLE)
    for (left, right), classes in zip((figure.axes[:2], figure.axes[2:]), (1, 3), strict=True):
        circles = left.collections[0]
        assert len(circles.get_offsets()) == 40 * classes
        sizes = circles.get_sizes()
        assert sizes.max() == sizes.min() == 5 * 6 / classes
        assert [(bar.get_center()[0], bar.get_height()) for bar in right.patches] == [
            (classes, 100)
        ]
    assert "50 clients of 6 samples" in figure.get_supxlabel()


def test_the_theory_has_both_demonstrations():
    softmax, relu = theory.softmax_demonstration(range(2)), theory.relu_simulation([0, 1], draws=50)
    figure = draw_theory(softmax, relu, STYLE)
    titles = [axis.get_title() for axis in figure.axes]
    assert titles == ["softmax", "softmax", "softmax", "ReLU"] * 2
    assert all(axis.get_ylabel() for axis in figure.axes)
    for axis in figure.axes:
        points = 5 if axis.get_title() == "ReLU" else 21
        curves = [line for line in axis.lines if len(line.get_xdata()) == points]
        assert len(curves) == len(theory.DIRECTIONS)
    trace = figure.axes[0].lines[0]
    own = softmax[softmax["direction"] == "sign"].groupby("lambda")["softmax_trace"].mean()
    assert trace.get_ydata() == pytest.approx(own.to_numpy())
    assert "2 draws" in figure.get_supxlabel()
