"""What one more sample changes at θ in a ball about θ*, against the second-order bound.

arXiv:2409.11995: where θ* is a minimum of L_k and of L_{k+1},

    |L_{k+1} − L_k| ≤ |a| / (k + 1) + ‖d‖² ‖A‖₂ / (k + 1),  d = θ − θ*,
    a = l_{k+1} − L_k and A = H_{k+1} − H̄_k, both at θ*,

H̄_k the mean of the first k samples' Hessians. Exactly, to second order in d,

    (k + 1) (L_{k+1} − L_k) = a + gᵀd + ½ dᵀAd,  g = ∇l_{k+1} − ∇L_k at θ*:

the bound leaves gᵀd out, which is zero where the minimum is shared, and the ½. Everything in
float64. d has a given length; it is Gaussian, or points along sign(a) g, where what the bound
leaves out is largest (ours).
"""

import copy
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from scipy.sparse.linalg import LinearOperator, eigsh
from torch import Tensor
from torch.nn import functional

from prospect.base.errors import ProspectError
from prospect.base.progress import track
from prospect.base.seeding import generator
from prospect.landscape.directions import noise
from prospect.model import formulas
from prospect.model.ensemble import Epochs
from prospect.model.objective import Objective
from prospect.model.setting import Setting
from prospect.systems.samples.convergence import check_sizes
from prospect.systems.samples.orders import orders

TOLERANCE = 1e-4  # of the norms, relative


class Samples:
    """Every sample's loss about θ* (P,) of a network without statistics of its batch.

    All in float64, on the CPU.
    """

    def __init__(self, objective: Objective, theta: Tensor):
        self.module = copy.deepcopy(objective.flat.module).to("cpu", torch.float64)
        self.inputs = objective.inputs.to("cpu", torch.float64)
        self.flat, self.targets = objective.flat, objective.targets.cpu()
        self.theta = theta.to("cpu", torch.float64)

    def losses(self, theta: Tensor, chosen=slice(None)) -> Tensor:
        """Return the losses (N,) of some samples at θ (P,); it can be differentiated."""
        weights = self.flat.parts(theta)
        with formulas.by_formula():
            outputs = torch.func.functional_call(self.module, weights, (self.inputs[chosen],))
        return functional.cross_entropy(outputs, self.targets[chosen], reduction="none")

    def along(self, direction: Tensor) -> tuple[Tensor, Tensor]:
        """Return ∇l_iᵀu and uᵀH_iu (N,) of all samples at θ*, u a direction (P,)."""

        def slope(theta: Tensor) -> Tensor:
            return torch.func.jvp(self.losses, (theta,), (direction,))[1]

        slopes, curvatures, *_ = torch.func.jvp(slope, (self.theta,), (direction,))
        return slopes, curvatures

    def difference(self, theta: Tensor, order: Tensor, k: int) -> Tensor:
        """Return l_{k+1} − L_k at θ (P,) in an order (N,) of the samples."""
        losses = self.losses(theta, order[: k + 1])
        return losses[k] - losses[:k].mean()

    def gradient_and_norm(self, order: Tensor, k: int, start: np.ndarray) -> tuple[Tensor, float]:
        """Return g (P,) and ‖A‖₂ in an order (N,) of the samples.

        The norm by Lanczos, whose iteration begins at `start` (P,).
        """
        theta = self.theta.clone().requires_grad_()
        difference = self.difference(theta, order, k)
        (gradient,) = torch.autograd.grad(difference, theta, create_graph=True)

        def product(vector: np.ndarray) -> np.ndarray:
            along = torch.from_numpy(vector.reshape(-1))
            return torch.autograd.grad(gradient, theta, along, retain_graph=True)[0].numpy()

        size = len(theta)
        operator = LinearOperator((size, size), matvec=product, dtype=np.float64)
        (value,) = eigsh(
            operator, k=1, which="LM", v0=start, tol=TOLERANCE, return_eigenvectors=False
        )
        return gradient.detach(), abs(float(value))


def second_order(
    setting: Setting, states: Mapping[int, Epochs], own: Mapping, seed: int
) -> list[pd.DataFrame]:
    """Hold what one sample changes about a trained network against the bound: one table.

    `states` are those of `trained.after_epochs` from seeds 0, 1, …, of which the last counts; `own`
    holds ``radii`` (in units of ‖θ*‖), ``sizes``, ``orders`` and ``directions``. A row a size ``k``
    and ``radius``: what `_row` says of Gaussian directions, and

    ``holds_along_gradient`` : the share of ``orders`` in which the bound holds along sign(a) g
    ``crossover`` : the radius where both terms of the bound are equal, from their means
    ``violation`` : of the assumption that θ* is a minimum of L_k, root mean squares of its gradient
        along d over ½ dᵀH_k d

    Raises ProspectError where a size is not below the number of samples, or for BatchNorm, with
    which a sample's loss is not its own.
    """
    check_sizes("second_order.sizes", own["sizes"], len(setting.train.targets))
    if setting.train.norms.layers:
        raise ProspectError(
            f"second_order.networks: '{setting.name}' has BatchNorm; want networks without"
        )
    theta, fixed = states[max(states)].center(seed)
    setting.load(fixed)
    rows = about(Samples(setting.train, theta), own, seed)
    return [pd.DataFrame(rows).assign(network=setting.name, seed=seed)]


def about(samples: Samples, own: Mapping, seed: int) -> list[dict]:
    """Return a row a size and radius about one network."""
    size, radius = len(samples.theta), float(samples.theta.norm())
    units = [noise("gaussian", size, seed, "second order", u) for u in range(own["directions"])]
    units = [unit.double() / unit.double().norm() for unit in units]
    with torch.no_grad():
        here = samples.losses(samples.theta)
        slopes, curvatures = (
            torch.stack(part) for part in zip(*map(samples.along, units), strict=True)
        )
        there = torch.stack(
            [
                torch.stack([samples.losses(samples.theta + r * radius * unit) for unit in units])
                for r in own["radii"]
            ]
        )  # (R, U, N)
    drawn = orders(own["orders"], len(here), seed, "second order")
    start = torch.randn(size, generator=generator(seed, "start"), dtype=torch.float64).numpy()
    rows = []
    for k in track(own["sizes"], f"seed {seed}: sizes"):
        found = [samples.gradient_and_norm(one, k, start) for one in drawn]
        gradients, norms = [one for one, _ in found], torch.tensor([norm for _, norm in found])
        a, g, c = (_new_less_mean(part, drawn, k) for part in (here, slopes, curvatures))
        first = drawn[:, :k]
        gradient, hessian = slopes[:, first].mean(2), curvatures[:, first].mean(2)  # (U, O)
        for r, losses in zip(own["radii"], there, strict=True):
            d = r * radius
            change = _new_less_mean(losses, drawn, k)
            row = {"k": k, "radius": r} | _row(change, a, d * g, d**2 / 2 * c, d**2 * norms)
            row |= {"crossover": float((a.abs().mean() / norms.mean()).sqrt()) / radius}
            row |= {"violation": _rms(d * gradient) / _rms(d**2 / 2 * hessian)}
            worst = _along_gradients(samples, drawn, k, d * a.sign(), gradients)
            row |= {"holds_along_gradient": _share(a.abs() + d**2 * norms >= worst.abs())}
            row |= {"orders": len(drawn)}
            rows.append(row)
    return rows


@torch.no_grad()
def _along_gradients(
    samples: Samples, drawn: Tensor, k: int, lengths: Tensor, gradients: Sequence[Tensor]
) -> Tensor:
    """Return (k + 1)(L_{k+1} − L_k) (O,) at θ* + length · g/‖g‖, each order by its own g."""
    cases = zip(drawn, lengths, gradients, strict=True)
    return torch.stack(
        [
            samples.difference(samples.theta + length * g / g.norm(), order, k)
            for order, length, g in cases
        ]
    )


def _new_less_mean(values: Tensor, drawn: Tensor, k: int) -> Tensor:
    """Return the value of sample k + 1 less the mean of the first k, of values (…, N): (…, O)."""
    return values[..., drawn[:, k]] - values[..., drawn[:, :k]].mean(-1)


def _row(change: Tensor, a: Tensor, slope: Tensor, curvature: Tensor, hessian: Tensor) -> dict:
    """Say what rules and whether the bound holds, over directions and orders (U, O).

    All are times k + 1, in nats. ``change``, ``value_term``, ``gradient_term``, ``curvature_term``
    : root mean squares of (k + 1)(L_{k+1} − L_k), of a (O,), gᵀd and ½ dᵀAd
    ``hessian_term`` : root mean square of ‖d‖² ‖A‖₂ (O,)
    ``holds`` : share of cases in which the bound is not below the change
    ``slack`` : median of log10 of the bound over the change
    ``hessian_rules`` : share of orders in which the Hessian's term exceeds the value's
    ``remainder`` : root mean square of what second order leaves, over that of the change
    ``count`` : number of cases
    """
    bound = a.abs() + hessian
    left = change - a - slope - curvature
    return {
        "change": _rms(change),
        "value_term": _rms(a),
        "gradient_term": _rms(slope),
        "curvature_term": _rms(curvature),
        "hessian_term": _rms(hessian),
        "holds": _share(bound >= change.abs()),
        "slack": float((bound / change.abs()).log10().median()),
        "hessian_rules": _share(hessian > a.abs()),
        "remainder": _rms(left) / _rms(change),
        "count": change.numel(),
    }


def _rms(values: Tensor) -> float:
    return float(values.double().square().mean().sqrt())


def _share(true: Tensor) -> float:
    return float(true.double().mean())
