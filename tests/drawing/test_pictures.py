"""Figures look as the stored pictures do: a row of curves, a surface, a population.

They are drawn from closed forms at low resolution and compared tile by tile. Letters depend on the
FreeType that comes with the Matplotlib of envs/requirements.txt. After a change that is meant,
write new pictures and look at them: ``PICTURES=renew .venv/bin/pytest tests/drawing``.
"""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from prospect.drawing.style import styled
from prospect.records.grids import Grid
from prospect.records.losses import Losses
from prospect.systems.mining.figures.shapes import curves, population, surface

PICTURES = Path(__file__).parent / "pictures"
RENEW = os.environ.get("PICTURES") == "renew"
STYLE = {"font": "DejaVu Sans", "size": 8, "palette": "colorblind", "colormap": "viridis"}
STYLE |= {"elevation": 35, "azimuth": -60}
DPI, TILE = 40, 4  # the smallest mark is a tile wide
# Of the most different tile, in 256 values: drawn twice 0; losses 0.01 % off up to 0.2; without one
# of the thinnest lines, a curve of the population, 1.4; any mark 8; another colormap 49.
TOLERANCE = 1.0
ALPHA = np.linspace(-1, 1, 41)
MODEL = {"network": "mlp", "seed": 0, "center": "trained", "dataset": "digits", "split": "train"}
MODEL |= {"samples": 1437, "batchnorm": "none", "metric": "accuracy", "loss_unit": "nats"}


def grid_of(loss, axes, sem=0.0, **attrs):
    """A grid of these losses, with an accuracy that falls with them."""
    values = Losses(
        loss, np.exp(-loss), np.full_like(loss, sem), np.zeros_like(loss), loss != np.inf,
        center_loss=float(loss[tuple(size // 2 for size in loss.shape)]),
    )  # fmt: skip
    lost = int((~np.isfinite(loss)).sum())
    return Grid(axes, values, MODEL | {"nonfinite": lost} | attrs)


def row_of(name, **values):
    """A row of the table of shapes."""
    row = {"network": "mlp", "seed": 0, "center": "trained", "name": name, "shape": name}
    row |= {"wanted": name, "pattern": "", "overlap": np.nan, "learned": pd.NA}
    return pd.Series(row | {"basin_points": "[]", "barrier_points": "[]"} | values)


def curve(row, loss, sem=0.0):
    along = {"directions": [row["name"]], "direction_norms": [9.5]}
    return row, grid_of(loss, {"alpha": ALPHA}, sem, **along)


def draw_curves(steepness=1.0, barriers="[[0, 1.6]]", style=STYLE):
    """Linear: a basin with its error, two basins and a barrier, and a slope with lost points."""
    basins = "[[-0.7071, 0.6], [0.7071, 0.6]]"
    drawn = row_of("w-peak", wanted="w-basin", basin_points=basins, barrier_points=barriers)
    items = [
        curve(row_of("v-basin", basin_points="[[0, 0.5]]"), 0.5 + 2 * ALPHA**2, sem=0.15),
        curve(drawn, 0.6 + 4 * (ALPHA**2 - 0.5) ** 2),
        curve(row_of("slope"), np.where(ALPHA > 0.6, np.nan, 1.5 + steepness * ALPHA)),
    ]
    return curves(items, style)


def draw_surface(height=1.0, basins="[[0, 0, 0.02], [-0.5, 0.5, 0.1]]", style=STYLE):
    """Logarithmic: an oval bowl in 3D and from above."""
    alpha, beta = np.meshgrid(ALPHA, ALPHA, indexing="ij")
    loss = 0.02 + height * (alpha**2 + 2 * beta**2 + alpha * beta) ** 2
    along = {"directions": ["one", "two"], "direction_norms": [9.5, 12.0]}
    axes = {"alpha": ALPHA, "beta": ALPHA}
    return surface(row_of("bowl", basin_points=basins), grid_of(loss, axes, **along), style)


def draw_population(rare=2, style=STYLE):
    """Two models with eleven parabolas each, of which some are called another shape."""
    grids, members, bands, shares = [], [], [], []
    for seed in (0, 1):
        steepness = np.linspace(1, 3 + seed, 11)[:, None]
        loss = 0.05 + steepness * ALPHA**2
        loss[:rare] = 0.05 + 1.5 * np.abs(ALPHA[None] - 0.3)
        model = {"network": "mlp", "seed": seed}
        axes = {"direction": np.arange(11), "alpha": ALPHA}
        grids.append(grid_of(loss, axes, **model))
        names = ["v-side"] * rare + ["v-basin"] * (11 - rare)
        members += [model | {"shape": name} for name in names]
        percent = {f"loss_{q}": np.percentile(loss, q, axis=0) for q in (5, 25, 50, 75, 95)}
        bands.append(pd.DataFrame(model | percent | {"alpha": ALPHA}))
        for name in dict.fromkeys(reversed(names)):
            share = names.count(name) / 11
            shares.append(model | {"shape": name, "share": share, "learned": pd.NA})
            shares[-1] |= {"share_low": share / 2, "share_high": (1 + share) / 2}
    tables = pd.DataFrame(members), pd.concat(bands), pd.DataFrame(shares)
    return population(grids, *tables, style)


FIGURES = {"curves": draw_curves, "surface": draw_surface, "population": draw_population}


def drawn(name, change=lambda figure: None, **options):
    """Draw a figure, after a change; return its pixels (height, width, 3)."""
    with styled(options.get("style", STYLE)):
        figure = FIGURES[name](**options)
        change(figure)
        figure.set_dpi(DPI)
        figure.canvas.draw()
        return np.asarray(figure.canvas.buffer_rgba())[..., :3].copy()


def distance(one, other):
    """Return the mean absolute difference of the most different tile, 0 to 255."""
    apart = np.abs(one.astype(float) - other).mean(axis=2)
    sums = [np.arange(0, size, TILE) for size in apart.shape]
    return np.add.reduceat(np.add.reduceat(apart, sums[0], 0), sums[1], 1).max() / TILE**2


@pytest.fixture(scope="module")
def stored():
    """The stored pictures by name; new ones where they are to be renewed."""
    if RENEW:
        PICTURES.mkdir(exist_ok=True)
        for name in FIGURES:
            Image.fromarray(drawn(name)).save(PICTURES / f"{name}.png", optimize=True)
    return {name: np.asarray(Image.open(PICTURES / f"{name}.png")) for name in FIGURES}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_the_stored_picture(name, stored, tmp_path):
    now = drawn(name)
    Image.fromarray(now).save(tmp_path / f"{name}.png")
    assert now.shape == stored[name].shape, f"look at {tmp_path}"
    assert distance(now, stored[name]) < TOLERANCE, f"look at {tmp_path}"


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_drawn_twice_is_the_same(name):
    assert np.array_equal(drawn(name), drawn(name))


def test_losses_that_are_a_little_off_are_the_same_picture(stored):
    assert distance(drawn("curves", steepness=1.0001), stored["curves"]) < TOLERANCE / 2
    assert distance(drawn("surface", height=1.0001), stored["surface"]) < TOLERANCE / 2


def without(axis, number):
    """Return a change of a figure: one line of one axis is missing."""
    return lambda figure: figure.axes[axis].lines[number].remove()


FAULTS = {
    "a curve that is 2 % steeper": ("curves", {"steepness": 1.02}),
    "a curve without its barrier": ("curves", {"barriers": "[]"}),
    "a curve without its center": ("curves", {"change": without(1, 5)}),
    "a curve without its lost points": ("curves", {"change": without(2, 3)}),
    "a curve without its accuracy": ("curves", {"change": without(3, 0)}),
    "a surface that is 5 % steeper": ("surface", {"height": 1.05}),
    "a surface without a basin": ("surface", {"basins": "[[0, 0, 0.02]]"}),
    "a surface without its center": ("surface", {"change": without(0, 0)}),
    "a surface in other colours": ("surface", {"style": STYLE | {"colormap": "cividis"}}),
    "a surface seen from elsewhere": ("surface", {"style": STYLE | {"elevation": 36}}),
    "a population without a usual curve": ("population", {"change": without(0, 5)}),
    "a population without a rare curve": ("population", {"rare": 1}),
    "a population without its median": ("population", {"change": without(1, 16)}),
    "a population in other colours": ("population", {"style": STYLE | {"palette": "deep"}}),
    "a figure with another label": ("curves", {"change": lambda f: f.axes[0].set_ylabel("less")}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_is_another_picture(fault, stored):
    name, options = FAULTS[fault]
    assert distance(drawn(name, **options), stored[name]) > TOLERANCE
