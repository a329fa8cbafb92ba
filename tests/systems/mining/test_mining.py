"""Mining: the gradient of its objective, its constraints, and that it reaches easy patterns."""

import copy
import itertools

import numpy as np
import pytest
import torch

from prospect.base.errors import ProspectError
from prospect.landscape import patterns
from prospect.model import networks
from prospect.model.objective import Objective
from prospect.model.weights import flatten
from prospect.systems.mining.mine import _Attempt, mine
from prospect.systems.mining.optimiser import clip, make_orthogonal
from prospect.systems.mining.points import Window, sample
from prospect.systems.mining.system import options_for

OPTIONS = {
    "steps": 150, "restarts": 0, "points": 16, "batch": 16, "rate": 0.15, "weight": 2.0,
    "ceiling": 3.0, "target": 0.35, "margin": 0.25, "overlap": 0.95, "jitter": 0.8,
    "average": 0.97, "clip": None, "report": 10,
}  # fmt: skip
UNREACHABLE = {"target": 0}


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
    mined = mine(objective, theta, pattern, OPTIONS | {"steps": 600}, seed=0)
    assert torch.equal(mined.origin, theta)
    left, center, right, out = loss_at(objective, mined, [-1], [0], [1], [1.5])
    assert max(left, right) < 0.5 < 2 < min(center, out)


def test_a_free_origin_moves_and_the_plane_is_not_distorted(problem, tmp_path):
    objective, theta = problem
    (tmp_path / "p.txt").write_text("#.\n.#\n")
    pattern = patterns.read(tmp_path / "p.txt")
    mined = mine(objective, theta, pattern, OPTIONS, seed=0, free_origin=True)
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
    options = OPTIONS | {"steps": 1, "batch": 10**6, "points": 2, "jitter": 0.0, "ceiling": 50.0}
    options |= {"average": 0.0}
    mined = mine(objective, theta, pattern, options, seed=0)
    start = mine(objective, theta, pattern, options | {"rate": 1e-12}, seed=0).directions[0]
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
    size = float(theta.norm()) / len(theta) ** 0.5
    assert float(moved.abs().median()) == pytest.approx(0.15 * size / pattern.extent, rel=1e-2)


def test_same_seed_same_bits_other_seed_other_directions(problem):
    objective, theta = problem
    pattern = patterns.read("config/patterns/w-peak.txt")
    options = OPTIONS | {"steps": 5}
    one, two, other = (mine(objective, theta, pattern, options, seed=s) for s in (0, 0, 1))
    assert torch.equal(one.directions, two.directions)
    assert not torch.equal(one.directions, other.directions)


def test_mining_stops_at_its_goal_and_counts_the_cost(problem):
    objective, theta = problem
    pattern = patterns.read("config/patterns/w-peak.txt")
    options = OPTIONS | {"steps": 2000, "restarts": 2}
    mined = mine(objective, theta, pattern, options, seed=0)
    progress = mined.progress
    assert mined.reached and mined.attempts == 1 and mined.attempt == 0
    assert progress["step"][-1] < 2000
    assert progress["low"][-1] <= 0.35 and progress["short"][-1] <= 0.25
    assert progress["overlap"][-1] >= 0.95
    assert mined.gradients == progress["step"][-1] * 2 * 16 * 16 / 128
    assert (np.diff(progress["gradients"]) > 0).all()


LUCKY = OPTIONS | {"steps": 400, "report": 1, "points": 2, "batch": 1, "target": 3.0, "margin": 3.0}


@pytest.mark.parametrize("seed", range(3))
def test_a_goal_that_a_few_samples_meet_is_met_by_all(problem, seed):
    """Four samples are soon right by chance; there the search used to stop."""
    objective, theta = problem
    pattern = patterns.read("config/patterns/w-peak.txt")
    mined = mine(objective, theta, pattern, LUCKY, seed)
    losses = loss_at(objective, mined, [-1.5], [-1], [1], [1.5])
    seen = [loss < LUCKY["ceiling"] / 2 for loss in losses]
    assert mined.reached is (seen == [False, True, True, False])
    assert mined.reached or mined.progress["step"][-1] == 400


def test_a_look_is_taken_at_every_cell_over_all_samples(problem):
    objective, theta = problem
    pattern = patterns.read("config/patterns/heart.txt")
    attempt = _Attempt(objective, theta, pattern, OPTIONS | {"steps": 40}, 0, 0, True)
    list(attempt.run())
    low, seen = 0, 0
    for x, alpha in enumerate(pattern.axes[0]):
        for y, beta in enumerate(pattern.axes[1]):
            (loss,) = loss_at(objective, attempt, (alpha, beta))
            mark, is_low = pattern.cells[x, y], loss < OPTIONS["ceiling"] / 2
            low += mark == "#" and is_low
            seen += mark == "#" or (mark == "." and is_low)
    assert attempt.overlap() == pytest.approx(low / seen)


def test_after_a_look_that_finds_too_little_the_search_goes_on(problem, monkeypatch):
    objective, theta = problem
    pattern = patterns.read("config/patterns/w-peak.txt")
    looks = []

    def overlap(attempt):
        looks.append((attempt.name, attempt.steps))
        return 0.5

    monkeypatch.setattr(_Attempt, "overlap", overlap)
    options = OPTIONS | {"steps": 100, "restarts": 1, "report": 1, "target": 99.0, "margin": 99.0}
    mined = mine(objective, theta, pattern, options | {"overlap": 1e-9 + 0.5}, seed=0)
    assert not mined.reached and mined.attempts == 2
    first = [step for name, step in looks if name == "w-peak"]
    assert first[-1] == 100 and len(first) < 40
    assert all(later >= min(1.1 * step, 100) for step, later in itertools.pairwise(first))
    stopped, resumed = (_Attempt(objective, theta, pattern, options, 0, 0, False) for _ in range(2))
    stopped.steps = 50
    stopped.looked_at(0)
    resumed.restore(stopped.state())
    assert resumed.look_from == stopped.look_from >= 55


def test_a_goal_that_is_not_met_is_tried_again_and_the_closest_attempt_kept(problem):
    objective, theta = problem
    pattern = patterns.read("config/patterns/w-peak.txt")
    options = OPTIONS | UNREACHABLE | {"steps": 20, "restarts": 2}
    mined = mine(objective, theta, pattern, options, seed=0)
    assert not mined.reached
    assert mined.attempts == 3
    assert mined.progress["attempt"].tolist() == [0, 0, 1, 1, 2, 2]
    assert mined.gradients == 3 * 20 * 4
    frozen = pattern.without_center()
    alone = [_Attempt(objective, theta, frozen, options, 0, number, False) for number in range(3)]
    misses = [attempt.miss(list(attempt.run())[-1]) for attempt in alone]
    assert mined.attempt == int(np.argmin(misses))
    assert torch.equal(mined.directions, alone[mined.attempt].directions)


def test_the_wishes_of_a_pattern_come_first(problem, tmp_path):
    objective, theta = problem
    (tmp_path / "p.txt").write_text("target: 50\nceiling: 100\nmargin: 200\n.# . #.\n")
    pattern = patterns.read(tmp_path / "p.txt")
    options = options_for(OPTIONS | {"overlap": 1e-9}, pattern)
    mined = mine(objective, theta, pattern, options, seed=0)
    assert mined.reached
    assert mined.progress["step"].tolist() == [10]


def test_a_pattern_with_nothing_high_but_the_frozen_center_is_mined(problem, tmp_path):
    objective, theta = problem
    (tmp_path / "p.txt").write_text("#.#\n")
    pattern = patterns.read(tmp_path / "p.txt")
    mined = mine(objective, theta, pattern, OPTIONS | {"steps": 300}, seed=0)
    left, center, right = loss_at(objective, mined, [-1], [0], [1])
    assert max(left, right) < 1 < center


def test_gradients_are_clipped_together(problem):
    objective, theta = problem
    pattern = patterns.read("config/patterns/heart.txt")
    attempt = _Attempt(objective, theta, pattern, OPTIONS, 0, 0, True)
    for adam, norm in ((attempt.along, 3.0), (attempt.at, 4.0)):
        adam.gradient.fill_(norm / adam.gradient.numel() ** 0.5)
    clip([attempt.along, attempt.at], 10.0)
    assert float(attempt.along.gradient.norm()) == pytest.approx(3, rel=1e-4)
    clip([attempt.along, attempt.at], 1.0)
    assert float(attempt.along.gradient.norm()) == pytest.approx(0.6, rel=1e-4)
    assert float(attempt.at.gradient.norm()) == pytest.approx(0.8, rel=1e-4)


@pytest.mark.parametrize("name", ["w-peak", "heart"])
def test_a_loss_that_is_not_finite_in_any_attempt_is_one_clear_line(problem, name):
    objective, theta = problem
    pattern = patterns.read(f"config/patterns/{name}.txt")
    with pytest.raises(ProspectError, match=r"2 attempts; lower mining\.rate"):
        mine(objective, theta, pattern, OPTIONS | {"rate": 1e30, "restarts": 1}, seed=0)


@pytest.mark.parametrize("policy", ["recompute", "frozen"])
def test_gradients_of_many_points_are_those_of_one_after_another(
    network, digits, policy, monkeypatch
):
    """All in one pass, some at a time, one by one, and autograd of the plain loss."""
    from prospect.model import objective as module

    samples = digits.train.subset(200, seed=0)
    objective = Objective(network, samples, batchnorm=policy, batch=64, dtype=torch.float64)
    theta = flatten(dict(network.named_parameters()), objective.flat.blocks).double()
    rng = torch.Generator().manual_seed(1)
    directions = torch.randn(2, len(theta), generator=rng).double() * 0.05
    points = torch.rand(6, 2, generator=rng).double() * 2 - 1
    index = torch.randint(0, 200, (6, 24), generator=rng)
    below = torch.tensor([torch.inf] * 4 + [0.0] * 2)

    def all_of(memory):
        monkeypatch.setattr(module, "BACKWARD_BYTES", memory)
        parts = objective.losses_and_gradients(theta, directions, points, index, below)
        losses, gradients = zip(*((a.clone(), b.clone()) for a, b in parts), strict=True)
        return len(losses), torch.cat(losses), torch.cat(gradients)

    of_one = 2 * theta.nbytes + 2 * 24 * objective.cost.numbers * 8
    ways = [all_of(memory) for memory in (2**40, 4 * of_one, 0)]
    assert [count for count, *_ in ways] == [1, 2, 6]
    _, losses, gradients = ways[0]
    for _, same_losses, same_gradients in ways[1:]:
        assert torch.allclose(losses, same_losses, atol=1e-12)
        assert torch.allclose(gradients, same_gradients, atol=1e-12)
    assert not gradients[4:].any()
    fresh = copy.deepcopy(network).double().eval()
    for module_ in fresh.modules():
        if isinstance(module_, torch.nn.modules.batchnorm._BatchNorm):
            module_.train(policy == "recompute")
    for number in range(4):
        here = (theta + points[number] @ directions).requires_grad_()
        outputs = torch.func.functional_call(
            fresh, objective.flat.parts(here), samples.inputs[index[number]].double()
        )
        loss = torch.nn.functional.cross_entropy(outputs, samples.targets[index[number]])
        (expected,) = torch.autograd.grad(loss, here)
        assert float(losses[number]) == pytest.approx(loss.item(), abs=1e-12)
        assert torch.allclose(gradients[number], expected, atol=1e-12)


@pytest.mark.parametrize("memory", [2**40, 0])
def test_a_point_whose_loss_is_not_finite_has_no_gradient(problem, memory, monkeypatch):
    from prospect.model import objective as module

    monkeypatch.setattr(module, "BACKWARD_BYTES", memory)
    objective, theta = problem
    points, index = torch.tensor([[0.5], [1e38]]), torch.arange(16).view(2, 8)
    below = torch.tensor([3.0, 3.0])
    parts = objective.losses_and_gradients(theta, theta[None], points, index, below)
    losses, gradients = zip(*((a.clone(), b.clone()) for a, b in parts), strict=True)
    assert torch.isfinite(torch.cat(losses)).tolist() == [True, False]
    assert torch.cat(gradients).any(dim=1).tolist() == [True, False]


class Branching(torch.nn.Module):
    """A network that `vmap` cannot run."""

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(64, 10)

    def forward(self, inputs):
        outputs = self.layer(inputs.flatten(1))
        return outputs if outputs.sum() > 0 else 2 * outputs


class Attending(torch.nn.Module):
    """A network with attention."""

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        self.head = torch.nn.Linear(64, 10)

    def forward(self, inputs):
        return self.head(self.layer(inputs.flatten(1).view(-1, 8, 8)).flatten(1))


@pytest.mark.filterwarnings("ignore:There is a performance drop")  # vmap, of Attending
@pytest.mark.parametrize(("kind", "parts"), [(Branching, 3), (Attending, 1)])
def test_a_network_that_is_none_for_vmap_is_mined_point_by_point(digits, kind, parts):
    torch.manual_seed(0)
    objective = Objective(kind(), digits.train)
    theta = objective.flat.weights.clone()
    index = torch.arange(12).view(3, 4)
    below = torch.full((3,), torch.inf)
    found = list(
        objective.losses_and_gradients(theta, theta[None], torch.zeros(3, 1), index, below)
    )
    assert len(found) == parts
    plain = torch.nn.functional.cross_entropy(
        objective.flat.module(digits.train.inputs[:4]), digits.train.targets[:4]
    )
    assert float(found[0][0][0]) == pytest.approx(plain.item(), abs=1e-6)


def test_the_goal_counts_strays_by_the_area_they_stand_for():
    """A tenth of the points drawn high are low: little of a small area, much of a large one."""
    for cells, wanted in (((10, 10), 10 / 11), ((10, 40), 10 / 14), ((40, 10), 40 / 41)):
        window = Window(3.0, *cells)
        window.add(torch.full((20,), 0.1), torch.tensor([0.1] * 2 + [5.0] * 18))
        assert window.report()["overlap"] == pytest.approx(wanted)
    window = Window(3.0, 10, 40)
    window.add(torch.tensor([0.1] * 15 + [5.0] * 5), torch.full((20,), 5.0))
    assert window.report()["overlap"] == pytest.approx(0.75)


@pytest.mark.parametrize("scales", [(1.0, 1.0), (0.2, 3.0)])
def test_directions_become_the_nearest_orthogonal_and_equally_long_ones(scales):
    rng = torch.Generator().manual_seed(0)
    directions = torch.randn(2, 500, generator=rng) * torch.tensor(scales)[:, None]
    directions[1] += 0.5 * directions[0]
    u, s, vh = torch.linalg.svd(directions.double(), full_matrices=False)
    make_orthogonal(directions)
    assert torch.allclose(directions.double(), u @ vh * s.mean(), atol=1e-4)


def test_points_are_jittered_inside_their_cells_and_cells_take_turns():
    cells = np.array([[-1.0, 0.0], [0.0, 0.0], [1.0, 0.0]])
    jitter = np.array([0.4, 0.1])
    points = sample(cells, 300, jitter, torch.Generator().manual_seed(0))
    shift = points - np.round(points)
    assert (np.abs(shift) <= jitter).all()
    assert (np.abs(shift).max(axis=0) > 0.9 * jitter).all()
    assert np.bincount(np.round(points[:, 0]).astype(int) + 1).tolist() == [100, 100, 100]
