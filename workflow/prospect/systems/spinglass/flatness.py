"""How flat the loss is about a network with one hidden ReLU layer.

The trace of the Hessian in closed form (our derivation), the same times ‖θ‖², the largest
eigenvalue, the radius at which the loss has risen, and the norm. None of them is of the function
alone: to multiply the weights into a ReLU unit and divide those out of it changes all of them.
"""

import math

import numpy as np
import torch
from scipy.optimize import brentq
from torch import Tensor, nn

from prospect.base.errors import ProspectError
from prospect.landscape.directions import noise
from prospect.landscape.hessian import Hessian, extremes
from prospect.model.objective import Objective

RISE = 0.1  # nats
FARTHEST, DOUBLINGS = 4.0, 16  # the largest radius in units of ‖θ‖, and from where on it is sought
DRAWS = 4  # directions of the radius, each taken both ways
MEASURES = ("trace", "scale_free_trace", "eigenvalue", "radius", "norm")


def flatness(objective: Objective, theta: Tensor, seed: int) -> dict[str, float]:
    """Measure the flatness at θ (P,): `MEASURES`.

    ``trace`` tr H in nats; ``scale_free_trace`` tr H ‖θ‖²; ``eigenvalue``, the largest one of H;
    ``radius``, see `radius`; ``norm`` ‖θ‖. Those of the objective's samples.
    """
    norm, trace = float(theta.double().norm()), trace_of(objective, theta)
    return {
        "trace": trace,
        "scale_free_trace": trace * norm**2,
        "eigenvalue": float(extremes(Hessian(objective, theta), 1, seed)[0][-1]),
        "radius": radius(objective, theta, seed),
        "norm": norm,
    }


@torch.no_grad()
def trace_of(objective: Objective, theta: Tensor) -> float:
    """Return tr H of the mean cross-entropy at θ (P,), in nats, exactly.

    tr H = mean over samples of Σ_c p_c (1 − p_c) (‖z‖² + 1) + Σ_j 1[z_j > 0] Var_p(W₂_j)
    (‖x‖² + 1), with inputs x, hidden activations z, probabilities p, outgoing weights W₂_j (C,) of
    unit j; the ones are those of biases. The outputs are linear in every single weight, so the
    curvature of the network itself has a zero diagonal (our derivation). In float64. Raises
    ProspectError where the network is another than one hidden ReLU layer.
    """
    first, second = _layers(objective.flat.module)
    theta = theta.to(objective.flat.weights.device, torch.float64)
    weights = objective.flat.parts(theta)
    x = objective.inputs.flatten(1).double()
    w1, b1 = weights[f"{first}.weight"], weights.get(f"{first}.bias")
    w2, b2 = weights[f"{second}.weight"], weights.get(f"{second}.bias")
    z = nn.functional.linear(x, w1, b1).relu()
    p = nn.functional.linear(z, w2, b2).softmax(1)
    of_outputs = 1 - p.square().sum(1)  # Σ p (1 − p)
    of_units = p @ w2.square() - (p @ w2).square()  # (N, h)
    outgoing = of_outputs * (z.square().sum(1) + (b2 is not None))
    incoming = ((z > 0) * of_units).sum(1) * (x.square().sum(1) + (b1 is not None))
    return float((outgoing + incoming).mean())


def _layers(module: nn.Module) -> tuple[str, str]:
    """Return the names of the two linear layers of a network with one hidden ReLU layer."""
    layers = {name: type(layer) for name, layer in module.named_children()}
    kinds = [kind for kind in layers.values() if kind is not nn.Flatten]
    if type(module) is not nn.Sequential or kinds != [nn.Linear, nn.ReLU, nn.Linear]:
        said = ", ".join(kind.__name__ for kind in kinds) or type(module).__name__
        raise ProspectError(
            f"flatness: a network of {said}; want Linear, ReLU, Linear: one hidden layer"
        )
    first, second = (name for name, kind in layers.items() if kind is nn.Linear)
    return first, second


def radius(objective: Objective, theta: Tensor, seed: int, rise: float = RISE) -> float:
    """Return the distance from θ (P,) at which the mean loss has risen by so many nats.

    The mean over `DRAWS` random directions, each taken both ways, so that a slope that is left does
    not count; as a distance in weight space, not a fraction of ‖θ‖ (our definition). The first such
    distance on a grid of factors of 2, refined to a relative 1e-3. NaN where it is not between
    `FARTHEST` ‖θ‖ and 2^−`DOUBLINGS` of that.
    """
    draws = [noise("gaussian", len(theta), seed, "radius", number) for number in range(DRAWS)]
    units = [(draw.double() / draw.double().norm()).to(theta) for draw in draws]
    here = objective.sample_losses(theta).means[0]

    def above(log_distance: float) -> float:
        distance = float(np.exp(log_distance))
        ways = [(unit, sign * distance) for unit in units for sign in (1, -1)]
        losses = [objective.sample_losses(theta, (u,), (d,)).means[0] for u, d in ways]
        return float(np.mean(losses)) - here - rise

    farthest = np.log(FARTHEST * float(theta.double().norm()))
    grid = farthest - np.log(2) * np.arange(DOUBLINGS, -1, -1)
    risen = next((place for place, distance in enumerate(grid) if above(distance) > 0), 0)
    if risen == 0:
        return math.nan
    return float(np.exp(brentq(above, grid[risen - 1], grid[risen], xtol=1e-3)))
