"""When losses are shown on a logarithmic scale.

Figures and the error of an interpolated surface go by this one rule.
"""

from typing import TypeVar

import numpy as np

LOG_RATIO = 10  # of the largest loss to the lower quartile
FLOOR = 1e-4  # nats; a logarithmic scale shows smaller losses here

Loss = TypeVar("Loss", float, np.ndarray)


def wants_log(loss: np.ndarray) -> bool:
    """Whether losses span so much that a logarithmic scale shows them better (our definition).

    It does where the largest exceeds the lower quartile by `LOG_RATIO`, and none is negative.
    """
    finite = loss[np.isfinite(loss)]
    if not finite.size or finite.min() < 0:
        return False
    return bool(finite.max() > LOG_RATIO * np.quantile(finite, 0.25))


def floored(loss: Loss, log: bool) -> Loss:
    """Raise losses that a logarithmic scale cannot show to its floor."""
    return np.maximum(loss, FLOOR) if log else loss


def on_scale(loss: np.ndarray, log: bool) -> np.ndarray:
    """Return losses as heights on a figure: themselves, or their logarithm."""
    return np.log(floored(loss, log)) if log else loss
