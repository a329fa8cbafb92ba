"""Principal directions of paths, distances from planes and random walks, against references."""

import math

import numpy as np
import pytest
import torch

from prospect.base.errors import ProspectError
from prospect.landscape import trajectories
from prospect.landscape.trajectories import (
    places,
    principal_direction,
    products,
    variance,
    walk_shares,
)


@pytest.fixture
def path():
    """A path of seven checkpoints among 500 parameters, as float32."""
    rng = torch.Generator().manual_seed(0)
    return torch.randn(7, 500, generator=rng).cumsum(0) + 3


@pytest.fixture(params=[trajectories.BLOCK, 64])
def block(request, monkeypatch):
    """Parameters at a time: all, or a few."""
    monkeypatch.setattr(trajectories, "BLOCK", request.param)


def walk(count, parameters, seed=0, lengths=None):
    """A random walk of `count` points with steps of these lengths, 1 by default."""
    rng = np.random.default_rng(seed)
    steps = rng.standard_normal((count - 1, parameters))
    steps *= (np.ones(count - 1) if lengths is None else lengths)[:, None]
    points = np.vstack([np.zeros(parameters), steps.cumsum(0)]) / math.sqrt(parameters)
    return torch.from_numpy(points).float()


@pytest.mark.parametrize("number", [1, 2, 5])
def test_principal_directions_are_those_of_a_singular_value_decomposition(path, number, block):
    center = path[3]
    apart = (path.double() - center.double()).numpy()
    _, _, vectors = np.linalg.svd(apart, full_matrices=False)
    found = principal_direction(path, center, number).double().numpy()
    longest = np.linalg.norm(apart, axis=1).max()
    assert np.linalg.norm(found) == pytest.approx(longest, rel=1e-6)
    assert abs(found @ vectors[number - 1]) == pytest.approx(longest, rel=1e-6)
    along = apart @ found
    assert along[np.argmax(np.abs(along))] > 0


def test_checkpoints_lie_within_the_unit_circle(path):
    pair = torch.stack([principal_direction(path, path[-1], number) for number in (1, 2)])
    radii = np.linalg.norm(places(path, path[-1], pair).coordinates, axis=1)
    assert radii.max() <= 1 + 1e-6


def test_what_a_path_does_not_have_is_refused(path):
    line = path[0] + torch.arange(4.0)[:, None] * path[1]
    principal_direction(line, line[0], 1)
    for points, number, there in ((line, 2, 1), (path[:1], 1, 0), (path[:3], 3, 2)):
        with pytest.raises(ProspectError, match=f"{number} is not among the {there} directions"):
            principal_direction(points, points[0], number)


def test_places_are_those_of_least_squares_also_at_an_acute_angle(path, block):
    directions = torch.stack([path[1] - path[0], path[2] - path[0] / 2])
    apart = (path.double() - path[4].double()).numpy()
    wanted, *_ = np.linalg.lstsq(directions.double().numpy().T, apart.T, rcond=None)
    found = places(path, path[4], directions)
    assert np.allclose(found.coordinates, wanted.T, atol=1e-9)
    rest = apart - wanted.T @ directions.double().numpy()
    assert np.allclose(found.distance, np.linalg.norm(rest, axis=1))
    assert np.allclose(found.displacement, np.linalg.norm(apart, axis=1))
    assert found.displacement[4] == found.distance[4] == 0


def test_parallel_directions_are_no_plane(path):
    with pytest.raises(ProspectError, match="the two directions are parallel"):
        places(path, path[0], torch.stack([path[1], -3 * path[1]]))


def test_three_points_lie_in_their_plane(path):
    found = places(path[:3], path[0], path[1:3] - path[0])
    assert np.allclose(found.coordinates, [[0, 0], [1, 0], [0, 1]], atol=1e-6)
    assert found.distance.max() < 1e-5 * found.displacement.max()


def test_variance_is_that_of_all_singular_values(path):
    apart = (path.double() - path[-1].double()).numpy()
    squares = np.linalg.svd(apart, compute_uv=False) ** 2
    best = torch.stack([principal_direction(path, path[-1], number) for number in (1, 2)])
    found = variance(path, best)
    assert found.explained_first == pytest.approx(squares[0] / squares.sum())
    assert found.explained_best == pytest.approx(squares[:2].sum() / squares.sum())
    assert found.explained == pytest.approx(found.explained_best, abs=1e-6)
    others = torch.stack([principal_direction(path, path[-1], number) for number in (2, 4)])
    wanted = squares[[1, 3]].sum() / squares.sum()
    assert variance(path, others).explained == pytest.approx(wanted, abs=1e-6)


def test_a_straight_line_is_explained_whole_and_no_walk(path):
    line = path[0] + torch.linspace(0, 1, 12)[:, None] * path[1]
    found = variance(line, path[1:3])
    assert found.explained == pytest.approx(1)
    assert found.explained_first == pytest.approx(1)
    assert found.straightness == pytest.approx(1)
    assert found.walk_first < 0.9
    assert found.walk_straightness == pytest.approx(1 / math.sqrt(11))


def test_a_random_walk_is_no_more_than_its_null():
    lengths = np.geomspace(3, 0.1, 19)
    parts = [walk(20, 5000, seed, lengths) for seed in range(10)]
    found = [variance(part, part[1:3]) for part in parts]
    for own, null in (("first", "walk_first"), ("best", "walk_best")):
        shares = [getattr(one, f"explained_{own}") for one in found]
        nulls = [getattr(one, null) for one in found]
        assert np.mean(shares) == pytest.approx(np.mean(nulls), abs=0.01)
    straight = np.mean([one.straightness for one in found])
    assert straight == pytest.approx(np.mean([one.walk_straightness for one in found]), rel=0.05)
    across = np.mean([one.explained for one in found])
    assert across < np.mean([one.walk_best for one in found]) - 0.05  # of two of its own points


def test_shares_of_a_long_walk_of_equal_steps_are_those_of_brownian_motion():
    wanted = 8 / (math.pi**2 * (2 * np.arange(1, 6) - 1) ** 2)
    assert np.allclose(walk_shares(np.ones(600))[:5], wanted, rtol=5e-3)
    assert walk_shares([2.0, 1.0, 0.5]).sum() == pytest.approx(1)


def test_a_path_that_stays_where_it_is_has_no_variance(path):
    assert np.isnan(variance(path[:1].repeat(3, 1), path[1:3])).all()
    assert np.isnan(variance(path[:1], path[1:3])).all()  # of one checkpoint
    assert np.isnan(walk_shares(np.zeros(3))).all()


def test_products_are_exact_where_float32_is_not():
    vectors = torch.full((2, 3000), 1e4) + torch.tensor([[0.0], [1.0]])
    assert products(vectors, vectors[0])[1, 1] == 3000
