"""All pairs at once against one pair at a time."""

import itertools
import math

import pytest
import torch

from prospect.landscape.compare import similarity
from prospect.systems.valleys import agreement


def vectors():
    drawn = torch.randn(2, 4, 50, generator=torch.Generator().manual_seed(0))
    drawn[:, 1, ::3] = 0  # coordinates without a sign
    drawn[1, 2] = 0
    return drawn.double()


def test_pairs_are_those_of_two_vectors_alone():
    a, b = vectors(), vectors()[:, :3].roll(1, 2)
    consistency, cosine = agreement.pairwise(a, b)
    for r, s, t in itertools.product(range(2), range(4), range(3)):
        wanted = similarity(a[r, s], b[r, t])
        found = float(consistency[r, s, t]), float(cosine[r, s, t])
        assert found == pytest.approx(wanted[:2], nan_ok=True)
    assert math.isnan(float(cosine[1, 2, 0]))


def test_means_are_over_pairs_of_two_and_over_all_with_the_server():
    a = vectors()[:1]
    pairs = [similarity(a[0, i], a[0, j]) for i, j in itertools.combinations(range(4), 2)]
    with_server = [similarity(a[0, i], a[0, 3]) for i in range(4)]
    for found, wanted in (
        (agreement.among(a), pairs),
        (agreement.with_server(a, a[:, 3]), with_server),
    ):
        means = [sum(pair[i] for pair in wanted) / len(wanted) for i in (0, 1)]
        assert [float(value) for value in found] == pytest.approx(means)
    assert all(value.isnan() for value in agreement.among(a[:, :1]))
