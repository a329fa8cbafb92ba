"""Surfaces whose shape is known by construction, from the definitions in section 1.4.

A family gives the heights of a formula in units of τ and says at which points of the grid the
center may stand. Rises are at least 3 τ, so that neither noise nor the grid changes the name.
"""

from typing import NamedTuple

import numpy as np
import pytest
from test_shapes_curves import assert_99_percent, assert_confidence, name_all, print_confusion, some

from prospect.landscape.shapes import surfaces

RISE = 3.0  # of a barrier, a wall, a hump, at least
SLACK = 0.4  # of the center from its minimum, pass or top, at most
SIDE = 1.6  # of a center on a slope from every minimum, at least
NOISE = 0.15  # amplitude
PER_FAMILY = 24


class Surface(NamedTuple):
    """A surface in nats and what the definitions call it."""

    alpha: np.ndarray
    beta: np.ndarray
    loss: np.ndarray
    threshold: float
    name: str

    def shape(self):
        """Return what the categoriser makes of it."""
        return surfaces.name_surface(self.alpha, self.beta, self.loss, self.threshold)


# --- Coordinates ------------------------------------------------------------------------------


def plane(rng, x=(-1, 1), y=(-1, 1)):
    """Return x and y on a grid that is rarely square."""
    across, up = rng.integers(35, 48, 2)
    return np.meshgrid(np.linspace(*x, across), np.linspace(*y, up), indexing="ij")


def turned(rng, x, y):
    """Return coordinates turned by any angle."""
    angle = rng.uniform(0, 2 * np.pi)
    return x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)


def edge(values):
    """Return the values on the border of the grid."""
    return np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])


def radius(rng, border, stretch=2.0):
    """Return an elliptic distance from a point near the middle, ``border`` at least at the edge."""
    x, y = plane(rng, *(size * np.array([-1, 1]) for size in rng.uniform(0.8, 1.2, 2)))
    u, v = turned(rng, x - rng.uniform(-0.1, 0.1), y - rng.uniform(-0.1, 0.1))
    r = np.hypot(u, v * rng.uniform(1, stretch))
    return r * border / edge(r).min(), x


# --- Families: heights in τ, and where the center may stand -----------------------------------


def bowl(rng):
    """Stand in a bowl, turned and stretched."""
    r, _ = radius(rng, border=1)
    f = rng.uniform(RISE, 8) * r ** rng.choice([1.5, 2, 3])
    return f, f < SLACK


def bowl_side(rng):
    """Stand on the wall of a bowl."""
    f, _ = bowl(rng)
    return f, f > SIDE


def tilted(rng):
    """Stand on a tilted plane, straight or bent, above its lowest corner."""
    u, _ = turned(rng, *plane(rng))
    f = rng.uniform(RISE, 8) * (u + rng.uniform(0, 0.2) * u**2)
    return f, f > f.min() + SIDE


def ring(rng, border):
    """Return a closed ring about a hump, slightly tilted, its distance and the hump's height."""
    r, x = radius(rng, border, stretch=1.3)
    height = rng.uniform(RISE, 5)
    return height * (r**2 - 1) ** 2 + rng.uniform(-0.2, 0.2) * x, r, height


def bottle(rng):
    """Stand on the hump of a wine bottle."""
    f, r, height = ring(rng, border=rng.uniform(1.5, 1.7))
    return f, (r < 0.5) & (np.abs(f - height) < SLACK)


def bottle_ring(rng):
    """Stand in the ring of a wine bottle: the loop is not about the center."""
    f, r, _ = ring(rng, border=rng.uniform(1.5, 1.7))
    return f, np.abs(r - 1) < 0.1


def bottle_wall(rng):
    """Stand on the wall of a wine bottle as high as its hump, not enclosed."""
    f, r, height = ring(rng, border=rng.uniform(1.5, 1.7))
    return f, (r > 1.2) & (np.abs(f - height) < SLACK)


def cut_ring(rng):
    """Stand on the hump in a ring that the border cuts before its wall."""
    f, r, height = ring(rng, border=rng.uniform(1.08, 1.15))
    return f, (r < 0.5) & (np.abs(f - height) < SLACK)


def hill(rng):
    """Return a bump in a slightly tilted plain, its distance and its height."""
    r, x = radius(rng, border=1)
    height = rng.uniform(2 * RISE, 10)
    return height * np.exp(-4 * r**2) + rng.uniform(-0.2, 0.2) * x, r, height


def bump(rng):
    """Stand on a bump in a plain."""
    f, r, height = hill(rng)
    return f, (r < 0.5) & (f > height - SLACK)


def bump_flank(rng):
    """Stand on the upper half of a bump, enclosed, but too far below its top."""
    f, r, height = hill(rng)
    return f, (r < 0.5) & (f > height / 2 + SLACK) & (f < height - SIDE)


def saddle(rng):
    """Stand on the pass of a quadratic saddle, turned: pits and high sides at the border."""
    u, v = turned(rng, *plane(rng))
    up, down = rng.uniform(RISE, 6, 2)
    f = up * v**2 - down * u**2
    return f, (np.hypot(u, v) < 0.5) & (np.abs(f) < SLACK)


def saddle_inside(rng):
    """Stand on the pass between two pits inside the window, between two high sides."""
    u, v = plane(rng)
    u, v = (1.15 * u, v) if rng.random() < 0.5 else (1.15 * v, u)
    pit, depth = rng.uniform(0.8, 0.9), rng.uniform(RISE, 5)
    f = depth * ((u**2 / pit**2 - 1) ** 2 - 1) + rng.uniform(2 * RISE, 9) * v**2
    return f, (np.hypot(u, v) < 0.5) & (np.abs(f) < SLACK)


def walled_pass(rng):
    """Stand on the pass between two pits in one common wall: no separate high sides."""
    u, v = plane(rng, x=(-1.8, 1.8))
    u, v = (u, v) if rng.random() < 0.5 else (1.8 * v, u / 1.8)
    height = rng.uniform(RISE, 5)
    f = height * (u**2 - 1) ** 2 + (height + RISE) * v**2
    return f, (np.hypot(u, v) < 0.5) & (np.abs(f - height) < SLACK)


def paraboloids(rng, pits):
    """Return the minimum of equal paraboloids, their depths and which one is lowest where."""
    cells = rng.choice(9, pits, replace=False)
    at = 0.75 * np.array([cells // 3, cells % 3]) + rng.uniform(-0.05, 0.05, (2, pits))
    at = np.array(turned(rng, *at))
    x, y = plane(rng, *((line.min() - 0.3, line.max() + 0.3) for line in at))
    depth = rng.uniform(0, 0.8, pits)
    steep = rng.uniform(40, 50)  # over a gap of 0.65 and a drop of 0.8: barriers above RISE
    each = depth + steep * ((x[..., None] - at[0]) ** 2 + (y[..., None] - at[1]) ** 2)
    return each.min(axis=-1), depth, each.argmin(axis=-1)


def pits_apart(pits):
    """Return the family that stands in one of so many paraboloids."""

    def family(rng):
        f, depth, lowest = paraboloids(rng, pits)
        home = rng.integers(pits)
        return f, (lowest == home) & (f - depth[home] < SLACK)

    return family


def beside_pits(rng):
    """Stand on a side among three or more pits."""
    f, depth, lowest = paraboloids(rng, rng.integers(3, 9))
    return f, f - depth[lowest] > SIDE


def waves(rng, across, up):
    """Return a sum of two cosines with so many minima, and its height; walls at the border."""
    x, y = plane(rng, (0, across), (0, up))
    height = rng.uniform(RISE + 1, 6)
    return height * (2 + np.cos(2 * np.pi * x) + np.cos(2 * np.pi * y)) / 2, x, y


def pits_product(across, up):
    """Return the family that stands in one pit of a product of curves."""

    def family(rng):
        f, _, _ = waves(rng, across, up)
        return f, f < f.min() + SLACK

    return family


def between_four(rng):
    """Stand on the hump between four pits, w-peak times w-peak: no bottle, as there is no ring."""
    f, x, y = waves(rng, 2, 2)
    return f, np.hypot(x - 1, y - 1) < 0.08


def flat(rng):
    """Press any other surface into half the threshold."""
    f, _ = FAMILIES[rng.choice(list(FAMILIES)[:-1])][1](rng)
    return f * (0.5 - 2 * NOISE) / np.ptp(f), np.ones(f.shape, dtype=bool)


FAMILIES = {
    "bowl": ("bowl", bowl),
    "side of a bowl": ("slope", bowl_side),
    "tilted plane": ("slope", tilted),
    "wine bottle": ("wine-bottle", bottle),
    "ring of a bottle": ("slope", bottle_ring),
    "wall of a bottle": ("slope", bottle_wall),
    "cut ring": ("hump", cut_ring),
    "bump": ("hump", bump),
    "flank of a bump": ("slope", bump_flank),
    "quadratic saddle": ("saddle", saddle),
    "saddle, pits inside": ("saddle", saddle_inside),
    "pass in a wall": ("slope", walled_pass),
    **{f"{k} paraboloids": (f"pits-{k}", pits_apart(k)) for k in range(2, 10)},
    "beside pits": ("slope", beside_pits),
    **{
        f"{m} x {n} waves": (f"pits-{m * n}", pits_product(m, n))
        for m, n in [(1, 2), (3, 1), (2, 2), (2, 3), (3, 3)]
    },
    "between four pits": ("slope", between_four),
    "flat": ("flat", flat),
}


def draw(family, rng, _):
    """Draw one surface in nats: center, noise, NaN corners, units and τ at random."""
    name, formula = FAMILIES[family]
    f, allowed = formula(rng)
    x, y = np.meshgrid(*(np.linspace(-1, 1, n) for n in f.shape), indexing="ij")
    corners = np.isin(2 * (x > 0) + (y > 0), rng.choice(4, 2)) & (np.abs(x) + np.abs(y) > 1.75)
    inside = np.maximum(np.abs(x), np.abs(y)) < 0.99
    center = rng.choice(np.argwhere(allowed & inside & ~corners))
    f = f + rng.choice([0, NOISE]) * rng.uniform(-1, 1, f.shape)
    if name != "flat" and rng.random() < 1 / 3:
        f[corners] = np.nan
    beside = rng.choice([0, 0.4])  # of a step from the center to 0: then the grid leaves 0 out
    alpha, beta = (
        (np.arange(n) - at + beside * rng.uniform(-1, 1)) * 10 ** rng.uniform(-2, 0)
        for n, at in zip(f.shape, center, strict=True)
    )
    threshold = 10 ** rng.uniform(-2, 0)
    return Surface(alpha, beta, threshold * (f + rng.uniform(0, 5)), threshold, name)


@pytest.fixture(scope="module")
def study():
    """All surfaces, named."""
    return name_all(draw, FAMILIES, PER_FAMILY, seed=20240513)


# --- Names ------------------------------------------------------------------------------------


def test_at_least_99_percent_of_all_surfaces_get_their_name(study):
    print_confusion(study)
    assert len(study) >= 500
    assert_99_percent(study)


@pytest.mark.parametrize("family", FAMILIES)
def test_at_least_99_percent_of_each_family_get_their_name(study, family):
    assert_99_percent(study[study["family"] == family])


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s._replace(alpha=s.beta, beta=s.alpha, loss=s.loss.T),
        lambda s: s._replace(alpha=-s.alpha[::-1], loss=s.loss[::-1]),
        lambda s: s._replace(beta=5 * s.beta),
        lambda s: s._replace(loss=3 * s.loss - 2, threshold=3 * s.threshold),
    ],
    ids=["transposed", "mirrored", "stretched", "other units of loss"],
)
def test_what_does_not_matter(study, change):
    for surface, shape in some(study):
        changed = change(surface).shape()
        assert (changed.name, changed.truncated) == (shape.name, shape.truncated)
        assert changed.confidence == pytest.approx(shape.confidence, rel=1e-6)


@pytest.mark.parametrize(("gap", "wanted"), [(0, "slope"), (2, "saddle")])
def test_high_sides_that_meet_at_a_corner_are_one(gap, wanted):
    loss = np.full((7, 5), 5.5)  # a wall round two pits with a pass at 4 between them
    loss[1:-1, 1:-1] = 0
    loss[3, 1:-1] = 4
    loss[0, gap] = loss[-1, -1 - gap] = 4.75  # at most τ above the pass: a gap in the wall
    assert surfaces.name_surface(np.arange(7) - 3, np.arange(5) - 2, loss, 1.0).name == wanted


# --- The numbers behind the name --------------------------------------------------------------

LINE = np.linspace(-2, 2, 41)
X, Y = np.meshgrid(LINE, LINE, indexing="ij")
SQUARE = np.maximum(np.abs(X), np.abs(Y))  # a distance whose circles lie on the grid


def name(loss, threshold=1.0):
    """Return the shape of a loss on the grid of LINE."""
    return surfaces.name_surface(LINE, LINE, loss, threshold)


def test_basins_and_barrier_of_two_paraboloids():
    shape = name(np.minimum(4 * (X - 1) ** 2, 4 * (X + 1) ** 2 + 1.6) + 4 * (Y - 0.5) ** 2)
    assert np.allclose(sorted(shape.basins), [(-1, 0.5, 1.6), (1, 0.5, 0)])
    assert shape.barrier == pytest.approx(4 * 1.1**2 - 1.6)  # they cross at x = -0.1
    assert shape.loops == []


def test_loop_of_a_square_bottle():
    shape = name(3 * (SQUARE**2 - 1) ** 2)
    assert shape.name == "wine-bottle"
    assert np.allclose(shape.loops, [(0, 3)])
    assert len(shape.basins) == 1
    assert np.isnan(shape.barrier)


@pytest.mark.parametrize(
    ("family", "truncated"),
    [("bowl", False), ("wine bottle", False), ("9 paraboloids", False), ("3 x 3 waves", False),
     ("tilted plane", True), ("bump", True), ("cut ring", True), ("quadratic saddle", True)],
)  # fmt: skip
def test_truncated_where_a_basin_reaches_the_border(study, family, truncated):
    assert {shape.truncated for shape in study["shape"][study["family"] == family]} == {truncated}


def test_the_name_stays_within_the_confidence_and_changes_beyond(study):
    for surface, shape in some(study):
        assert_confidence(surface, shape)


@pytest.mark.parametrize(
    ("loss", "name_now", "factor"),
    [
        (4 * np.maximum(np.abs(X - 0.1), np.abs(Y)), "bowl", 2.5),  # center 0.4 above the minimum
        (4 * np.maximum(np.abs(X - 0.5), np.abs(Y)), "slope", 2),  # center 2 above the minimum
        (3 * (SQUARE**2 - 1) ** 2, "wine-bottle", 3),  # a loop of persistence 3
        (SQUARE / 4, "flat", 2),  # a range of one half
    ],
)
def test_confidence_by_hand(loss, name_now, factor):
    shape = name(loss)
    assert shape.name == name_now
    assert factor <= shape.confidence * (1 + 1e-9) <= 1.01 * factor


# --- Resolution and NaN -----------------------------------------------------------------------


def valley(points, degrees, steepness):
    """Return line and loss of a turned valley about 0; the steeper, the narrower."""
    line = np.linspace(-1, 1, points)
    x, y = np.meshgrid(line, line, indexing="ij")
    angle = np.deg2rad(degrees)
    u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    return line, u**2 + steepness * v**2


@pytest.mark.parametrize("points", [9, 11, 21, 23])
@pytest.mark.parametrize("degrees", [0, 20, 37])
def test_unresolved_where_every_second_point_gives_another_name(points, degrees):
    line, loss = valley(points, degrees, steepness=200)
    half = slice(points // 2 % 2, None, 2)  # through the center
    coarse = surfaces.name_surface(line[half], line[half], loss[half, half], 0.2)
    shape = surfaces.name_surface(line, line, loss, 0.2)
    assert shape.unresolved == (coarse.name != shape.name)


def test_false_basins_of_a_narrow_valley_are_unresolved():
    line, loss = valley(21, 30, steepness=200)
    shape = surfaces.name_surface(line, line, loss, 0.2)
    assert shape.name != "bowl"
    assert shape.unresolved


def test_a_wide_valley_is_resolved():
    line, loss = valley(21, 30, steepness=2)
    shape = surfaces.name_surface(line, line, loss, 0.2)
    assert (shape.name, shape.unresolved) == ("bowl", False)


def test_the_coarser_grid_keeps_the_center():
    line, loss = valley(23, 0, steepness=1)
    loss = 8 * (loss - 1.2 * line[:, None])  # a bowl beside 0
    loss[11, 11] = loss.min()
    shape = surfaces.name_surface(line, line, loss, 1.0)
    assert (shape.name, shape.unresolved) == ("pits-2", False)


@pytest.mark.parametrize(
    ("where", "wanted"),
    [
        (X > 1.5, "bowl"),  # a wall
        (X + Y < -2, "bowl"),  # a corner
        (np.abs(X - 0.5) < 0.01, "pits-2"),  # an infinite barrier
        ((np.abs(X - 1) < 0.2) & (np.abs(Y) < 0.2), "slope"),  # an island: an endless loop
    ],
)
def test_nan_is_infinitely_high(where, wanted):
    assert name(np.where(where, np.nan, 3 * (X**2 + Y**2))).name == wanted


def test_nothing_but_nan_is_undefined():
    assert name(np.full(X.shape, np.nan)).name == "undefined"


# --- What is refused --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("alpha", "beta", "loss"),
    [
        (LINE + 3, LINE, X),
        (LINE, LINE - 3, X),
        (LINE[::-1], LINE, X),
        (LINE, LINE[::-1], X),
        (LINE, np.zeros(41), X),
        (LINE[1:], LINE, X),
        (LINE, LINE[1:], X[1:]),
        (LINE, LINE, X[0]),
        (LINE, LINE, X[None]),
        (LINE[:0], LINE[:0], X[:0, :0]),
    ],
    ids=[
        "alpha without 0", "beta without 0", "alpha falls", "beta falls", "beta stands still",
        "alpha too short", "axes swapped", "a curve", "a volume", "empty",
    ],
)  # fmt: skip
def test_refused(alpha, beta, loss):
    with pytest.raises(ValueError):
        surfaces.name_surface(alpha, beta, loss, 1.0)
