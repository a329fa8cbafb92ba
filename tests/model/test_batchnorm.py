"""Batch statistics and what comes of them, against a plain network in float64."""

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional

from prospect.landscape.hessian import Hessian
from prospect.model import networks
from prospect.model.batchnorm import ByArithmetic, for_vmap, wants_channels_last
from prospect.model.objective import Objective
from prospect.model.splits import Split
from prospect.model.statistics import StatisticsByParts, statistics
from prospect.model.weights import flatten, layout


def images(count, channels, size):
    """Images whose mean is not 0."""
    rng = torch.Generator().manual_seed(0)
    inputs = torch.randn(count, channels, size, size, generator=rng) + 0.5
    return Split(inputs, torch.randint(0, 10, (count,), generator=rng))


def convolutions(channels, size):
    """A network whose outputs keep every pixel: what is wrong in a layer is not averaged out."""
    torch.manual_seed(0)
    return nn.Sequential(
        *(nn.Conv2d(channels, 8, 3, padding=1), nn.BatchNorm2d(8), nn.SiLU()),
        *(nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8), nn.SiLU()),
        *(nn.Flatten(), nn.Linear(8 * size**2, 10)),
    )


def residual(channels, size):
    spec = {"architecture": "resnet", "width": 8, "blocks": [1, 1]}
    return networks.build(spec, (channels, size, size), 10, 0)


def linear(channels, size):
    spec = {"architecture": "mlp", "hidden": [32, 32], "batchnorm": True}
    return networks.build(spec, (channels, size, size), 10, 0)


@torch.no_grad()
def loss_in_float64(network, split, statistics_of=None):
    """The loss of a copy in float64 in training mode, or with statistics of batches of samples."""
    fresh = copy.deepcopy(network).double().train()
    if statistics_of is not None:
        for layer in fresh.modules():
            layer.momentum = None
        for inputs in statistics_of:
            fresh(inputs.double())
        fresh.eval()
    return functional.cross_entropy(fresh(split.inputs.double()), split.targets).item()


def loss_of(objective, network):
    theta = flatten(dict(network.named_parameters()), layout(network))
    return objective.sample_losses(theta).loss.double().mean().item()


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("make", [convolutions, residual, linear])
@pytest.mark.parametrize(
    ("count", "channels", "size"), [(2, 3, 8), (129, 1, 8), (1437, 1, 8), (1000, 3, 32)]
)
def test_losses_are_those_of_float64(make, count, channels, size, memory_format):
    """The library's kernel alone is off by 1e-4 where there are a million pixels."""
    split, network = images(count, channels, size), make(channels, size)
    split = Split(split.inputs.contiguous(memory_format=memory_format), split.targets)
    wanted = loss_in_float64(network, split)
    assert loss_of(Objective(network, split), network) == pytest.approx(wanted, rel=1e-6)


def test_losses_with_statistics_of_a_pass_of_their_own_are_those_of_float64():
    split, network = images(1000, 3, 32), convolutions(3, 32)
    few = Split(split.inputs[:300], split.targets[:300])
    wanted = loss_in_float64(network, few, split.inputs.tensor_split(3))
    objective = Objective(network, few, statistics=split, batch=350)
    assert loss_of(objective, network) == pytest.approx(wanted, rel=1e-6)


def test_the_library_alone_is_imprecise_with_the_channels_last():
    """When this fails, `StatisticsByParts` can go."""
    split, network = images(1000, 3, 32), convolutions(3, 32)
    theirs = copy.deepcopy(network).train()
    with torch.no_grad():
        outputs = theirs(split.inputs.contiguous(memory_format=torch.channels_last))
    loss = functional.cross_entropy(outputs, split.targets).item()
    assert abs(loss / loss_in_float64(network, split) - 1) > 1e-5


@pytest.mark.parametrize(
    "shape", [(1, 4, 3, 3), (127, 3, 5, 4), (128, 8, 2, 2), (1437, 8, 8, 8), (300, 2, 3, 4, 5)]
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("last", [1, 2, -1])
def test_statistics_by_parts_are_mean_and_variance_in_every_layout(shape, dtype, last):
    """By the axis that lies last in memory."""
    torch.manual_seed(0)
    inputs = 3 * torch.randn(shape, dtype=dtype).relu() + 2
    laid = inputs.movedim(last, -1).contiguous().movedim(-1, last)
    over = (0, *range(2, len(shape)))
    wanted = torch.var_mean(inputs.double(), over, correction=0)
    error = 1e-6 if dtype == torch.float32 else 1e-12
    for found, exact in zip(reversed(statistics(laid)), wanted, strict=True):
        assert found.dtype == dtype
        assert torch.allclose(found.double(), exact, rtol=error, atol=0)


@pytest.mark.parametrize("momentum", [0.1, None])
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_by_parts_a_layer_does_what_it_does(training, momentum, memory_format):
    inputs = images(200, 5, 6).inputs.double().contiguous(memory_format=memory_format)
    layer = nn.BatchNorm2d(5, momentum=momentum).double().train(training)
    nn.init.uniform_(layer.weight)
    same = copy.deepcopy(layer)
    with torch.no_grad():
        for part in inputs.split(70):
            wanted = layer(part)
            with StatisticsByParts():
                assert torch.allclose(same(part), wanted, rtol=1e-12)
    for name, tensor in layer.state_dict().items():
        assert torch.allclose(same.state_dict()[name], tensor, rtol=1e-12), name


def test_a_channel_that_never_changes_stays_finite():
    inputs = torch.full((300, 2, 4, 4), 7.3).contiguous(memory_format=torch.channels_last)
    with torch.no_grad(), StatisticsByParts():
        assert nn.BatchNorm2d(2)(inputs).abs().max() < 1e-2  # a rounded mean over √ε


@pytest.mark.parametrize(
    ("layers", "wants"),
    [
        ([nn.Conv2d(1, 16, 3), nn.Conv2d(16, 32, 1, 2)], True),
        ([nn.Conv2d(1, 8, 3), nn.Conv2d(8, 16, 3)], False),  # narrow
        ([nn.Conv2d(1, 16, 3), nn.Conv2d(16, 32, 1, 2, groups=4)], False),  # a kernel overruns
        ([nn.Linear(64, 10)], True),
    ],
)
def test_channels_lie_last_where_convolutions_are_wide(layers, wants):
    assert wants_channels_last(nn.Sequential(*layers)) == wants


@pytest.mark.parametrize(("count", "channels", "size"), [(1437, 1, 8), (500, 3, 32)])
def test_gradients_and_products_over_all_samples_are_those_of_float64(count, channels, size):
    split, network = images(count, channels, size), convolutions(channels, size)
    single, double = (Objective(network, split, dtype=t) for t in (torch.float32, torch.float64))
    theta = 3 * single.flat.weights.clone()
    vector = torch.randn(len(theta), generator=torch.Generator().manual_seed(1))
    found, exact = (
        (
            objective.full_gradient(theta.to(objective.flat.weights)).double(),
            (Hessian(objective, theta) @ vector.to(objective.flat.weights)).double(),
        )
        for objective in (single, double)
    )
    for ours, wanted in zip(found, exact, strict=True):
        assert float((ours - wanted).norm() / wanted.norm()) < 1e-5


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("affine", [True, False])
def test_arithmetic_does_what_the_library_does(training, affine):
    rng = torch.Generator().manual_seed(0)
    inputs = 3 * torch.randn(12, 5, 4, 4, generator=rng, dtype=torch.float64) + 1
    found = []
    for by_hand in (True, False):
        torch.manual_seed(1)
        layer = nn.BatchNorm2d(5, affine=affine, dtype=torch.float64).train(training)
        layer.running_mean.uniform_(-1, 1)
        layer.running_var.uniform_(0.5, 2)
        if affine:
            layer.weight.data.uniform_(0.5, 2)
            layer.bias.data.uniform_(-1, 1)
        x = inputs.clone().requires_grad_()
        if by_hand:
            with ByArithmetic():
                outputs = layer(x)
        else:
            outputs = layer(x)
        wanted = [x, *layer.parameters()]
        gradients = torch.autograd.grad(outputs.square().sin().sum(), wanted)
        found.append([outputs, layer.running_mean, layer.running_var, *gradients])
    for one, other in zip(*found, strict=True):
        assert torch.allclose(one, other, rtol=1e-10, atol=1e-12)


def test_vmap_follows_arithmetic_and_every_network_has_statistics_of_its_own():
    layer, device = nn.BatchNorm1d(3, dtype=torch.float64), torch.device("meta")
    inputs = torch.randn(2, 8, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    inputs[1] += 5
    state = {name: torch.stack([tensor, tensor]) for name, tensor in layer.state_dict().items()}
    with for_vmap(device):
        outputs = torch.func.vmap(
            lambda tensors, x: torch.func.functional_call(layer, tensors, (x,))
        )(state, inputs)
    for member in range(2):
        alone = nn.BatchNorm1d(3, dtype=torch.float64)
        assert torch.allclose(outputs[member], alone(inputs[member]))
        assert torch.allclose(state["running_mean"][member], alone.running_mean)
        assert torch.allclose(state["running_var"][member], alone.running_var)


def test_on_a_cpu_nothing_is_put_in_its_place():
    inputs = torch.full((4, 2), float("nan"))
    with for_vmap(torch.device("cpu")):
        assert not isinstance(torch.overrides._get_current_function_mode(), ByArithmetic)
        assert functional.batch_norm(inputs, None, None, training=True).isnan().all()
