"""How the two sides of a curve differ (arXiv:2405.12489; A(r) is our definition)."""

import numpy as np


def asymmetry(
    alpha: np.ndarray, loss: np.ndarray, accuracy: np.ndarray, center_loss: float, radius: float
) -> dict[str, float | bool]:
    """Compare the sides of a curve at α = ± `radius`, in units of the direction.

    ``log_asymmetry`` is A(r) = ln [(L(−r) − L(0)) / (L(r) − L(0))], positive where the + side is
    flatter, NaN where a difference is not positive. That happens where the effect is strongest, so
    ``plus_below`` says whether the + side lies below the center, and ``plus_lower`` whether it lies
    below the − side. ``error_difference`` is the mean error over [0, r] minus that over [−r, 0].

    Parameters
    ----------
    alpha
        (K,), increasing, with ± `radius` inside.
    loss, accuracy
        (K,), in nats and as a fraction.
    center_loss
        The loss at 0.
    radius
        How far to either side.
    """
    plus, minus = (float(np.interp(at, alpha, loss)) for at in (radius, -radius))
    rises = plus - center_loss, minus - center_loss
    sides = [np.linspace(0, end, 101) for end in (radius, -radius)]
    errors = [float(np.mean(1 - np.interp(side, alpha, accuracy))) for side in sides]
    return {
        "log_asymmetry": float(np.log(rises[1] / rises[0])) if min(rises) > 0 else np.nan,
        "plus_lower": plus < minus,
        "plus_below": rises[0] < 0,
        "error_difference": errors[0] - errors[1],
    }
