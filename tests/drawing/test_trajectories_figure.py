"""The figure of training runs over a surface: to scale, every run with its numbers."""

import numpy as np
import pandas as pd
import pytest
from test_panels import STYLE

from prospect.drawing.style import styled
from prospect.drawing.trajectories import trajectories
from prospect.records.grids import Grid
from prospect.records.losses import Losses

AXIS = np.linspace(-1, 1, 9)
ALPHA, BETA = np.meshgrid(AXIS, AXIS, indexing="ij")
LOSS = 0.1 + (ALPHA - 0.5) ** 2 + BETA**2


@pytest.fixture
def grid():
    attrs = {"network": "mlp", "seed": 0, "center": "trained", "directions": ["one", "two"]}
    attrs |= {"dataset": "digits", "samples": 99, "split": "train", "batchnorm": "none"}
    attrs |= {"nonfinite": 0, "loss_unit": "nats", "metric": "accuracy"}
    return Grid({"alpha": AXIS, "beta": AXIS}, Losses(*[LOSS] * 4, LOSS > 0, 2.0, 0.9), attrs)


def tables(*networks, cosine=0.0):
    """Runs of three checkpoints: at (1, 0), (0, 1) and the center."""
    names = [{"run_network": network, "run_seed": 4} for network in networks]
    places = {"alpha": [1.0, 0.0, 0.0], "beta": [0.0, 1.0, 0.0], "epoch": [0, 2, 10]}
    values = {"loss": [2.0, 1.0, 0.1], "projected_loss": [1.5, 0.9, 0.1]}
    values["distance_share"] = [0.1, 0.5, np.nan]
    about = {"explained": 0.5, "explained_best": 0.75, "walk_best": 0.9}
    about |= {"norm_alpha": 2.0, "norm_beta": 3.0, "cosine": cosine}
    checkpoints = [pd.DataFrame(name | places | values) for name in names]
    return pd.concat(checkpoints), pd.DataFrame([name | about for name in names])


def lines(axis, count):
    return [line.get_xydata() for line in axis.lines if len(line.get_xydata()) == count]


@pytest.mark.parametrize("cosine", [0.0, 0.6])
def test_the_plane_is_drawn_to_scale(grid, cosine):
    with styled(STYLE):
        figure = trajectories(grid, *tables("mlp", cosine=cosine), STYLE)
        (plane, *_) = figure.axes
        first, second, end = lines(plane, 3)[0]
        assert plane.get_aspect() == 1
        assert np.linalg.norm(first - end) == pytest.approx(2)
        assert np.linalg.norm(second - end) == pytest.approx(3)
        assert (first - end) @ (second - end) == pytest.approx(6 * cosine)


def test_contours_lie_where_the_losses_are(grid):
    with styled(STYLE):
        figure = trajectories(grid, *tables("mlp", cosine=0.6), STYLE)
        mesh = figure.axes[0].collections[0]
        places = mesh.get_coordinates().reshape(-1, 2)
        assert np.allclose(places[np.argmin(mesh.get_array())], [0.5 * 2, 0])


def test_every_run_says_what_the_plane_explains_beside_a_walk(grid):
    with styled(STYLE):
        figure = trajectories(grid, *tables("sgd", "adam"), STYLE)
        (legend,) = [legend for part in figure.subfigs for legend in part.legends]
        said = [text.get_text() for text in legend.get_texts()]
        assert [text.split(":")[0] for text in said] == ["sgd, seed 4", "adam, seed 4"]
        assert all("50.0%" in text and "random walk 90.0%" in text for text in said)
        losses = next(axis for axis in figure.axes if axis.get_yscale() == "log" and axis.lines)
        drawn = [list(line.get_ydata()) for line in losses.lines[:2]]
        assert drawn == [[2.0, 1.0, 0.1], [1.5, 0.9, 0.1]]
