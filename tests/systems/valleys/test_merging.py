"""Merging by sign consensus against a literal transcription of its definition."""

import numpy as np
import pytest
import torch

from prospect.base.errors import ProspectError
from prospect.systems.valleys.merging import sign_consensus


def ties(start, thetas, keep):
    """TIES, number by number, as arXiv:2306.01708 states it (λ = 1)."""
    trimmed = []
    for theta in thetas:
        vector = theta - start
        smallest_kept = np.sort(np.abs(vector))[::-1][round(keep * len(vector)) - 1]
        trimmed.append([v if abs(v) >= smallest_kept else 0.0 for v in vector])
    merged = []
    for values in zip(*trimmed, strict=True):
        elected = np.sign(sum(values))
        agreeing = [v for v in values if v != 0 and np.sign(v) == elected]
        merged.append(np.mean(agreeing) if agreeing else 0.0)
    return start + np.array(merged)


@pytest.mark.parametrize("members", [2, 3, 5])
@pytest.mark.parametrize("keep", [0.1, 0.2, 0.5, 1])
def test_it_is_its_definition(members, keep):
    rng = np.random.default_rng(members)
    start, thetas = rng.normal(size=50), rng.normal(size=(members, 50))
    found = sign_consensus(torch.tensor(start), torch.tensor(thetas), keep)
    assert found.numpy() == pytest.approx(ties(start, thetas, keep), abs=1e-12)


def test_by_hand():
    thetas = torch.tensor([[1.0, 3, -1, 2, 0], [3.0, -1, 1, 0, 0]])
    # both agree; the larger wins; neither wins; one alone is not halved; none moved
    assert sign_consensus(torch.zeros(5), thetas, 1).tolist() == [2, 3, 0, 2, 0]
    assert sign_consensus(torch.zeros(5), thetas, 0.2).tolist() == [3, 3, 0, 0, 0]


def test_of_one_network_alone_the_trimmed_one_is_left():
    start, theta = torch.ones(5), torch.tensor([1.0, 3, 0, 2, 1.5])
    assert sign_consensus(start, torch.stack([theta, theta]), 1).tolist() == theta.tolist()
    assert sign_consensus(start, start.expand(2, -1)).tolist() == start.tolist()


def test_mistakes_are_one_line():
    with pytest.raises(ProspectError, match="networks of 4 numbers and a start of 3; want one"):
        sign_consensus(torch.zeros(3), torch.zeros(2, 4))
    for keep in (0, 1.5):
        with pytest.raises(ProspectError, match=f"keep is {keep}; want a share"):
            sign_consensus(torch.zeros(3), torch.zeros(2, 3), keep)
