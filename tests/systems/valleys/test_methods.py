"""Penalties against autograd, and fixed points of methods on quadratic clients in closed form."""

import math

import pytest
import torch

from prospect.base.errors import ProspectError
from prospect.model import networks
from prospect.model.weights import layout
from prospect.study.schema import schema
from prospect.systems.valleys import methods
from prospect.systems.valleys.methods import METHODS, Received

NETWORK = {"architecture": "mlp", "hidden": [3]}
BLOCKS = layout(networks.build(NETWORK, (2,), 2, 0))
SIZE = BLOCKS[-1].stop
STRENGTH = 0.7


def draw(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def received(method, reduction="mean", clients=2):
    server, memory = draw(clients, SIZE, seed=1), draw(clients, SIZE, seed=2)
    server[:, 4] = 0
    weights = methods.coordinate_weights(BLOCKS, reduction)
    signs = [
        methods.weighted_signs(theta, BLOCKS, weights, METHODS[method].permuted, 0, 1)
        for theta in server
    ]
    strength = torch.full((clients, 1), STRENGTH, dtype=torch.float64)
    return Received(server, memory, torch.stack(signs), strength)


def positive(x):
    return (x > 0).double()


def fedsign_loss(theta, server, reduction):
    """The penalty as the paper writes it, tensor by tensor."""
    tensors = []
    for block in BLOCKS:
        own, got = theta[block.start : block.stop], server[block.start : block.stop]
        terms = positive(got) * own.sigmoid() + positive(-got) * (-own).sigmoid()
        tensors.append(terms.mean() if reduction == "mean" else terms.sum())
    total = torch.stack(tensors).mean() if reduction == "mean" else sum(tensors)
    return -STRENGTH * total


LOSSES = {
    "fedprox": lambda theta, server, memory: STRENGTH / 2 * (theta - server).square().sum(),
    "feddyn": lambda theta, server, memory: (
        STRENGTH * (theta * (memory - server)).sum() + STRENGTH / 2 * theta.square().sum()
    ),
    "fedavg": lambda theta, server, memory: 0 * theta.sum(),
}


@pytest.mark.parametrize("name", LOSSES)
def test_penalties_are_gradients_of_the_published_losses(name):
    got, theta = received(name), draw(2, SIZE)
    found = METHODS[name].penalty(theta, got)
    for m in range(2):
        own = theta[m].clone().requires_grad_()
        LOSSES[name](own, got.server[m], got.memory[m]).backward()
        assert torch.allclose(found[m], own.grad, rtol=0, atol=1e-14)


@pytest.mark.parametrize("reduction", methods.REDUCTIONS)
def test_fedsign_is_the_gradient_of_the_papers_loss(reduction):
    got, theta = received("fedsign", reduction), draw(2, SIZE)
    found = METHODS["fedsign"].penalty(theta, got)
    for m in range(2):
        own = theta[m].clone().requires_grad_()
        fedsign_loss(own, got.server[m], reduction).backward()
        assert torch.allclose(found[m], own.grad, rtol=0, atol=1e-14)
        assert found[m, 4] == 0  # no sign there
    weights = methods.coordinate_weights(BLOCKS, reduction)
    assert float(weights.sum()) == pytest.approx(1 if reduction == "mean" else SIZE)


def test_fedsign_is_its_growth_and_the_rest_at_right_angles():
    got, theta = received("fedsign", "sum"), draw(2, SIZE)
    whole, along, rest = (
        METHODS[name].penalty(theta, got) for name in ("fedsign", "fedsign-growth", "fedsign-rest")
    )
    assert torch.allclose(along + rest, whole, rtol=0, atol=1e-14)
    assert torch.allclose((rest * got.server).sum(1), torch.zeros(2).double(), atol=1e-13)
    cosine = torch.cosine_similarity(along, got.server)
    assert cosine.tolist() == pytest.approx([-1, -1])  # against the gradient θ_t grows


def test_permuted_signs_are_as_strong_in_every_tensor_and_know_nothing():
    network = networks.build({"architecture": "mlp", "hidden": [300]}, (50,), 10, 0)
    blocks, theta = layout(network), draw(layout(network)[-1].stop)
    theta[:7] = 0
    weights = methods.coordinate_weights(blocks, "mean")
    own = methods.weighted_signs(theta, blocks, weights, False, 0, 1)
    one, same, other = (
        methods.weighted_signs(theta, blocks, weights, True, 0, n) for n in (1, 1, 2)
    )
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    for block in blocks:
        part = slice(block.start, block.stop)
        assert torch.equal(one[part].sort().values, own[part].sort().values)
    agreeing = ((one * own) > 0).double().mean()
    assert float(agreeing) == pytest.approx(0.5, abs=4 * 0.5 / len(theta) ** 0.5)


def quadratic_clients(count=3, size=4):
    """Losses ½ (θ − b_k)ᵀ A_k (θ − b_k)."""
    roots = draw(count, size, size, seed=5)
    return roots @ roots.mT + torch.eye(size), draw(count, size, seed=6)


def fixed_point(name, strength, rounds):
    """Where the server comes to rest when clients go all the way to their minimum."""
    method, (curvature, best) = METHODS[name], quadratic_clients()
    count, size = best.shape
    server, memory = torch.zeros(1, size).double(), torch.zeros(1, count, size).double()
    strengths = torch.full((count, 1), strength, dtype=torch.float64)
    full = torch.arange(count)[None]
    for _ in range(rounds):
        start = server.expand(count, size)
        got = Received(start, memory[0], torch.zeros_like(start), strengths)
        # penalties are affine here, with slope s: one Newton step is exact
        slope = (curvature @ (start - best)[..., None])[..., 0] + method.penalty(start, got)
        stiff = curvature + (strength * torch.eye(size) if name != "fedavg" else 0)
        arrived = start - torch.linalg.solve(stiff, slope)
        server, memory = methods.aggregate(method, arrived[None], server, memory, full)
    return server[0]


def global_optimum():
    curvature, best = quadratic_clients()
    return torch.linalg.solve(curvature.sum(0), (curvature @ best[..., None]).sum(0)[:, 0])


def test_feddyn_rests_at_the_global_optimum():
    assert torch.allclose(fixed_point("feddyn", 0.5, 2000), global_optimum(), atol=1e-9)


def test_fedavg_rests_at_the_mean_of_the_minima_of_clients_instead():
    found = fixed_point("fedavg", 0.0, 5)
    assert torch.allclose(found, quadratic_clients()[1].mean(0))
    assert (found - global_optimum()).norm() > 0.1


def test_fedprox_rests_where_its_proximal_steps_cancel():
    curvature, best = quadratic_clients()
    away = []
    for strength in (0.5, 50):
        moves = torch.linalg.solve(curvature + strength * torch.eye(4), curvature)
        wanted = torch.linalg.solve(moves.sum(0), (moves @ best[..., None]).sum(0)[:, 0])
        assert torch.allclose(fixed_point("fedprox", strength, 1500), wanted, atol=1e-9)
        away.append(float((wanted - global_optimum()).norm()))
    # not at the optimum, but nearer where a strong term makes steps short
    assert 1e-3 < away[1] < away[0] / 2


def test_only_who_takes_part_is_remembered():
    arrived, server, memory = draw(2, 2, 3), draw(2, 3, seed=1), draw(2, 5, 3, seed=2)
    chosen = torch.tensor([[4, 1], [0, 2]])
    before = memory.clone()
    after, remembered = methods.aggregate(METHODS["feddyn"], arrived, server, memory, chosen)
    for r in range(2):
        wanted = before[r]
        for s, client in enumerate(chosen[r]):
            wanted[client] += arrived[r, s] - server[r]
        assert torch.equal(remembered[r], wanted)
        assert torch.allclose(after[r], arrived[r].mean(0) + wanted.mean(0))


def test_hidden_units_are_multiplied_by_one_period_of_a_sine():
    network = networks.build({"architecture": "mlp", "hidden": [4, 2]}, (3,), 2, 0)
    inputs = draw(5, 3).float()
    before = network(inputs)
    methods.tell_units_apart(network)
    assert torch.equal(network(inputs), before)
    found = methods.positions(network, torch.tensor([0.5, 0.0]))
    assert len(found) == 2  # not of the outputs
    first, second = found.values()
    assert first[0].tolist() == pytest.approx([1, 1.5, 1, 0.5])
    assert second[0].tolist() == pytest.approx([1, 1 + 0.5 * math.sin(math.pi)])
    assert torch.equal(first[1], torch.ones(4))


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: methods.method_of("fedsing"), "'fedsing' is none of fedavg, .*mean 'fedsign'"),
        (lambda: methods.coordinate_weights(BLOCKS, "max"), "reduction: 'max'; want mean or sum"),
    ],
)
def test_what_does_not_exist_is_said(call, message):
    with pytest.raises(ProspectError, match=message):
        call()


def test_the_config_knows_the_methods():
    own = schema()["properties"]["federated"]["properties"]["methods"]
    assert list(own["properties"]) == list(own["default"]) == list(methods.METHODS)
