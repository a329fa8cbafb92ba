"""Hidden units in other places: the same function, found again, and against its null."""

import copy
import itertools
import math

import numpy as np
import pytest
import torch
from torch import nn

from prospect.base.errors import ProspectError
from prospect.landscape import alignment
from prospect.landscape.alignment import align, permuted, permuted_tensors, symmetry_of
from prospect.landscape.compare import chord, similarity
from prospect.model import architectures, networks, vision
from prospect.model.architectures import GlobalAverage
from prospect.model.objective import Objective
from prospect.model.training import train
from prospect.model.weights import flatten


def convolution(channels_in, channels_out):
    return [nn.Conv2d(channels_in, channels_out, 3, padding=1), nn.BatchNorm2d(channels_out)]


def linear_norm(units_in, units_out):
    return [nn.Linear(units_in, units_out, bias=False), nn.BatchNorm1d(units_out), nn.Tanh()]


NETWORKS = {  # with the hidden units of every group
    "perceptron": (lambda: architectures.mlp((64,), 10, hidden=(12, 16, 8)), [12, 16, 8]),
    "batchnorm": (
        lambda: nn.Sequential(
            nn.Flatten(), nn.BatchNorm1d(64), *linear_norm(64, 12), nn.Dropout(0),
            nn.Sequential(*linear_norm(12, 9)), nn.Linear(9, 10),
        ),
        [12, 9],
    ),
    "convolutional": (
        lambda: nn.Sequential(
            *convolution(1, 6), nn.ReLU(), nn.MaxPool2d(2), *convolution(6, 8), nn.ReLU(),
            nn.AvgPool2d(2), nn.Flatten(), nn.BatchNorm1d(32), nn.Linear(32, 7), nn.ReLU(),
            nn.Linear(7, 10),
        ),
        [6, 8, 7],
    ),
    "average": (
        lambda: nn.Sequential(*convolution(1, 6), nn.ReLU(), GlobalAverage(), nn.Linear(6, 10)),
        [6],
    ),
    "vgg": (lambda: architectures.vgg((1, 32, 32), 10, depth=11, width=2), [2, 4, 8, 8, *[16] * 4]),
    "alexnet": (lambda: architectures.alexnet((1, 32, 32), 10, width=2), [2, 6, 12, 8, 8]),
}  # fmt: skip


def made(name):
    """A network in float64 with random weights and statistics, and inputs for it."""
    torch.manual_seed(0)
    network = NETWORKS[name][0]().double().eval()
    for key, tensor in network.state_dict().items():
        if tensor.is_floating_point():
            tensor.copy_(
                torch.rand_like(tensor) + 0.5 if "var" in key else torch.randn_like(tensor)
            )
    pixels = 32 if name in ("vgg", "alexnet") else 8
    return network, torch.randn(50, 1, pixels, pixels, dtype=torch.float64)


def theta_of(network):
    return flatten(dict(network.named_parameters()), symmetry_of(network).blocks)


def random_permutations(symmetry, seed=0):
    rng = torch.Generator().manual_seed(seed)
    return [torch.randperm(group.units, generator=rng) for group in symmetry.groups]


def with_state(network, state):
    other = copy.deepcopy(network)
    other.load_state_dict(state)
    return other


@pytest.mark.parametrize("name", NETWORKS)
def test_a_permuted_network_is_the_same_function(name):
    network, inputs = made(name)
    symmetry = symmetry_of(network)
    assert [group.units for group in symmetry.groups] == NETWORKS[name][1]
    state, orders = network.state_dict(), random_permutations(symmetry)
    other = with_state(network, permuted_tensors(state, symmetry, orders))
    for training in (False, True):  # with running statistics, and with those of the inputs
        wanted, found = (net.train(training)(inputs).detach() for net in (network, other))
        assert float((found - wanted).abs().max()) < 1e-10 * float(wanted.std())
    theta = permuted(theta_of(network), symmetry, orders)
    assert torch.equal(theta, theta_of(other))
    # every group by itself moves something
    for turn, group in enumerate(symmetry.groups):
        alone = [torch.arange(g.units) for g in symmetry.groups]
        alone[turn] = torch.arange(group.units).roll(1)
        assert (permuted(theta, symmetry, alone) != theta).double().mean() > 0.001


@pytest.mark.parametrize("name", ["perceptron", "batchnorm", "convolutional", "vgg"])
def test_a_networks_own_permutation_is_found(name):
    network, _ = made(name)
    symmetry, theta = symmetry_of(network), theta_of(network)
    orders = random_permutations(symmetry, seed=1)
    other = permuted(theta, symmetry, orders)
    found = align(theta, other, symmetry, seed=0)
    assert torch.equal(found.theta, theta)
    assert found.overlap < 0.9
    assert found.aligned_overlap == pytest.approx(1)
    state = permuted_tensors(network.state_dict(), symmetry, orders)
    for key, tensor in permuted_tensors(state, symmetry, found.permutations).items():
        assert torch.equal(tensor, network.state_dict()[key]), key
    assert torch.equal(align(theta, other, symmetry, seed=0).theta, found.theta)


def test_units_that_are_identical_are_found_up_to_their_exchange():
    network, _ = made("perceptron")
    with torch.no_grad():
        for tensor in (network[1].weight, network[1].bias, network[3].weight.T):
            tensor[3] = tensor[5]
    symmetry, theta = symmetry_of(network), theta_of(network)
    other = permuted(theta, symmetry, random_permutations(symmetry))
    assert torch.equal(align(theta, other, symmetry, seed=0).theta, theta)


def small_pair(hidden):
    symmetry = symmetry_of(architectures.mlp((3,), 2, hidden=hidden))
    return symmetry, *torch.randn(
        2, symmetry.blocks[-1].stop, generator=torch.Generator().manual_seed(3)
    )


def test_one_hidden_layer_is_aligned_as_well_as_can_be():
    symmetry, a, b = small_pair([6])
    every = [[torch.tensor(order)] for order in itertools.permutations(range(6))]
    best = max(similarity(a, permuted(b, symmetry, orders)).overlap for orders in every)
    assert align(a, b, symmetry, seed=0).aligned_overlap == pytest.approx(best, abs=1e-9)


def test_no_group_can_gain_by_itself_after_alignment():
    symmetry, a, b = small_pair([4, 5, 4])
    for seed in range(5):
        found = align(a, b, symmetry, seed)
        assert torch.equal(permuted(b, symmetry, found.permutations), found.theta)
        for turn, group in enumerate(symmetry.groups):
            for order in itertools.permutations(range(group.units)):
                orders = [torch.arange(g.units) for g in symmetry.groups]
                orders[turn] = torch.tensor(order)
                moved = permuted(found.theta, symmetry, orders)
                assert similarity(a, moved).overlap <= found.aligned_overlap + 1e-6


@pytest.fixture(scope="module")
def solutions(digits):
    """Six perceptrons 64-64-10 from six seeds: the symmetry, θ before and after training."""
    recipe = {"epochs": 10, "batch": 32, "optimizer": {"name": "sgd", "lr": 0.1, "momentum": 0.9}}
    untrained, trained = [], []
    for seed in range(6):
        network = networks.build({"architecture": "mlp", "hidden": [64]}, (1, 8, 8), 10, seed)
        untrained.append(theta_of(network))
        assert list(train(network, digits, recipe, seed, "cpu"))[-1].row["accuracy"] > 0.99
        trained.append(theta_of(network))
    return symmetry_of(network), torch.stack(untrained), torch.stack(trained)


def test_swap_of_two_units(solutions, digits):
    """Exact facts: a curve symmetric about ½, and in its middle a network of one unit less."""
    symmetry, _, trained = solutions
    theta, order = trained[0].double(), torch.arange(64)
    order[[2, 6]] = order[[6, 2]]
    swapped = permuted(theta, symmetry, [order])
    wide, narrow = (
        Objective(architectures.mlp((64,), 10, hidden=[h]), digits.train, dtype=torch.float64)
        for h in (64, 63)
    )
    for t in (0.1, 0.25, 0.4):
        here, there = (
            wide.sample_losses(theta, (swapped - theta)[None], [s]).loss for s in (t, 1 - t)
        )
        assert torch.allclose(here, there, rtol=1e-9, atol=1e-12)
    found = chord(wide, theta, swapped)
    assert found.loss_a == pytest.approx(found.loss_b, rel=1e-12)
    assert found.barrier > 1e-5
    weights, bias, out, out_bias = (
        theta[block.start : block.stop].view(block.shape) for block in symmetry.blocks
    )
    others = [unit for unit in range(64) if unit not in (2, 6)]
    parts = [
        torch.cat([weights[others], weights[[2, 6]].mean(0, keepdim=True)]),
        torch.cat([bias[others], bias[[2, 6]].mean(0, keepdim=True)]),
        torch.cat([out[:, others], out[:, [2, 6]].sum(1, keepdim=True)], dim=1),
        out_bias,
    ]
    less = torch.cat([part.reshape(-1) for part in parts])
    middle = wide.outputs((theta + swapped) / 2)
    assert torch.allclose(middle, narrow.outputs(less), rtol=1e-9, atol=1e-9)


def table(symmetry, thetas, objective):
    """Overlap and barrier before and after alignment and overlap of the null, means over pairs."""
    rows = []
    for a, b in itertools.combinations(thetas, 2):
        found = align(a, b, symmetry, seed=0)
        null = alignment.null_overlaps(a, b, symmetry, seed=0, draws=4)
        barriers = [chord(objective, a, theta).barrier for theta in (b, found.theta)]
        rows.append([found.overlap, found.aligned_overlap, null.mean(), *barriers])
    return np.mean(rows, axis=0)


def test_solutions_are_alike_after_alignment_and_initialisations_are_not(solutions, digits):
    symmetry, untrained, trained = solutions
    objective = Objective(architectures.mlp((64,), 10, hidden=[64]), digits.train)
    names = ("overlap", "aligned", "null", "barrier", "aligned barrier")
    print("\n" + " ".join(f"{name:>15}" for name in ("", *names)))
    for kind, thetas in (("trained", trained), ("untrained", untrained)):
        numbers = table(symmetry, thetas, objective)
        print(f"{kind:>15} " + " ".join(f"{number:15.4f}" for number in numbers))
        overlap, aligned, null, barrier, aligned_barrier = numbers
        assert abs(overlap) < 0.06
        if kind == "trained":
            assert aligned > null + 0.25
            assert aligned_barrier < barrier / 5
        else:
            assert abs(aligned - null) < 0.03
            assert aligned > 0.2  # with no likeness at all


def test_the_null_has_every_units_weights_in_another_order(solutions):
    symmetry, _, trained = solutions
    shuffled, again, other = (
        alignment._shuffled(trained[0], symmetry.blocks, torch.Generator().manual_seed(seed))
        for seed in (0, 0, 1)
    )
    assert torch.equal(shuffled, again)
    assert not torch.equal(shuffled, other)
    for block in symmetry.blocks:
        before, after = (
            theta[block.start : block.stop].view(block.shape) for theta in (trained[0], shuffled)
        )
        assert (before != after).double().mean() > 0.7
        assert torch.equal(before.sort(-1)[0], after.sort(-1)[0])
    draws = alignment.null_overlaps(trained[0], trained[1], symmetry, seed=0, draws=3)
    assert len(set(draws)) == 3


def mean_overlap(thetas):
    return np.mean([similarity(a, b).overlap for a, b in itertools.combinations(thetas, 2)])


def test_many_networks_are_aligned_with_one_permutation_each(solutions):
    symmetry, _, trained = solutions
    copies = torch.stack(
        [permuted(trained[0], symmetry, random_permutations(symmetry, s)) for s in range(4)]
    )
    found = alignment.align_together(copies, symmetry, seed=0)
    assert all(torch.equal(theta, found.thetas[0]) for theta in found.thetas)
    pairs = itertools.combinations(trained, 2)
    pairwise = np.mean([align(a, b, symmetry, seed=0).aligned_overlap for a, b in pairs])
    sweeps = [alignment.align_together(trained, symmetry, 0, sweeps=count) for count in (1, 2, 8)]
    overlaps = [mean_overlap(together.thetas) for together in sweeps]
    print(f"\npairwise {pairwise:.3f}, together after 1, 2, 8 sweeps", np.round(overlaps, 3))
    assert overlaps == sorted(overlaps)
    assert pairwise - 0.1 < overlaps[-1] < pairwise
    for theta, orders, aligned in zip(trained, *sweeps[-1], strict=True):
        assert torch.equal(permuted(theta, symmetry, orders), aligned)


def test_in_the_end_no_network_fits_the_others_better(solutions):
    symmetry, _, trained = solutions
    thetas = alignment.align_together(trained, symmetry, seed=0, sweeps=30).thetas.double()
    scaled = thetas / thetas.norm(dim=1, keepdim=True)
    for member, theta in enumerate(scaled):
        found = align(scaled.sum(0) - theta, theta, symmetry, seed=0)
        assert found.aligned_overlap == pytest.approx(found.overlap, abs=1e-9), member


class Twice(nn.Sequential):
    def forward(self, x):
        return super().forward(x) + super().forward(x.flip(1))


SHARED = nn.Linear(4, 4)
CANNOT = {
    r"through 3 \(ResidualBlock\)": lambda: architectures.resnet(
        (1, 8, 8), 10, width=4, blocks=(1,)
    ),
    r"through 0 \(Tokens\)": lambda: architectures.vit((1, 8, 8), 10, depth=1, width=8),
    r"through the network \(ResNet\)": lambda: vision.classifier((3, 32, 32), 10, model="resnet18"),
    r"through the network \(Twice\)": lambda: Twice(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2)),
    r"through 1 \(PReLU\)": lambda: nn.Sequential(nn.Linear(4, 4), nn.PReLU(4), nn.Linear(4, 2)),
    r"through 2.0 \(Conv2d\)": lambda: nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Sequential(nn.Conv2d(4, 4, 3, groups=2)), nn.Flatten()
    ),
    r"through 1 \(Linear\)": lambda: nn.Sequential(nn.Conv2d(1, 4, 3), nn.Linear(4, 4)),
    r"through 2 \(Linear\)": lambda: nn.Sequential(nn.Linear(8, 4), nn.Flatten(), nn.Linear(32, 4)),
    r"through 1 \(MaxPool2d\)": lambda: nn.Sequential(nn.Linear(8, 4), nn.MaxPool2d(2)),
    r"through 1 \(Flatten\)": lambda: nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten(2)),
    "'2.weight' is shared by two layers": lambda: nn.Sequential(
        SHARED, nn.ReLU(), SHARED, nn.Tanh(), nn.Linear(4, 2)
    ),
}


@pytest.mark.parametrize("said", CANNOT)
def test_what_cannot_be_followed_is_named(said):
    with pytest.raises(ProspectError, match=said) as error:
        symmetry_of(CANNOT[said]())
    assert "\n" not in str(error.value)


def test_units_with_frozen_weights_keep_their_places():
    network, _ = made("perceptron")
    network[3].weight.requires_grad_(False)  # between the first and the second hidden layer
    symmetry = symmetry_of(network)
    assert [group.layer for group in symmetry.groups] == ["5"]
    theta = theta_of(network)
    assert torch.equal(align(theta, theta, symmetry, seed=0).theta, theta)


def test_a_network_without_hidden_units_stays_as_it_is():
    for network in (nn.Linear(4, 3), nn.Sequential(nn.Flatten(), nn.Linear(4, 3))):
        symmetry = symmetry_of(network)
        assert symmetry.groups == []
        assert align(torch.ones(15), torch.arange(15.0), symmetry, 0).permutations == []


def test_a_center_of_another_network_is_a_mistake():
    symmetry, a, b = small_pair([4])
    with pytest.raises(ProspectError, match="of 7 numbers does not fit a network of 26 parameters"):
        align(a, b[:7], symmetry, seed=0)
    assert math.isfinite(align(a, b, symmetry, seed=0).overlap)
