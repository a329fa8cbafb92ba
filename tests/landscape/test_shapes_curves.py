"""Curves whose shape is known by construction, from the definitions in section 1.2.

A curve is drawn as a list of extremes and a place for the center on them, in units of τ; a family
says how the list becomes a curve. Heights stay so far from every boundary that no rendering changes
the name: barriers and walls rise more than 2 τ, ripples at most τ / 2.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from scipy.interpolate import CubicHermiteSpline, PchipInterpolator
from scipy.special import logsumexp

from prospect.landscape.shapes import curves

RISE = 2.4  # of a barrier or a closed wall, at least
LOW_WALL = 0.2  # of a wall that does not count, at most
SLACK = 0.4  # of the center from its minimum or its barrier, at most
SIDE = 1.6  # of a center on a side from every minimum and barrier, at least
NOISE = 0.15  # amplitude
PER_FAMILY = 375  # curves: 25 of each case

CASES = [
    (1, "basin"), (1, "side"),
    (2, "basin"), (2, "side"), (2, "peak"),
    (3, "basin"), (3, "outer"), (3, "side"), (3, "peak"),
    (4, "basin"), (4, "side"), (4, "peak"),
    (5, "basin"), (5, "side"), (5, "peak"),
]  # fmt: skip


class Curve(NamedTuple):
    """A curve in nats and what the definitions call it."""

    alpha: np.ndarray
    loss: np.ndarray
    threshold: float
    center_loss: float | None
    name: str
    truncated: bool | None  # None: not defined

    def shape(self):
        """Return what the categoriser makes of it."""
        return curves.name_curve(self.alpha, self.loss, self.threshold, self.center_loss)


class Sketch(NamedTuple):
    """Extremes and the center in units of τ; ``unwalled``: left and right of all basins."""

    levels: np.ndarray
    center: int
    unwalled: list[bool]


# --- Sketches: lists of extremes --------------------------------------------------------------


def least_rise(place):
    """Return how far barriers and walls rise at least; a side needs room above and below."""
    return 2 * SIDE + 0.2 if place == "side" else RISE


def homes(basins, place):
    """Return the basins, counted from the left, that a center in a basin may stand in."""
    if place == "outer":
        return [0, basins - 1]
    return [1] if basins == 3 else range(basins)


def sketch(rng, basins, place, *, tied=False, edged=False):
    """Draw minima, barriers and walls, and put the center among them; ``edged``: no open edge."""
    rise = (4, 4) if tied else (least_rise(place), 8)
    low = np.zeros(basins) if tied else rng.uniform(0, 4, basins)
    high = [max(pair) + rng.uniform(*rise) for pair in pairwise(low)]
    walls = {"closed": rise, "low": (LOW_WALL / 4, LOW_WALL), "none": ()}
    kinds = rng.choice(["closed", "low", "low" if edged else "none"], 2, p=[0.7, 0.15, 0.15])
    if basins == 1:
        kinds[rng.integers(2)] = "closed"
    left, right = (
        [end + rng.uniform(*walls[kind])] if walls[kind] else []
        for end, kind in zip(low[[0, -1]], kinds, strict=True)
    )
    inner = [level for pair in zip(low, high, strict=False) for level in pair]
    levels = np.array([*left, *inner, low[-1], *right])
    minima = len(left) + 2 * np.arange(basins)
    barriers = minima[:-1] + 1
    if place == "side":
        levels, center = on_side(rng, levels, barriers)
    else:
        knot = rng.choice(barriers if place == "peak" else minima[homes(basins, place)])
        levels, center = (levels, knot) if tied else near(rng, levels, knot)
    return Sketch(levels, center, list(kinds != "closed"))


def on_side(rng, levels, barriers):
    """Put the center on a rise, far from its ends; return the levels and its index."""
    after = rng.choice(np.flatnonzero(np.abs(np.diff(levels)) > 2 * SIDE)) + 1
    low, high = sorted(levels[after - 1 : after + 1])
    below = SIDE if {after - 1, after} & set(barriers) else 0
    return np.insert(levels, after, rng.uniform(low + SIDE, high - below)), after


def near(rng, levels, knot):
    """Put the center on an extreme or a little beside it; return the levels and its index."""
    beside = rng.choice([at for at in (knot - 1, knot + 1) if 0 <= at < len(levels)])
    if rng.random() < 1 / 3:
        return levels, knot
    step = levels[beside] - levels[knot]
    slack = rng.uniform(0, min(SLACK, 0.9 * abs(step)))
    after = max(knot, beside)
    return np.insert(levels, after, levels[knot] + np.sign(step) * slack), after


def add_ripples(rng, drawn, count=6):
    """Insert dips of at most τ / 2 between neighbouring levels: no extreme, no path changes."""
    levels, center = list(drawn.levels), drawn.center
    for _ in range(count):
        at = rng.integers(len(levels) - 1)
        low, high = sorted(levels[at : at + 2])
        dip, bump = np.sort(rng.uniform(low, high, 2))
        dip = max(dip, bump - 0.5)
        levels[at + 1 : at + 1] = [bump, dip] if levels[at] < levels[at + 1] else [dip, bump]
        center += 2 * (at < center)
    return Sketch(np.array(levels), center, drawn.unwalled)


# --- Families: from a sketch to a curve, still in units of τ ----------------------------------


def smooth(x, y):
    """Return the cubic spline whose extremes are the knots: every slope there is 0."""
    return CubicHermiteSpline(x, y, np.zeros_like(y))


def linear(x, y):
    """Return the piecewise-linear curve."""
    return lambda at: np.interp(at, x, y)


def render(rng, drawn, through=PchipInterpolator, *, uneven=False, repeat=1):
    """Return alpha, loss and the grid index of every level; ``repeat`` 2 makes each a plateau."""
    count = rng.integers(41, 102)
    inner = rng.choice(np.arange(1, count - 1), repeat * len(drawn.levels) - 2, replace=False)
    at = np.concatenate([[0], np.sort(inner), [count - 1]])
    grid = np.cumsum(rng.exponential(1, count) + 0.05) if uneven else np.arange(count)
    center = at[repeat * drawn.center + rng.integers(repeat)]
    alpha = (grid - grid[center]) * rng.uniform(0.01, 0.1)
    return alpha, through(alpha[at], np.repeat(drawn.levels, repeat))(alpha), at


def from_sketch(through=PchipInterpolator, *, uneven=False, repeat=1, tied=False, edit=None):
    """Return a family that draws a sketch, perhaps edits it, and renders it."""

    def family(rng, basins, place):
        drawn = sketch(rng, basins, place, tied=tied)
        if edit:
            drawn = edit(rng, drawn)
        alpha, loss, _ = render(rng, drawn, through, uneven=uneven, repeat=repeat)
        return alpha, loss, None, any(drawn.unwalled)

    return family


def noisy(rng, basins, place):
    """Add noise below the threshold, but none large enough to matter."""
    alpha, loss, _, truncated = from_sketch()(rng, basins, place)
    return alpha, loss + rng.uniform(-NOISE, NOISE, len(loss)), None, truncated


def without_zero(rng, basins, place):
    """Leave 0 out of the grid and hand its loss over."""
    drawn = sketch(rng, basins, place, edged=True)
    alpha, loss, at = render(rng, drawn)
    center = at[drawn.center]
    return np.delete(alpha, center), np.delete(loss, center), loss[center], any(drawn.unwalled)


def with_nan(rng, basins, place):
    """Replace some barriers and walls by runs of NaN, never the center's own barrier."""
    drawn = sketch(rng, basins, place)
    alpha, loss, at = render(rng, drawn)
    levels = np.concatenate([[-np.inf], drawn.levels, [-np.inf]])
    tops = np.flatnonzero((levels[1:-1] > levels[:-2]) & (levels[1:-1] > levels[2:]))
    if place == "peak":
        tops = tops[np.abs(tops - drawn.center) > 1]
    unwalled = list(drawn.unwalled)
    for top in tops[rng.random(len(tops)) < 0.7]:
        start = rng.integers(at[top - 1] + 1, at[top] + 1) if top > 0 else 0
        stop = rng.integers(at[top], at[top + 1]) if top + 1 < len(at) else at[top]
        loss[start : stop + 1] = np.nan
        if top in (0, len(at) - 1):
            unwalled[min(top, 1)] = False
    return alpha, loss, None, any(unwalled)


def parabolas(rng, basins, place, *, blur=0.0):
    """Take the minimum of equal parabolas, or a soft one at most ``blur`` below."""
    low, rise = rng.uniform(0, 2, basins), rng.uniform(least_rise(place), 6)
    x = np.cumsum(rng.uniform(1, 2, basins))
    gap, drop = np.diff(x), np.diff(low)
    steep = ((np.sqrt(rise) + np.sqrt(rise + np.abs(drop))) / gap) ** 2
    steep = steep.max(initial=1)  # the lowest barrier is ``rise`` above the higher of its basins
    crossing = (x[:-1] + x[1:]) / 2 + drop / (2 * steep * gap)
    barrier = low[:-1] + steep * (crossing - x[:-1]) ** 2
    unwalled = rng.random(2) < (0.2 if basins > 1 else 0)
    wall = np.where(unwalled, LOW_WALL, rise)
    edges = x[[0, -1]] + np.sqrt(wall / steep) * [-1, 1]
    above = np.array([[wall[0], *barrier - low[1:]], [*barrier - low[:-1], wall[1]]])

    if place == "side":
        way, home = rng.choice(np.argwhere(above > 2 * SIDE))
        up = rng.uniform(SIDE, above[way, home] - SIDE)
    elif place == "peak":
        way, home = 1, rng.integers(basins - 1)
        up = above[way, home] - rng.uniform(0, SLACK)
    else:
        way, home = rng.integers(2), rng.choice(homes(basins, place))
        up = rng.uniform(0, SLACK)
    center = np.clip(x[home] + [-1, 1][way] * np.sqrt(up / steep), *edges)

    grid = np.concatenate([np.linspace(*edges, rng.integers(41, 102)), x, crossing, [center]])
    alpha = np.unique(grid - center)
    each = low + steep * (alpha[:, None] + center - x) ** 2
    heat = blur / np.log(basins) if basins > 1 else 0
    loss = -heat * logsumexp(-each / heat, axis=1) if heat else each.min(axis=1)
    return alpha, loss, None, unwalled.any()


def soft_parabolas(rng, basins, place):
    """Round the barriers by a soft minimum."""
    return parabolas(rng, basins, place, blur=0.1)


def flat(rng, basins, place):
    """Press any other curve into half the threshold."""
    alpha, loss, _, _ = from_sketch()(rng, basins, place)
    return alpha, loss * 0.5 / np.ptp(loss), None, None


FAMILIES = {
    "linear": from_sketch(linear),
    "pchip": from_sketch(),
    "cubic spline": from_sketch(smooth),
    "plateaus": from_sketch(repeat=2),
    "ties": from_sketch(tied=True),
    "tied plateaus": from_sketch(linear, tied=True, repeat=2),
    "uneven": from_sketch(uneven=True),
    "ripples": from_sketch(linear, edit=add_ripples),
    "noise": noisy,
    "no 0": without_zero,
    "NaN": with_nan,
    "parabolas": parabolas,
    "soft parabolas": soft_parabolas,
    "flat": flat,
}


def draw(family, rng, number):
    """Draw one curve in nats, with its own τ and its own lowest loss; cases take turns."""
    basins, place = CASES[number % len(CASES)]
    alpha, loss, center_loss, truncated = FAMILIES[family](rng, basins, place)
    threshold, offset = 10 ** rng.uniform(-2, 0), rng.uniform(0, 5)
    if center_loss is not None:
        center_loss = threshold * (center_loss + offset)
    prefix = {1: "v", 2: "w", 3: "vvv"}.get(basins, f"{basins}v")
    name = "flat" if family == "flat" else f"{prefix}-{place}"
    return Curve(alpha, threshold * (loss + offset), threshold, center_loss, name, truncated)


def name_all(draw, families, count, seed):
    """Name so many of each family; one row each, with what was wanted and what came."""
    rows = []
    for stream, family in enumerate(families):
        rng = np.random.default_rng([seed, stream])
        drawn = [draw(family, rng, number) for number in range(count)]
        rows += [(family, each, each.name, each.shape()) for each in drawn]
    table = pd.DataFrame(rows, columns=["family", "drawn", "wanted", "shape"])
    table["got"] = [shape.name for shape in table["shape"]]
    table["right"] = table["wanted"] == table["got"]
    return table


def print_confusion(table):
    """Print wanted against got, and how much of each family is right."""
    print(pd.crosstab(table["wanted"], table["got"]).to_string())
    print(table.groupby("family", sort=False)["right"].agg(["count", "sum", "mean"]).to_string())


def assert_99_percent(table):
    """Assert that the names are right; the message holds the wrong ones."""
    wrong = table.loc[~table["right"], ["family", "wanted", "got"]]
    assert table["right"].mean() >= 0.99, wrong.value_counts().to_string()


def some(table, step=11):
    """Yield what was drawn and its shape for every eleventh row: all families, all cases."""
    return zip(table["drawn"][::step], table["shape"][::step], strict=True)


@pytest.fixture(scope="module")
def study():
    """All curves, named."""
    return name_all(draw, FAMILIES, PER_FAMILY, seed=20240512)


# --- Names ------------------------------------------------------------------------------------


def test_at_least_99_percent_of_all_curves_get_their_name(study):
    print_confusion(study)
    assert len(study) >= 5000
    assert_99_percent(study)


@pytest.mark.parametrize("family", FAMILIES)
def test_at_least_99_percent_of_each_family_get_their_name(study, family):
    assert_99_percent(study[study["family"] == family])


NAN = float("nan")
DRAWN = {  # levels at τ = 1 and, in front, the index of the center
    "a parabola": (1, [4, 0, 4], "v-basin"),
    "a line": (1, [4, 2, 0], "v-side"),
    "in a dip below τ on a side": (3, [5, 0, 2.3, 1.9, 5], "v-side"),
    "in a dip below τ near the minimum": (3, [5, 0, 0.5, 0.1, 5], "v-basin"),
    "up stairs of dips below τ": (7, [5, 0, 0.8, 0.4, 1.2, 0.8, 2.0, 1.6, 5], "v-side"),
    "in the dip of a double top": (3, [6, 0, 5, 4.6, 5, 0, 6], "w-peak"),
    "on the lower top of two": (4, [9, 0, 5, 4.6, 4.8, 0, 9], "w-peak"),
    "on a shoulder far below the barrier": (4, [9, 0, 8, 3, 3.4, 0, 9], "w-side"),
    "in a basin high on a side": (3, [9, 0, 5, 2.5, 9], "w-basin"),
    "outside a wall that falls less than τ": (0, [2.6, 3, 0, 5], "v-side"),
    "minima at both edges": (1, [0, 3, 0], "w-peak"),
    "at the left edge, in the basin": (0, [0, 3], "v-basin"),
    "at the right edge, on the side": (1, [0, 3], "v-side"),
    "exactly τ above the minimum": (2, [5, 0, 1, 5], "v-basin"),
    "exactly τ below the barrier": (2, [9, 0, 4, 5, 0, 9], "w-peak"),
    "persistence exactly τ": (3, [5, 0, 1, 0, 5], "v-basin"),
    "range exactly τ": (1, [0, 1, 0], "flat"),
    "both in a basin and on a peak": (2, [5, 0, 1, 2, 0, 5], "w-basin"),
    "left of a NaN barrier": (1, [5, 1, NAN, 0, 5], "w-basin"),
    "NaN in the slope": (1, [5, 4.5, 3, NAN, 0, 5], "w-side"),
    "never near an infinite barrier": (2, [5, 0, 4.9, NAN, 0, 5], "w-side"),
    "infinite barrier between flat ends": (2, [0, NAN, 0], "w-basin"),
    "on an infinite barrier": (2, [5, 0, NAN, 0, 5], "w-peak"),
    "on an infinite wall": (0, [NAN, 2, 0, 5], "v-side"),
    "NaN at the edge is a wall": (2, [NAN, 4, 2, 0, NAN], "v-side"),
}


def at_integers(center, levels):
    """Return alpha and loss of levels one apart, the center at 0."""
    return np.arange(len(levels)) - float(center), np.array(levels, dtype=float)


@pytest.mark.parametrize(("center", "levels", "name"), DRAWN.values(), ids=DRAWN)
def test_drawn_by_hand(center, levels, name):
    assert curves.name_curve(*at_integers(center, levels), 1.0).name == name


def test_the_center_counts_where_the_grid_leaves_it_out():
    alpha, loss = np.array([-2.0, -1, 1, 2]), np.array([5.0, 0, 0, 5])
    assert curves.name_curve(alpha, loss, 1.0, center_loss=4.0).name == "w-peak"
    assert curves.name_curve(alpha, loss, 1.0, center_loss=0.5).name == "v-basin"


def test_nothing_but_nan_is_undefined():
    assert curves.name_curve(*at_integers(1, [NAN] * 3), 1.0).name == "undefined"


def test_a_mirrored_curve_has_the_same_name(study):
    for curve, shape in some(study):
        mirrored = curve._replace(alpha=-curve.alpha[::-1], loss=curve.loss[::-1]).shape()
        assert mirrored.name == shape.name
        assert mirrored.truncated == shape.truncated
        assert mirrored.confidence == pytest.approx(shape.confidence)
        assert mirrored.asymmetry == pytest.approx(-shape.asymmetry, nan_ok=True)


def test_neither_a_constant_nor_the_unit_of_loss_matters(study):
    for curve, shape in some(study):
        center = curve.center_loss
        changed = curve._replace(
            loss=3 * curve.loss - 2,
            center_loss=None if center is None else 3 * center - 2,
            threshold=3 * curve.threshold,
        ).shape()
        assert changed.name == shape.name
        assert changed.truncated == shape.truncated
        assert changed.confidence == pytest.approx(shape.confidence, rel=1e-6)
        assert changed.barrier == pytest.approx(3 * shape.barrier, nan_ok=True)


# --- The numbers behind the name --------------------------------------------------------------


def test_truncated_where_an_outermost_basin_sees_no_wall(study):
    table = study[study["family"] != "flat"]
    wanted = np.array([curve.truncated for curve in table["drawn"]])
    got = np.array([shape.truncated for shape in table["shape"]])
    assert set(wanted) == {False, True}
    assert table[wanted != got].empty


@pytest.mark.parametrize(
    ("levels", "truncated"),
    [
        ([4, 2, 0], True),
        ([4, 0, 4], False),
        ([4, 0, 0.5], True),
        ([NAN, 0, 4], False),
        ([2, 0, 4, 0, 2], False),
        ([2, 0, 4, 0, 0.5], True),
        ([4, 0, 2, 1.5], False),
    ],
)
def test_truncated_by_hand(levels, truncated):
    assert curves.name_curve(*at_integers(1, levels), 1.0).truncated is truncated


def test_basins_and_barriers_of_drawn_extremes():
    alpha, loss = at_integers(3, [9, 1, 6, 0, 4, 2, 7])
    shape = curves.name_curve(alpha, loss, 1.0)
    assert shape.basins == [(-2, 1), (0, 0), (2, 2)]
    assert shape.barriers == [(-1, 6), (1, 4)]
    assert shape.barrier == 2


def test_basins_and_barriers_of_a_quartic():
    alpha = np.linspace(-1.5, 1.5, 121)
    shape = curves.name_curve(alpha, 3 * (alpha**2 - 1) ** 2, 0.5)
    assert np.allclose(shape.basins, [(-1, 0), (1, 0)], atol=1e-12)
    assert np.allclose(shape.barriers, [(0, 3)], atol=1e-12)
    assert shape.barrier == pytest.approx(3)


def test_ripples_are_neither_basins_nor_barriers():
    shape = curves.name_curve(*at_integers(1, [9, 0, 0.5, 0.2, 6, 5.5, 5.8, 1, 9]), 1.0)
    assert shape.basins == [(0, 0), (6, 1)]
    assert shape.barriers == [(3, 6)]
    assert shape.barrier == 5


def test_one_basin_has_no_barrier():
    shape = curves.name_curve(*at_integers(1, [4, 0, 4]), 1.0)
    assert shape.barriers == []
    assert np.isnan(shape.barrier)


@pytest.mark.parametrize("left", [-1.0, -2.0])
def test_asymmetry_of_a_cubic(left):
    alpha = np.linspace(left, 1, int(200 * (1 - left)) + 1)
    asymmetry = curves.name_curve(alpha, 2 * alpha**2 + 0.3 * alpha + 0.4 * alpha**3, 0.5).asymmetry
    assert asymmetry == pytest.approx(0.3 + 0.4 / 2, rel=1e-3)


@pytest.mark.parametrize("alpha", [np.linspace(-1, 1, 21), np.array([-1, -0.3, 0, 0.1, 0.7, 1])])
def test_curvature_of_a_parabola(alpha):
    shape = curves.name_curve(alpha, 1 + 0.5 * alpha + 3 * alpha**2, 0.5)
    assert shape.second_difference == pytest.approx(6)


def test_curvature_uses_the_center_the_grid_leaves_out():
    alpha = np.array([-1, -0.5, 0.25, 1])
    assert curves.name_curve(alpha, 3 * alpha**2 + 1, 0.5, 1.0).second_difference == pytest.approx(
        6
    )


def test_curvature_where_0_is_off_by_rounding():
    alpha = np.arange(-1, 1.05, 0.1)
    assert 0 < np.abs(alpha).min() < 1e-12
    assert curves.name_curve(alpha, 3 * alpha**2, 0.5).second_difference == pytest.approx(6)


CONFIDENCE = {  # at τ = 1: center, levels, the factor
    "the barrier gives way": (1, [9, 1, 6, 0, 9], 5),
    "the side becomes a basin": (2, [9, 0, 3, 9], 3),
    "the basin becomes a side": (2, [9, 0, 0.5, 9], 2),
    "the peak gives way": (2, [9, 0, 6, 0, 9], 6),
    "the peak becomes a side": (2, [9, 0, 5.75, 6, 0, 9], 4),
    "a ripple becomes a basin": (1, [9, 0, 2, 1.75, 9], 4),
    "all becomes flat": (1, [7, 0, 8], 8),
    "flat no more": (0, [0, 0.5, 0.25], 2),
    "nothing ever changes": (1, [NAN, 0, NAN], np.inf),
}


@pytest.mark.parametrize(("center", "levels", "factor"), CONFIDENCE.values(), ids=CONFIDENCE)
def test_confidence_by_hand(center, levels, factor):
    shape = curves.name_curve(*at_integers(center, levels), 1.0)
    assert factor <= shape.confidence <= 1.01 * factor


def test_confidence_where_τ_may_rise_or_fall_a_little():
    shape = curves.name_curve(*at_integers(2, [1.09, 0, 1 / 1.06, 1.09]), 1.0)
    assert 1.06 <= shape.confidence <= 1.01 * 1.06


def names_at(drawn, factor):
    """Return the names where τ is larger or smaller by the factor."""
    both = (drawn.threshold * factor, drawn.threshold / factor)
    return {drawn._replace(threshold=threshold).shape().name for threshold in both}


def assert_confidence(drawn, shape):
    """Assert that the name stays up to 1 % below the confidence, and changes above it."""
    inside = shape.confidence / 1.011
    assert names_at(drawn, inside) | names_at(drawn, inside**0.5) == {shape.name}
    assert names_at(drawn, shape.confidence * 1.001) != {shape.name}


def test_the_name_stays_within_the_confidence_and_changes_beyond(study):
    for curve, shape in some(study):
        if np.isfinite(shape.confidence):
            assert_confidence(curve, shape)


# --- What is refused --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("alpha", "loss"),
    [
        ([1, 2, 3], [1, 0, 1]),
        ([-3, -2, -1], [1, 0, 1]),
        ([-1, 1, 0], [1, 0, 1]),
        ([1, 0, -1], [1, 0, 1]),
        ([-1, 0, 0, 1], [1, 0, 0, 1]),
        ([-1, 0, 1], [1, 0]),
        ([-1, 0, 1], [[1, 0, 1]]),
        ([[-1, 0, 1]], [[1, 0, 1]]),
        ([], []),
    ],
    ids=[
        "0 left of the window", "0 right of the window", "unsorted", "falling", "repeated",
        "too few losses", "losses in 2D", "all in 2D", "empty",
    ],
)  # fmt: skip
def test_refused(alpha, loss):
    with pytest.raises(ValueError):
        curves.name_curve(np.array(alpha, dtype=float), np.array(loss, dtype=float), 1.0)
