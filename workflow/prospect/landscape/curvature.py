"""The curvature along a random direction: the distribution of uᵀHu, u uniform on the unit sphere.

With u = z/‖z‖ and Gaussian z, uᵀHu > t where Σ_i (λ_i − t) z_i² > 0: a weighted sum of chi-squares.
The extreme eigenvalues are known and enter exactly; all others are many and smaller, so their part
is normal with the mean and variance that trace and norm leave to them (our definition). The mean
over the known ones is one over a fixed Sobol sequence.
"""

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from scipy.stats import norm, qmc

BITS = 14  # of the sequence's length; its error is below 2e-3
MOST = 64  # eigenvalues that enter exactly, the largest in size


def share_above(found: Mapping, levels: Sequence[float] | np.ndarray) -> np.ndarray:
    """Return the share of random directions whose curvature is above each level, (K,).

    `found` holds ``eigenvalues`` (2k,), ``trace``, ``squares`` and ``parameters`` of a Hessian.
    """
    known = np.asarray(found["eigenvalues"], dtype=float)
    known = known[np.argsort(-np.abs(known), kind="stable")[:MOST]]
    rest, trace, squares = int(found["parameters"]) - len(known), 0.0, 0.0
    if rest:
        trace = float(found["trace"] - known.sum())
        # both are estimates; so many numbers with this sum have at least these squares
        squares = max(float(found["squares"] - (known**2).sum()), trace**2 / rest)
    drawn = _squared_gaussians(len(known))
    shares = []
    for level in np.asarray(levels, dtype=float):
        values = drawn @ (known - level) + trace - rest * level
        deviation = np.sqrt(max(0.0, 2 * (squares - 2 * level * trace + rest * level**2)))
        above = norm.cdf(values / deviation) if deviation else values > 0
        shares.append(np.mean(above))
    return np.array(shares)


@cache
def _squared_gaussians(count: int) -> np.ndarray:
    """Return squares of Gaussian numbers that fill space evenly, (2^BITS, count)."""
    evenly = qmc.Sobol(count, rng=np.random.default_rng(0)).random_base2(BITS)
    return norm.ppf(np.maximum(evenly, 2.0**-31)) ** 2
