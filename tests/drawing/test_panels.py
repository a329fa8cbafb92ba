"""Panels: nothing of a surface lies outside of what is drawn."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from mpl_toolkits.mplot3d import proj3d

from prospect.drawing.panels import footnote, surface_panel
from prospect.drawing.style import styled
from prospect.records.grids import Grid
from prospect.records.losses import Losses

STYLE = {"font": "DejaVu Sans", "size": 8, "palette": "colorblind", "colormap": "viridis"}
STYLE |= {"elevation": 35, "azimuth": -60}
AXIS = np.linspace(-1, 1, 21)
ALPHA, BETA = np.meshgrid(AXIS, AXIS, indexing="ij")
ATTRS = {"loss_unit": "nats"}
SHAPES = {"bowl": ALPHA**2 + BETA**2, "saddle": 2 + ALPHA * BETA, "ridge": 2 - ALPHA**2}


@pytest.mark.parametrize("labels", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_no_corner_of_a_surface_is_cut_off(shape, labels):
    loss = SHAPES[shape]
    grid = Grid({"alpha": AXIS, "beta": AXIS}, Losses(*[loss] * 4, loss > 0, 2.0, 0.9), ATTRS)
    with styled(STYLE):
        figure = plt.figure(figsize=(2, 2))
        axis = figure.add_subplot(projection="3d")
        surface_panel(axis, grid, False, STYLE, labels)
        figure.canvas.draw()
        (surface,) = axis.collections
        x, y, _ = proj3d.proj_transform(ALPHA.ravel(), BETA.ravel(), loss.ravel(), axis.get_proj())
        places = axis.transAxes.inverted().transform(axis.transData.transform(np.c_[x, y]))
        inside = places.min() >= 0 and places.max() <= 1
        assert inside or not surface.get_clip_on()


def test_the_footnote_says_of_which_samples_losses_are():
    attrs = ATTRS | {"dataset": "digits", "samples": 50_000, "split": "train", "nonfinite": 0}
    values = Losses(*[ALPHA] * 4, ALPHA == BETA, 2.0, 0.9, error_estimate=0.008)
    grid = Grid({"alpha": AXIS, "beta": AXIS}, values, attrs | {"batchnorm": "none"})
    start = "digits, 50,000 train samples; 21 points evaluated, "
    end = "420 interpolated from their outputs to 0.8% of the range (estimate)"
    assert footnote([grid]) == start + end
    values.approximate, values.approximation = 400, "1,024 of 50,000 samples"
    assert footnote([grid]) == f"{start}400 approximated (1,024 of 50,000 samples), {end}"
    values.evaluated[:], values.approximation = True, "bfloat16"
    end = "441 points evaluated, 400 of them in bfloat16 to 0.8% of the range (estimate)"
    assert footnote([grid]) == f"digits, 50,000 train samples; {end}"
