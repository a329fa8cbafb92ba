"""The federated methods: what a client's loss has beside cross-entropy, and what the server does.

A penalty is given as its gradient by the client's weights θ, at strength s; θ_t is the model that
the client has received:

- ``fedavg`` (arXiv:1602.05629): none
- ``fedprox`` (arXiv:1812.06127): s/2 ‖θ − θ_t‖²
- ``feddyn`` (arXiv:2111.04263): s/2 ‖θ − θ_t‖² + s ⟨θ, h_k⟩; h_k grows by θ_k − θ_t where client k
  takes part, and the server adds the mean of all h to the mean of the models
- ``fedpan`` (arXiv:2203.14666): none, but hidden unit i of n gives 1 + s sin(2π i/n) times itself
- ``fedsign`` (arXiv:2405.12489): −s Σ w [sgp(θ_t) σ(θ) + sgp(−θ_t) σ(−θ)], w by the reduction

and what takes FedSign apart (our definitions):

- ``fedsign-permuted``: signs of θ_t permuted within each tensor: as strong, without information
- ``fedsign-growth``: of FedSign's gradient only the part along θ_t: plain growth, as strong
- ``fedsign-rest``: only the other part, at right angles to θ_t
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from prospect.base.errors import ProspectError, hint
from prospect.base.seeding import generator
from prospect.model.weights import Block

REDUCTIONS = ("mean", "sum")
POSITION = "position"  # the buffer of a hidden layer that tells its units apart


class Received(NamedTuple):
    """What M clients know of a round when it starts.

    server : (M, P), θ_t
    memory : (M, P), FedDyn's h_k; (M, 0) for other methods
    signs : (M, P), the signs of θ_t, permuted where the method says so, by the weight of the
        coordinate in the reduction
    strength : (M, 1), of the penalty
    """

    server: Tensor
    memory: Tensor
    signs: Tensor
    strength: Tensor

    def of(self, clients: Tensor) -> "Received":
        """Return what some clients know."""
        return Received(*(tensor[clients] for tensor in self))


def no_penalty(theta: Tensor, received: Received) -> Tensor:
    """Return 0 (M, P)."""
    return torch.zeros_like(theta)


def proximal(theta: Tensor, received: Received) -> Tensor:
    """Return s (θ − θ_t), (M, P)."""
    return received.strength * (theta - received.server)


def dynamic(theta: Tensor, received: Received) -> Tensor:
    """Return s (θ − θ_t + h), (M, P)."""
    return received.strength * (theta - received.server + received.memory)


def sign_penalty(theta: Tensor, received: Received) -> Tensor:
    """Return −s w sign(θ_t) σ(θ) σ(−θ), (M, P): the derivative of σ is the same at θ and −θ."""
    share = theta.sigmoid()
    # in place: new memory for every factor takes a fifth of the whole training
    return (share * share).sub_(share).mul_(received.signs).mul_(received.strength)


def growth(theta: Tensor, received: Received) -> Tensor:
    """Return the part of `sign_penalty` along θ_t, (M, P)."""
    return _along(sign_penalty(theta, received), received.server)


def without_growth(theta: Tensor, received: Received) -> Tensor:
    """Return the part of `sign_penalty` at right angles to θ_t, (M, P)."""
    whole = sign_penalty(theta, received)
    return whole - _along(whole, received.server)


def _along(vectors: Tensor, others: Tensor) -> Tensor:
    """Return the parts of vectors (M, P) along others."""
    length = (vectors * others).sum(1, keepdim=True) / (others * others).sum(1, keepdim=True)
    return length * others


Penalty = Callable[[Tensor, Received], Tensor]  # θ (M, P) and what is received -> (M, P)


class Method(NamedTuple):
    """A method: its client penalty's gradient, and what the server does.

    penalty : its gradient by the client's weights
    remembers : whether clients keep h, which the server adds to the mean
    permuted : whether signs are permuted
    positions : whether hidden units are told apart
    """

    penalty: Penalty
    remembers: bool = False
    permuted: bool = False
    positions: bool = False


METHODS = {
    "fedavg": Method(no_penalty),
    "fedprox": Method(proximal),
    "feddyn": Method(dynamic, remembers=True),
    "fedpan": Method(no_penalty, positions=True),
    "fedsign": Method(sign_penalty),
    "fedsign-permuted": Method(sign_penalty, permuted=True),
    "fedsign-growth": Method(growth),
    "fedsign-rest": Method(without_growth),
}


def method_of(name: str) -> Method:
    """Return a method by its name; raises ProspectError with those there are."""
    if name not in METHODS:
        raise ProspectError(
            f"federated.method: '{name}' is none of {', '.join(METHODS)}; {hint(name, METHODS)}"
        )
    return METHODS[name]


def coordinate_weights(blocks: list[Block], reduction: str) -> Tensor:
    """Return how much each of P coordinates counts in FedSign's penalty, (P,) float64.

    ``mean``: mean within a tensor, then over tensors (our reading of arXiv:2405.12489, after its
    first author's other code); ``sum``: 1. Raises ProspectError for another reduction.
    """
    if reduction not in REDUCTIONS:
        raise ProspectError(f"federated.reduction: '{reduction}'; want mean or sum")
    weights = torch.ones(blocks[-1].stop, dtype=torch.float64)
    if reduction == "mean":
        for block in blocks:
            weights[block.start : block.stop] /= len(blocks) * (block.stop - block.start)
    return weights


def weighted_signs(
    server: Tensor, blocks: list[Block], weights: Tensor, permuted: bool, seed: int, number: int
) -> Tensor:
    """Return the signs of θ_t (P,) by the weight of each coordinate, in round `number` of a seed.

    Signs are ±1, or 0 where θ_t is; permuted within each tensor if asked, anew in every round.
    """
    signs = server.sign()
    if permuted:
        rng = generator(seed, "permuted signs", number)
        for block in blocks:
            order = torch.randperm(block.stop - block.start, generator=rng).to(server.device)
            signs[block.start : block.stop] = signs[block.start : block.stop][order]
    return signs * weights.to(signs)


def aggregate(
    method: Method, arrived: Tensor, server: Tensor, memory: Tensor, chosen: Tensor
) -> tuple[Tensor, Tensor]:
    """Return the server's next model (R, P) and the memory h (R, clients, P) of all clients.

    `arrived` (R, S, P) are the models of the clients `chosen` (R, S) of each of R runs, who have
    received `server` (R, P). The mean is uniform; FedDyn adds the mean of all h, which are changed
    in place.
    """
    mean = arrived.mean(1)
    if not method.remembers:
        return mean, memory
    runs = torch.arange(len(server), device=server.device)[:, None]
    memory[runs, chosen] += arrived - server[:, None]
    return mean + memory.mean(1), memory


def tell_units_apart(network: nn.Module) -> None:
    """Give every hidden layer a buffer ``position`` by which its units are multiplied, now 1.

    Hidden are all linear and convolutional layers but the last, which gives the outputs.
    """
    kinds = (nn.Linear, nn.modules.conv._ConvNd)
    for layer in [layer for layer in network.modules() if isinstance(layer, kinds)][:-1]:
        units, trailing = layer.weight.shape[0], layer.weight.ndim - 2
        layer.register_buffer(POSITION, layer.weight.new_ones(units, *[1] * trailing))
        layer.register_forward_hook(_by_position)


def _by_position(layer: nn.Module, _, outputs: Tensor) -> Tensor:
    """Multiply a layer's outputs (N, units, …) by its units' positions."""
    return outputs * layer.get_buffer(POSITION)


def positions(network: nn.Module, strength: Tensor) -> dict[str, Tensor]:
    """Return 1 + s sin(2π i/n) of every hidden unit by the buffer's name, for strengths (M,).

    Of a network whose units are told apart; empty for others. Tensors (M, n, …).
    """
    found = {}
    for name, buffer in network.named_buffers():
        turn = torch.arange(len(buffer), dtype=torch.float64) * (2 * math.pi / len(buffer))
        wave = turn.sin().view(buffer.shape).to(buffer)
        found[name] = 1 + strength.to(buffer).view(-1, *[1] * buffer.ndim) * wave
    return found
