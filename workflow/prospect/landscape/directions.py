"""Directions: noise, differences, weights, gradient, eigenvectors, paths of training; scaled.

Noise, element by element (arXiv:2405.12489 for all but ``rademacher``): ``gaussian`` N(0, 1),
``uniform`` U(−1, 1), ``rademacher`` ±1, ``ternary`` −1, 0 or 1, ``gaussian-1`` N(1, 1),
``uniform-01`` U(0, 1), ``binary`` 0 or 1, ``ones`` 1. With ``signs`` a share of the elements takes
the sign of θ: ε ← |ε| sign(θ).

Normalisations of a direction d at θ:

- ``scaled``: ε = d ‖θ‖ / ‖d‖ over the whole vector (arXiv:2405.12489)
- ``filter``: the same for every filter by itself (Li et al. 2018)
- ``layer``: the same for every parameter tensor by itself
- ``none``: ε = d

Biases and BatchNorm parameters have one axis: under ``filter`` such a tensor counts as one filter,
so it keeps its norm as a whole (our definition). Where θ is zero (a fresh bias) the direction is
zero there, and a zero direction stays zero: never NaN. A direction in some tensors ``only`` is zero
elsewhere and takes the norm of θ in these.
"""

import re
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from prospect.base.errors import ProspectError
from prospect.base.plugins import by_import_path, own_code
from prospect.base.seeding import generator
from prospect.landscape.kinds import kind_of
from prospect.model.objective import Objective
from prospect.model.weights import Block, filters

NOISES: dict[str, Callable[[int, torch.Generator], Tensor]] = {
    "gaussian": lambda count, rng: torch.randn(count, generator=rng),
    "uniform": lambda count, rng: torch.rand(count, generator=rng) * 2 - 1,
    "rademacher": lambda count, rng: torch.randint(0, 2, (count,), generator=rng).float() * 2 - 1,
    "ternary": lambda count, rng: torch.randint(-1, 2, (count,), generator=rng).float(),
    "gaussian-1": lambda count, rng: torch.randn(count, generator=rng) + 1,
    "uniform-01": lambda count, rng: torch.rand(count, generator=rng),
    "binary": lambda count, rng: torch.randint(0, 2, (count,), generator=rng).float(),
    "ones": lambda count, rng: torch.ones(count),
}


def noise(kind: str, parameters: int, seed: int, *purpose) -> Tensor:
    """Draw a direction (P,) of some kind of noise.

    Your own by import path: a function of the number of parameters and a generator. Raises
    ProspectError where that gives anything but P numbers.
    """
    rng = generator(seed, "direction", kind, *purpose)
    if kind in NOISES:
        return NOISES[kind](parameters, rng)
    with own_code(f"noise: '{kind}'"):
        drawn = by_import_path(kind, "noise")(parameters, rng)
        drawn = torch.as_tensor(drawn, dtype=torch.float32)
    if drawn.shape != (parameters,):
        raise ProspectError(f"noise: '{kind}' gives {tuple(drawn.shape)}; want ({parameters},)")
    return drawn


def random(
    spec: Mapping, theta: Tensor, blocks: list[Block], seed: int, *purpose: object
) -> Tensor:
    """Draw a direction (P,) at θ (P,) as a direction or population of the config describes it.

    `spec` holds ``noise`` and ``normalise``, and may hold ``signs`` (a share) and ``only`` (a
    regular expression).
    """
    raw = noise(spec["noise"], len(theta), seed, *purpose)
    if spec.get("signs"):
        raw = with_signs(raw, theta, spec["signs"], generator(seed, "signs", *purpose))
    return scaled(raw, spec, theta, blocks)


def with_signs(direction: Tensor, theta: Tensor, share: float, rng: torch.Generator) -> Tensor:
    """Give a random share of a direction's elements (P,) the signs of θ; more of them holds all."""
    some = torch.randperm(len(theta), generator=rng)[: round(share * len(theta))]
    result = direction.clone()
    result[some] = direction[some].abs() * theta[some].sign()
    return result


def scaled(direction: Tensor, spec: Mapping, theta: Tensor, blocks: list[Block]) -> Tensor:
    """Normalise a direction (P,) as `spec` says, in the tensors that it names `only`."""
    if "only" in spec:
        inside = _inside(spec["only"], blocks, len(theta))
        direction, theta = direction * inside, theta * inside
    return normalise(direction, theta, blocks, spec["normalise"])


def _inside(expression: str, blocks: list[Block], parameters: int) -> Tensor:
    """Return 1 (P,) in the tensors whose names an expression finds, 0 elsewhere."""
    inside = torch.zeros(parameters)
    for block in blocks:
        if re.search(expression, block.name):
            inside[block.start : block.stop] = 1
    if not inside.any():
        names = ", ".join(block.name for block in blocks)
        raise ProspectError(f"only: '{expression}' finds none of the parameters {names}")
    return inside


def of_weights(how: str, weights: Tensor, centred: bool, blocks: list[Block]) -> Tensor:
    """Return weights (P,) as a direction: ``theta``, their ``sign``, or 1 where ``positive``.

    `centred` takes off the mean of each parameter tensor first (arXiv:2405.12489).
    """
    if centred:
        weights = weights.clone()
        for block in blocks:
            weights[block.start : block.stop] -= weights[block.start : block.stop].mean()
    return {"theta": weights, "sign": weights.sign(), "positive": (weights > 0).float()}[how]


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


def check(direction: Tensor, what: str, spec: Mapping, center: str) -> None:
    """Raise ProspectError where a direction (P,) at a center leads nowhere: zero, or not finite."""
    if not direction.isfinite().all():
        raise ProspectError(
            f"{what} at center '{center}' holds numbers that are not finite; want another center"
        )
    if direction.any():
        return
    if "to" in spec:
        of = spec.get("of", "self")
        other = f"'{spec['to']}'" if of == "self" else f"'{spec['to']}' of {of}"
        raise ProspectError(
            f"{what} is zero: centers '{center}' and {other} are the same point, in all tensors "
            "that it moves; want another one"
        )
    raise ProspectError(
        f"{what} at center '{center}' is zero in all tensors that it moves; want another center, "
        "noise, or 'only' of more tensors"
    )


def make(
    spec: dict, name: str, objective: Objective, theta: Tensor, seed: int, target: Tensor | None
) -> Tensor:
    """Make the direction (P,) that the config describes, at the center θ (P,).

    `spec` holds exactly one of ``noise``, ``to``, ``weights``, ``gradient``, ``hessian`` and
    ``pca``, and ``normalise``; `target` is the other center of a difference or of weights, the
    eigenvector, or the principal direction; `name` tells two directions of one kind apart.
    """
    blocks = objective.flat.blocks
    match kind_of(spec):
        case "noise":
            return random(spec, theta, blocks, seed, name)
        case "to" if target is not None:
            raw = target - theta
        case "hessian" | "pca" if target is not None:
            raw = target
        case "weights":
            weights = theta if target is None else target
            raw = of_weights(spec["weights"], weights, spec.get("centred", False), blocks)
        case "gradient":
            raw = -objective.full_gradient(theta.to(objective.flat.weights)).cpu()
        case kind:
            raise ValueError(f"direction '{name}' of kind '{kind}' has no target")
    return scaled(raw, spec, theta, blocks)
