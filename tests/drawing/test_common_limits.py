"""Pictures that are to be compared: the same scale, limits and colours whatever each one shows."""

import numpy as np
import pytest
from test_pictures import ALPHA, STYLE, curve, grid_of, row_of

from prospect.drawing.panels import with_margin
from prospect.drawing.style import styled
from prospect.systems.mining.figures.comparison import comparison
from prospect.systems.mining.figures.shapes import curves, surface

X, Y = np.meshgrid(ALPHA, ALPHA, indexing="ij")
AXES = {"alpha": ALPHA, "beta": ALPHA}
ALONG = {"directions": ["one", "two"], "direction_norms": [9.5, 12.0]}
LOW = grid_of(0.05 + 0.1 * (X**2 + Y**2), AXES, **ALONG)
HIGH = grid_of(0.5 + 20 * (X**2 + Y**2), AXES, **ALONG)


def colours_and_heights(grid, together):
    figure = surface(row_of("bowl"), grid, STYLE, together)
    solid, contours = figure.axes[:2]
    return contours.collections[0].get_clim(), solid.get_zlim(), solid.get_zlabel()


def test_surfaces_that_are_compared_have_one_scale():
    with styled(STYLE):
        apart = [colours_and_heights(grid, None) for grid in (LOW, HIGH)]
        together = [colours_and_heights(grid, [LOW, HIGH]) for grid in (LOW, HIGH)]
    assert apart[0][0] != apart[1][0]
    assert together[0] == together[1]
    colours, heights, label = together[0]
    assert colours == pytest.approx((0.05, 40.5))
    assert "log" in label  # together they span three decades, each alone not
    assert heights[0] <= np.log10(0.05) + 1e-9 and heights[1] >= np.log10(40.5) - 1e-9


def test_curves_that_are_compared_have_one_scale():
    items = [curve(row_of("v-basin"), loss) for loss in (0.1 + ALPHA**2, 1 + 30 * ALPHA**2)]
    with styled(STYLE):
        axes = [
            curves([item], STYLE, [grid for _, grid in items]).axes[0].get_ylim() for item in items
        ]
        alone = [curves([item], STYLE).axes[0].get_ylim() for item in items]
    assert axes[0] == axes[1]
    assert axes[0] == pytest.approx(with_margin(0.1, 31.0, log=True))
    assert alone[0] != alone[1]


def test_a_margin_is_a_twentieth_of_what_is_shown():
    assert with_margin(1.0, 3.0, log=False) == pytest.approx((0.9, 3.1))
    low, high = with_margin(0.1, 10.0, log=True)
    assert np.log10([low, high]) == pytest.approx([-1.1, 1.1])


def test_models_are_side_by_side_with_the_same_colours():
    """A row a network and a column a seed; where a model has no surface, nothing."""
    models = [("mlp", 0, LOW), ("mlp", 1, HIGH), ("resnet", 1, LOW)]
    items = [(row_of("bowl", network=name, seed=seed), grid) for name, seed, grid in models]
    with styled(STYLE):
        *axes, bar = comparison(items, STYLE).axes
    assert [axis.axison for axis in axes] == [True, True, False, True]
    shown = [axis for axis in axes if axis.axison]
    assert [axis.get_title().split(":")[0] for axis in shown] == [
        *("mlp, seed 0", "mlp, seed 1", "resnet, seed 1")
    ]
    colours = {axis.collections[0].get_clim() for axis in shown}
    assert len(colours) == 1
    assert colours.pop() == pytest.approx((0.05, 40.5))
    assert bar.get_ylabel() == "loss [nats], log scale"
