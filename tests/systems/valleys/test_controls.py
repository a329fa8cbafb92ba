"""Controls keep what they are said to keep, tensor by tensor, and nothing else of η."""

import pytest
import torch

from prospect.landscape.compare import similarity, similarity_by_tensor
from prospect.model.weights import Block
from prospect.systems.valleys.controls import CONTROLS, control

BLOCKS = [Block("a", torch.Size([40, 50]), 0, 2000), Block("b", torch.Size([10]), 2000, 2010)]


@pytest.fixture
def problem():
    """θ with tensors of very different sizes, and η."""
    rng = torch.Generator().manual_seed(0)
    theta = torch.randn(2010, generator=rng)
    theta[2000:] *= 30
    return theta, torch.randn(2010, generator=rng).abs() * theta.sign()


def made(name, problem):
    theta, eta = problem
    return control(name, eta, theta, BLOCKS, torch.Generator().manual_seed(1))


def by_tensor(one, other):
    return {name: found.overlap for name, found in similarity_by_tensor(one, other, BLOCKS).items()}


def test_rest_has_no_growth_in_any_tensor(problem):
    theta, eta = problem
    found = made("rest", problem)
    assert max(map(abs, by_tensor(found, theta).values())) < 1e-6
    # what was taken off lies along θ
    for part in (slice(0, 2000), slice(2000, 2010)):
        off = eta[part] - found[part]
        assert similarity(off, theta[part]).overlap == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("name", ["same-cosine", "smallest-same-cosine"])
def test_gaussians_have_cosine_and_length_of_what_they_stand_for(problem, name):
    theta, eta = problem
    whole = eta if name == "same-cosine" else made("smallest", problem)
    found = made(name, problem)
    assert by_tensor(found, theta) == pytest.approx(by_tensor(whole, theta), abs=1e-5)
    for part in (slice(0, 2000), slice(2000, 2010)):
        assert float(found[part].norm()) == pytest.approx(float(whole[part].norm()), rel=1e-5)
    assert similarity(found, theta).sign_consistency < 0.8


def test_permuted_signs_leave_sizes_and_take_agreement(problem):
    theta, eta = problem
    found = made("permuted", problem)
    assert torch.equal(found.abs().sort().values, eta.abs().sort().values)
    for part in (slice(0, 2000), slice(2000, 2010)):
        assert found[part].sign().sum() == eta[part].sign().sum()
    assert similarity(found[:2000], theta[:2000]).sign_consistency == pytest.approx(0.5, abs=0.05)


def test_the_smallest_half_of_every_tensor_has_all_signs(problem):
    theta, eta = problem
    found = made("smallest", problem)
    assert similarity(found, theta).sign_consistency == 1
    kept = found != 0
    for part in (slice(0, 2000), slice(2000, 2010)):
        inside, outside = theta[part][kept[part]].abs(), theta[part][~kept[part]].abs()
        assert inside.max() <= outside.min()
    assert 0 < similarity(found, theta).overlap < similarity(eta, theta).overlap


def test_as_a_whole_the_tensors_do_not_count(problem):
    theta, eta = problem
    assert abs(similarity(made("rest-whole", problem), theta).overlap) < 1e-6
    assert max(map(abs, by_tensor(made("rest-whole", problem), theta).values())) > 0.05
    found = made("same-cosine-whole", problem)
    assert similarity(found, theta).overlap == pytest.approx(similarity(eta, theta).overlap)


@pytest.mark.parametrize("name", CONTROLS)
def test_a_tensor_of_zeros_stays_finite(name):
    theta = torch.cat(
        [torch.randn(2000, generator=torch.Generator().manual_seed(0)), torch.zeros(10)]
    )
    eta = theta.sign()
    found = control(name, eta, theta, BLOCKS, torch.Generator().manual_seed(1))
    assert found.isfinite().all()
    assert not found[2000:].any() or name.endswith("whole")
