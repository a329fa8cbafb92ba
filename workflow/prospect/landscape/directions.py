"""Perturbation directions: noise, differences, sign, gradient and Hessian eigenvectors, scaled.

Normalisations of a direction d at θ:

- ``scaled``: ε = d ‖θ‖ / ‖d‖ over the whole vector (arXiv:2405.12489)
- ``filter``: the same for every filter by itself (Li et al. 2018)
- ``layer``: the same for every parameter tensor by itself
- ``none``: ε = d

Biases and BatchNorm parameters have one axis: under ``filter`` such a tensor counts as one filter,
so it keeps its norm as a whole (our definition). Where θ is zero (a fresh bias) the direction is
zero there, and a zero direction stays zero: never NaN.
"""

import torch
from torch import Tensor

from prospect.base.seeding import generator
from prospect.landscape.kinds import kind_of
from prospect.model.objective import Objective
from prospect.model.weights import Block, filters


def noise(kind: str, parameters: int, seed: int, *purpose) -> Tensor:
    """Draw a direction (P,): ``gaussian`` N(0, 1), ``uniform`` U(−1, 1), ``rademacher`` ±1."""
    rng = generator(seed, "direction", kind, *purpose)
    if kind == "gaussian":
        return torch.randn(parameters, generator=rng)
    if kind == "uniform":
        return torch.rand(parameters, generator=rng) * 2 - 1
    return torch.randint(0, 2, (parameters,), generator=rng).float() * 2 - 1


def normalise(direction: Tensor, theta: Tensor, blocks: list[Block], how: str) -> Tensor:
    """Scale a direction (P,) to θ (P,) in one of the ways that the module's text states."""
    if how == "none":
        return direction.clone()
    if how == "scaled":
        return _to_norm(direction, theta)
    result = torch.empty_like(direction)
    if how == "layer":
        for block in blocks:
            part = slice(block.start, block.stop)
            result[part] = _to_norm(direction[part], theta[part])
        return result
    for target, source, weights in zip(
        filters(result, blocks), filters(direction, blocks), filters(theta, blocks), strict=True
    ):
        target.copy_(_to_norm(source, weights))
    return result


def _to_norm(rows: Tensor, like: Tensor) -> Tensor:
    """Give every row (last axis) the norm of the same row of `like`; zero rows stay zero."""
    length = rows.norm(dim=-1, keepdim=True)
    wanted = like.norm(dim=-1, keepdim=True)
    return rows * torch.where(length > 0, wanted / length, torch.zeros_like(length))


def make(
    spec: dict, name: str, objective: Objective, theta: Tensor, seed: int, target: Tensor | None
) -> Tensor:
    """Make the direction (P,) that the config describes, at the center θ (P,).

    `spec` holds exactly one of ``noise``, ``to``, ``sign``, ``gradient`` and ``hessian``, and
    ``normalise``; `target` is the other center of a difference, or the eigenvector; `name` tells
    two directions of one kind apart.
    """
    match kind_of(spec):
        case "noise":
            raw = noise(spec["noise"], len(theta), seed, name)
        case "to" if target is not None:
            raw = target - theta
        case "hessian" if target is not None:
            raw = target
        case "sign":
            raw = theta.sign()
        case "gradient":
            raw = -objective.full_gradient(theta.to(objective.flat.weights)).cpu()
        case kind:
            raise ValueError(f"direction '{name}' of kind '{kind}' has no target")
    return normalise(raw, theta, objective.flat.blocks, spec["normalise"])
