"""Controls that tell growth along θ from agreement with its signs (our definitions).

η = |ε| sign(θ) has both: all of its signs are those of θ, and a large part of it lies along θ.
Each control keeps one of the two, tensor by tensor, as every tensor has a length of its own that
ReLU and BatchNorm make a network indifferent to.

``rest`` : η without its part along θ
``same-cosine`` : that part, and Gaussian noise at right angles to θ as long as ``rest``
``permuted`` : η with its signs permuted
``smallest`` : η on the half of the elements where |θ| is smallest: all signs agree, little growth
``smallest-same-cosine`` : Gaussian noise that has as much growth as ``smallest``
``rest-whole``, ``same-cosine-whole`` : the first two with the whole vector as one tensor
"""

from collections.abc import Callable

import torch
from torch import Tensor

from prospect.model.weights import Block

Part = Callable[[Tensor, Tensor, torch.Generator], Tensor]  # η and θ of a tensor -> direction


def rest(eta: Tensor, theta: Tensor, rng: torch.Generator) -> Tensor:
    """Return what of η is at right angles to θ."""
    return eta - _along(eta, theta)


def same_cosine(eta: Tensor, theta: Tensor, rng: torch.Generator) -> Tensor:
    """Return Gaussian noise with the length of η and its cosine with θ."""
    noise = torch.randn(eta.shape, generator=rng)
    across = noise - _along(noise, theta)
    length = across.norm()
    size = rest(eta, theta, rng).norm() / length if length > 0 else 0.0
    return _along(eta, theta) + across * size


def permuted(eta: Tensor, theta: Tensor, rng: torch.Generator) -> Tensor:
    """Return η with its signs permuted."""
    return eta.abs() * eta.sign()[torch.randperm(len(eta), generator=rng)]


def smallest(eta: Tensor, theta: Tensor, rng: torch.Generator) -> Tensor:
    """Return η on the half of the elements where |θ| is smallest, 0 elsewhere."""
    order = theta.abs().argsort(stable=True)
    kept = torch.zeros_like(eta)
    kept[order[: len(order) // 2]] = 1
    return eta * kept


def smallest_same_cosine(eta: Tensor, theta: Tensor, rng: torch.Generator) -> Tensor:
    """Return Gaussian noise with the length of `smallest` and its cosine with θ."""
    return same_cosine(smallest(eta, theta, rng), theta, rng)


BY_TENSOR: dict[str, Part] = {
    "rest": rest,
    "same-cosine": same_cosine,
    "permuted": permuted,
    "smallest": smallest,
    "smallest-same-cosine": smallest_same_cosine,
}
AS_A_WHOLE: dict[str, Part] = {"rest-whole": rest, "same-cosine-whole": same_cosine}
CONTROLS = (*BY_TENSOR, *AS_A_WHOLE)


def control(
    name: str, eta: Tensor, theta: Tensor, blocks: list[Block], rng: torch.Generator
) -> Tensor:
    """Return the control (P,) of a direction η (P,) at θ (P,)."""
    if name in AS_A_WHOLE:
        return AS_A_WHOLE[name](eta, theta, rng)
    parts = [slice(block.start, block.stop) for block in blocks]
    return torch.cat([BY_TENSOR[name](eta[part], theta[part], rng) for part in parts])


def _along(vector: Tensor, theta: Tensor) -> Tensor:
    """Return the part of a vector along θ; 0 where θ is 0."""
    square = theta @ theta
    return theta * (vector @ theta / square) if square > 0 else torch.zeros_like(theta)
