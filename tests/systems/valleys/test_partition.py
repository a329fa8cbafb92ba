"""Partitions by their counts, and what of them is fixed."""

import numpy as np
import pytest
import torch

from prospect.base.errors import ProspectError
from prospect.systems.valleys.partition import hold_out, partition


@pytest.mark.parametrize("clients, alpha", [(100, 0.1), (100, 10), (30, 0.5), (7, 1e-3), (1, 1)])
def test_every_client_has_as_many_samples_and_no_sample_is_dealt_twice(digits, clients, alpha):
    targets = digits.train.targets
    samples, counts = partition(targets, clients, alpha, seed=3)
    assert samples.shape == (clients, 1437 // clients)
    assert len(samples.unique()) == samples.numel()
    for own, of_classes in zip(targets[samples], counts, strict=True):
        assert own.bincount(minlength=10).tolist() == of_classes.tolist()


def test_the_seed_decides_and_nothing_else(digits):
    one, same = (partition(digits.train.targets, 20, 0.1, seed=1) for _ in range(2))
    other = partition(digits.train.targets, 20, 0.1, seed=2)
    assert torch.equal(one.samples, same.samples)
    assert not torch.equal(one.counts, other.counts)


def largest_share(targets, alpha, clients=20, seeds=5):
    """The mean over clients of the share of a client's largest class."""
    found = []
    for seed in range(seeds):
        counts = partition(targets, clients, alpha, seed).counts.double()
        found.append((counts.max(1).values / counts.sum(1)).mean())
    return float(np.mean(found))


def test_large_alpha_gives_equal_shares_and_small_alpha_few_classes(digits):
    targets = digits.train.targets
    rng = np.random.default_rng(0)
    drawn = rng.multinomial(71, np.full(10, 0.1), size=2000)  # clients with equal shares
    assert largest_share(targets, 1e4) == pytest.approx((drawn.max(1) / 71).mean(), abs=0.01)
    rising = [largest_share(targets, alpha) for alpha in (100, 1, 0.1, 0.01)]
    assert sorted(rising) == rising
    assert rising[-1] > 0.6  # not 1: two clients of 71 use up a class


def test_shares_are_those_of_a_dirichlet_where_no_class_runs_out():
    targets = torch.arange(3).repeat(20000)
    # no class runs out before the last turns, so the first two samples of a client are of one
    # class with probability E Σ p² = (α + 1)/(3α + 1)
    alpha, clients = 0.5, 6000
    samples, _ = partition(targets, clients, alpha, seed=0)
    equal = (targets[samples[:, 0]] == targets[samples[:, 1]]).double().mean()
    wanted = (alpha + 1) / (3 * alpha + 1)
    assert float(equal) == pytest.approx(wanted, abs=4 * (wanted * (1 - wanted) / 6000) ** 0.5)


def test_what_is_held_out_is_not_trained_on(digits):
    kept, held = hold_out(digits, 0.2)
    assert len(held.targets) == 287
    assert len(kept.train.targets) == 1437 - 287
    both = torch.cat([kept.train.inputs, held.inputs]).flatten(1)
    assert len(both.unique(dim=0)) == len(digits.train.inputs.flatten(1).unique(dim=0))
    assert kept.test is digits.test
    shares = held.targets.bincount() / digits.train.targets.bincount()
    assert float(shares.min()) > 0.19
    assert float(shares.max()) < 0.21


RARE = torch.tensor([0] * 60 + [1] * 60 + [2])  # two clients of 60 leave one over


@pytest.mark.parametrize(
    "targets, clients, alpha, message",
    [
        (RARE, 122, 1, "federated.clients: 122 for 121 training samples leaves a client empty; wa"),
        (RARE, 0, 1, "federated.clients: 0 for 121 training samples .*want 1 to 121"),
        (RARE, 3, 0, "federated.alpha: 0; want a number above 0"),
        (RARE, 2, 0.01, "federated.alpha: 0.01 for 2 clients gives nobody a sample of class 2;"),
    ],
)
def test_a_split_that_cannot_be_is_said(targets, clients, alpha, message):
    with pytest.raises(ProspectError, match=message):
        for seed in range(200):
            partition(targets, clients, alpha, seed)


def test_what_is_said_to_work_works():
    for seed in range(500):
        try:
            partition(RARE, 2, 0.01, seed)
        except ProspectError as error:
            _, alpha, _, clients = str(error).split("; want ")[1].replace("or ", "").split()
            break
    partition(RARE, 2, float(alpha), seed)
    partition(RARE, int(clients), 0.01, seed)
