"""The lens: what gradient and Hessian at a center say of a curve, and what the curve shows.

Along u = ε/‖ε‖ the loss is L + t gᵀu + t²/2 uᵀHu for small t. Where a network has kinks (ReLU) that
holds between two kinks only: the second derivative leaves out the jumps of the first one, so at
any scale that can be seen the loss bends more than its Hessian says.
"""

import numpy as np
from torch import Tensor

from prospect.landscape.hessian import Hessian, along_direction
from prospect.model.objective import Objective

STEPS = 10.0 ** np.arange(-5, -8.1, -0.5)  # in units of the direction
RADII = np.geomspace(1e-3, 1.0, 13)  # as a fraction of the window


def explain(hessian: Hessian, precise: Objective, theta: Tensor, direction: Tensor, window: float):
    """Return a row: slope and curvature along a direction (P,), predicted and measured.

    `hessian` belongs to θ (P,), `precise` is the same objective in float64. Slope in nats a unit of
    length, curvature a squared unit of length, radius and step in units of the direction.

    The differences are central ones of float64 losses, sample by sample. Of a ladder of steps, half
    decades, the one is taken whose second difference differs least from that of the next smaller
    step: larger ones meet kinks, smaller ones rounding (our definition). Where a second difference
    is exactly 0 it is lost in rounding, and no such step is taken; where none is left the measured
    numbers are NaN and ``reason`` says why, else it is empty.

    The radius is the smallest |α| at which the quadratic model is off by more than a tenth of the
    change of the loss or of its own, infinite where the whole window is well described.
    """
    slope, curvature = along_direction(hessian, direction)
    length = direction.double().norm().item()
    along = theta.double(), direction[None].double()

    def losses(alpha: float) -> Tensor:
        return precise.sample_losses(*along, (alpha,)).loss

    center = losses(0.0)
    first, second = [], []
    for step in STEPS:
        right, left = losses(step), losses(-step)
        first.append((right - left).mean().item() / (2 * step * length))
        second.append(((right - center) + (left - center)).mean().item() / (step * length) ** 2)
    chosen, reason = _choose(np.array(second))
    measured = (np.nan,) * 3 if reason else (first[chosen], second[chosen], STEPS[chosen])
    return {
        "norm": length,
        "slope": slope,
        "slope_measured": measured[0],
        "slope_ratio": measured[0] / slope if slope else np.nan,
        "curvature": curvature,
        "curvature_measured": measured[1],
        "curvature_ratio": measured[1] / curvature if curvature else np.nan,
        "step": measured[2],
        "reason": reason,
        "radius": _radius(
            losses, center.mean().item(), slope * length, curvature * length**2, window
        ),
    }


def _choose(second: np.ndarray) -> tuple[int, str]:
    """Return which of the second differences (K,) to take, or why none can be."""
    measured = np.isfinite(second) & (second != 0)
    apart = np.where(measured[:-1] & measured[1:], np.abs(np.diff(second)), np.inf)
    if np.isfinite(apart).any():
        return int(apart.argmin()), ""
    lost = np.isfinite(second).all()
    return 0, "lost in rounding" if lost else "losses are not finite"


def _radius(losses, center: float, slope: float, curvature: float, window: float) -> float:
    """Return where the quadratic model is off by a tenth; slope and curvature by α."""
    for radius in RADII * window:
        for alpha in (radius, -radius):
            change = losses(alpha).mean().item() - center
            model = slope * alpha + curvature * alpha**2 / 2
            if not abs(change - model) <= 0.1 * max(abs(change), abs(model)):
                return radius
    return np.inf
