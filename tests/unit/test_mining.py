"""Mining: the gradient of its objective, its constraints, and that it reaches easy patterns."""

import numpy as np
import pytest
import torch

from prospect import mining, networks, patterns
from prospect.errors import ProspectError
from prospect.objective import Objective
from prospect.weights import flatten

OPTIONS = {
    "steps": 150, "batch": 128, "lr": 0.02, "points": 4, "weight": 2.0, "ceiling": 3.0,
    "jitter": 0.5, "report": 10,
}  # fmt: skip


@pytest.fixture(scope="module")
def problem(digits):
    """An objective and θ of a small network at its initialisation."""
    spec = {"architecture": "mlp", "hidden": [32]}
    network = networks.build(spec, (1, 8, 8), 10, seed=0)
    objective = Objective(network, digits.train)
    return objective, flatten(dict(network.named_parameters()), objective.flat.blocks)


def loss_at(objective, mined, *points):
    return [
        float(objective.sample_losses(mined.origin, mined.directions, point).loss.mean())
        for point in points
    ]


def test_w_peak_is_reached_and_the_center_is_frozen(problem):
    objective, theta = problem
    pattern = patterns.read("config/patterns/w-peak.txt")
    mined = mining.mine(objective, theta, pattern, OPTIONS | {"steps": 600}, seed=0)
    assert torch.equal(mined.origin, theta)
    left, center, right, out = loss_at(objective, mined, [-1], [0], [1], [1.5])
    assert max(left, right) < 0.5 < 2 < min(center, out)


def test_a_free_origin_moves_and_the_plane_is_not_distorted(problem, tmp_path):
    objective, theta = problem
    (tmp_path / "p.txt").write_text("#.\n.#\n")
    pattern = patterns.read(tmp_path / "p.txt")
    mined = mining.mine(objective, theta, pattern, OPTIONS, seed=0, free_origin=True)
    assert not torch.equal(mined.origin, theta)
    one, two = mined.directions
    assert float(one @ two) / float(one.norm() * two.norm()) == pytest.approx(0, abs=1e-5)
    assert float(one.norm()) == pytest.approx(float(two.norm()), rel=1e-4)
    low, high = loss_at(objective, mined, (-1, 1), (-1, -1))
    assert low < 1 < 2 < high


def test_first_step_follows_the_gradient_of_the_stated_objective(problem, digits):
    """One step of Adam moves every weight by the rate against the sign of the true gradient."""
    objective, theta = problem
    pattern = patterns.read("config/patterns/w-peak.txt")
    options = OPTIONS | {"steps": 1, "batch": 10**6, "jitter": 0.0, "ceiling": 50.0}
    mined = mining.mine(objective, theta, pattern, options, seed=0)
    start = mining.mine(objective, theta, pattern, options | {"lr": 1e-12}, seed=0).directions[0]
    direction = start.clone().requires_grad_()

    def loss(alpha):
        vector = theta + alpha * direction
        parts, at = {}, 0
        for name, parameter in objective.flat.module.named_parameters():
            parts[name] = vector[at : at + parameter.numel()].view(parameter.shape)
            at += parameter.numel()
        outputs = torch.func.functional_call(objective.flat.module, parts, digits.train.inputs)
        return torch.nn.functional.cross_entropy(outputs, digits.train.targets)

    wish = (loss(1) + loss(-1)) / 2 - 2.0 * (loss(1.5) + loss(-1.5)) / 2
    (gradient,) = torch.autograd.grad(wish, direction)
    clear = gradient.abs() > 0.1 * gradient.abs().max()
    moved = (mined.directions[0] - start)[clear]
    # mini-batches are drawn with repetition, so the step is that of a resampled training set
    assert (moved.sign() == -gradient[clear].sign()).float().mean() > 0.97


def test_same_seed_same_bits_other_seed_other_directions(problem):
    objective, theta = problem
    pattern = patterns.read("config/patterns/w-peak.txt")
    options = OPTIONS | {"steps": 5}
    one, two, other = (mining.mine(objective, theta, pattern, options, seed=s) for s in (0, 0, 1))
    assert torch.equal(one.directions, two.directions)
    assert not torch.equal(one.directions, other.directions)


def test_progress_counts_gradients(problem):
    objective, theta = problem
    pattern = patterns.read("config/patterns/w-peak.txt")
    mined = mining.mine(objective, theta, pattern, OPTIONS | {"steps": 25}, seed=0)
    assert mined.progress["step"].tolist() == [10, 20, 25]
    assert mined.progress["gradients"].max() <= 25 * 4  # two low and two high points besides 0
    assert np.isfinite(mined.progress["low"]).all()


def test_a_loss_that_is_not_finite_is_one_clear_line(problem):
    objective, theta = problem
    pattern = patterns.read("config/patterns/w-peak.txt")
    with pytest.raises(ProspectError, match=r"lower mining\.lr"):
        mining.mine(objective, theta, pattern, OPTIONS | {"lr": 1e25}, seed=0)
