"""Ultrametricity: trees are detected, independent vectors are not, weaker nulls feign trees."""

import itertools

import numpy as np
import pytest
import torch
from scipy.cluster.hierarchy import cophenet
from scipy.spatial.distance import pdist, squareform

from prospect.base.errors import ProspectError
from prospect.base.seeding import generator
from prospect.systems.spinglass import trees, ultrametricity
from prospect.systems.spinglass.hierarchy import of_distances, of_vectors
from prospect.systems.spinglass.trees import INDEPENDENT, TREES, controls, tree
from prospect.systems.spinglass.ultrametricity import (
    against,
    cophenetic,
    cosine_distances,
    dendrogram,
    perpendicular,
    rotated,
    rows_kept,
    shuffled,
)

DRAWS = 60
SEEDS = range(12)


def drawn(make, seed):
    return make(generator(seed, "test of controls"))


def z_of_rotation(vectors, seed):
    return against(cosine_distances(vectors), rotated(vectors), seed, DRAWS)["z"]


def of_tree(depths):
    """Distances of the leaves of a binary tree, by the level at which two branches part."""
    leaves = list(itertools.product([0, 1], repeat=len(depths)))
    distances = np.zeros((len(leaves), len(leaves)))
    for (i, a), (j, b) in itertools.permutations(enumerate(leaves), 2):
        distances[i, j] = depths[[x == y for x, y in zip(a, b, strict=True)].index(False)]
    return distances


def test_cosine_distances_are_scipys():
    vectors = torch.randn(7, 30, generator=generator(0, "test"))
    assert np.allclose(cosine_distances(vectors), squareform(pdist(vectors.numpy(), "cosine")))
    stretched = vectors * torch.arange(1, 8)[:, None]
    assert np.allclose(cosine_distances(vectors), cosine_distances(stretched), atol=1e-6)


def test_ultrametricity_is_that_of_a_plain_loop():
    rng = np.random.default_rng(0)
    distances = squareform(rng.random(45))
    gaps = []
    for triple in itertools.combinations(range(10), 3):
        sides = sorted(distances[a, b] for a, b in itertools.combinations(triple, 2))
        gaps.append(sides[2] - sides[1])
    wanted = np.mean(gaps) / squareform(distances).std()
    assert ultrametricity.ultrametricity(distances) == pytest.approx(wanted)


def test_random_triples_estimate_all(monkeypatch):
    distances = squareform(np.random.default_rng(0).random(780))
    whole = ultrametricity.ultrametricity(distances)
    monkeypatch.setattr(ultrametricity, "TRIPLES", 5_000)
    assert ultrametricity.ultrametricity(distances, 1) != whole
    assert ultrametricity.ultrametricity(distances, 1) == pytest.approx(whole, rel=0.03)


def test_a_tree_is_exactly_ultrametric_and_independent_distances_are_as_known():
    exact = of_tree([3.0, 2.0, 0.5])
    assert ultrametricity.ultrametricity(exact) == 0
    for method in ultrametricity.LINKAGES:
        assert cophenetic(exact, method) == pytest.approx(1)
        heights = cophenet(dendrogram(exact, method))
        assert np.allclose(squareform(heights), exact)
    # of three standard normal numbers the largest is above the middle one by 3/(2 sqrt(pi))
    normal = squareform(np.random.default_rng(1).standard_normal(1_225) + 10)
    expected = 3 / (2 * np.sqrt(np.pi))
    assert ultrametricity.ultrametricity(normal) == pytest.approx(expected, rel=0.02)


def test_nulls_keep_what_they_say():
    distances = cosine_distances(drawn(TREES["tree 1:1:1"], 0))
    rng = np.random.default_rng(0)
    pairs = np.sort(squareform(distances, checks=False))
    assert np.allclose(np.sort(squareform(shuffled(distances)(rng), checks=False)), pairs)
    uneven = distances + np.add.outer(*[np.linspace(0, 1, 64)] * 2) * (1 - np.eye(64))
    kept = rows_kept(uneven)(rng)
    assert np.allclose(kept, kept.T)
    assert np.allclose(np.diag(kept), 0)
    assert kept.sum() == pytest.approx(uneven.sum())
    assert np.corrcoef(kept.sum(axis=1), uneven.sum(axis=1))[0, 1] > 0.99


def test_a_rotation_keeps_mean_and_covariance_of_coordinates():
    vectors = torch.randn(6, 4, generator=generator(0, "test")).double()
    basis = ultrametricity._basis_about_the_mean(6)
    assert np.allclose(basis.T @ basis, np.eye(5))
    assert np.allclose(basis.sum(axis=0), 0)
    rotation = ultrametricity._rotation(5, np.random.default_rng(0))
    assert np.allclose(rotation.T @ rotation, np.eye(5))
    turned = basis @ rotation @ basis.T @ (vectors - vectors.mean(dim=0)).numpy()
    assert np.allclose(np.cov(turned.T), np.cov(vectors.numpy().T))


def test_a_draw_is_of_rotated_vectors():
    vectors = torch.randn(6, 40, generator=generator(0, "test")).double()
    centred = (vectors - vectors.mean(dim=0)).numpy()
    basis = ultrametricity._basis_about_the_mean(6)
    rotation = ultrametricity._rotation(5, np.random.default_rng(3))
    turned = basis @ rotation @ basis.T @ centred
    drawn_distances = rotated(vectors)(np.random.default_rng(3))
    assert np.allclose(drawn_distances, squareform(pdist(turned, "cosine")))


def test_perpendicular_parts_sum_to_zero_and_have_norm_1():
    parts = perpendicular(drawn(INDEPENDENT["unequal noise"], 0))
    assert torch.allclose(parts.norm(dim=1), torch.ones(64).double())
    assert float(parts.sum(dim=0).norm()) < 1e-6


@pytest.mark.parametrize("name", list(TREES)[:3])
def test_trees_are_detected(name):
    table = of_vectors(drawn(TREES[name], 0), 0, DRAWS).set_index("null")
    assert table.loc["rotation", "z"] < -8
    assert table.loc["rotation", "p"] == pytest.approx(1 / (DRAWS + 1))
    assert table.loc["rows", "z"] < -8


@pytest.mark.parametrize("name", INDEPENDENT)
def test_independent_vectors_show_no_tree_under_rotation(name):
    z = [z_of_rotation(perpendicular(drawn(INDEPENDENT[name], seed)), seed) for seed in SEEDS]
    assert abs(np.mean(z)) < 1
    assert min(z) > -4


def test_weaker_nulls_feign_trees():
    for name in ("common mean", "unequal noise", "unequal norms"):
        table = of_vectors(drawn(INDEPENDENT[name], 1), 1, DRAWS).set_index("null")
        assert table.loc["shuffled", "z"] < -15, name
    # rows of a cosine with unequal noise multiply, so keeping what adds up is not enough
    noise = drawn(INDEPENDENT["unequal noise"], 1)
    assert of_distances(cosine_distances(noise), 1, DRAWS)["z"].max() < -10


def test_rotations_feign_trees_where_what_is_common_is_not_taken_away_by_its_share():
    noise = drawn(INDEPENDENT["unequal noise"], 1)
    norms = drawn(INDEPENDENT["unequal norms"], 1)
    assert z_of_rotation(noise, 1) < -10  # not centred
    assert z_of_rotation(norms - norms.mean(dim=0), 1) < -10  # centred, but not scaled before
    scaled = noise / noise.norm(dim=1, keepdim=True)
    assert z_of_rotation(scaled - scaled.mean(dim=0), 1) < -10  # both, but not at right angles


def test_sparse_vectors_feign_trees_where_rows_are_kept_or_rotated():
    rng = generator(0, "test")
    scales = torch.exp(1.5 * torch.randn(5_000, generator=rng))
    here = torch.rand(64, 5_000, generator=rng) < 0.03
    table = of_vectors(here * scales * torch.randn(64, 5_000, generator=rng), 0, DRAWS)
    assert (table.loc[table["null"] != "shuffled", "z"] < -10).all()


def test_euclidean_distance_feigns_a_tree_where_norms_differ():
    vectors = drawn(trees.independent_vectors, 0)
    lengths = torch.exp(0.3 * torch.randn(64, 1, generator=generator(0, "lengths")))
    euclidean = squareform(pdist((lengths * vectors).numpy()))
    cosine = cosine_distances(lengths * vectors)
    assert ultrametricity.ultrametricity(euclidean) < 0.6
    assert cophenetic(euclidean) > 0.8
    assert ultrametricity.ultrametricity(cosine) > 0.8
    assert cophenetic(cosine) < 0.45


def test_a_tree_has_the_overlaps_of_its_variances():
    vectors = tree((1, 2, 3), generator(0, "test"))
    overlap = 1 - cosine_distances(vectors)
    assert overlap[0, 1] == pytest.approx(3 / 6, abs=0.05)
    assert overlap[0, 4] == pytest.approx(1 / 6, abs=0.05)
    assert overlap[0, 16] == pytest.approx(0, abs=0.05)


def test_controls_are_a_tidy_table():
    table = controls([0, 1], 20)
    assert not table.duplicated(["network", "seed", "null"]).any()
    assert len(table) == 2 * 8 * 3
    clear = table[(table["null"] == "rotation") & table["network"].isin(list(TREES)[:3])]
    assert (clear["kind"] == "tree").all()
    assert (clear["z"] < -8).all()


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        (torch.eye(3), "dendrogram: 3 solutions; want at least 4, as any three are a tree"),
        (torch.ones(5, 3), "a solution is only what all have in common"),
        (torch.zeros(5, 3), "all weights of a solution are 0"),
    ],
)
def test_too_few_or_equal_solutions_are_said(vectors, message):
    with pytest.raises(ProspectError, match=message):
        of_vectors(vectors, 0, 2)


def test_rows_are_kept_where_a_distance_would_be_negative():
    near = 0.01 * of_tree([3.0, 2.0, 0.5])
    uneven = near + np.add.outer(*[np.array([0, 0, 0, 0, 0, 0, 0, 1.0])] * 2)
    np.fill_diagonal(uneven, 0)
    rng = np.random.default_rng(0)
    assert min(rows_kept(uneven)(rng).min() for _ in range(50)) >= 0


def test_distances_without_a_dendrogram_are_said():
    with pytest.raises(ProspectError, match="all distances are equal; want solutions that differ"):
        dendrogram(1 - np.eye(5))
    with pytest.raises(ProspectError, match="a distance is not finite"):
        dendrogram(np.full((5, 5), np.nan))
    with pytest.raises(ProspectError, match="dendrogram: linkage 'avrage'; did you mean"):
        dendrogram(of_tree([2.0, 1.0]), "avrage")
