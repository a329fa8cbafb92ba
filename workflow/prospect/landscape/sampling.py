"""What the losses of some samples say of the mean loss of all.

Axis letters: K points, n samples. A subsample is stratified, so only what losses differ within a
stratum makes its mean err. Shares of the mean are those of calibrated estimators (Deville and
Särndal 1992), the order of points is that of a pivoted Cholesky factorisation.
"""

import itertools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.linalg import lstsq

MOST = 40  # points at which two samples are compared
DOUBLINGS = 5  # of the smallest subsample


class Plan(NamedTuple):
    """Two subsamples of `few` and `middle` samples, and where each is compared with more samples.

    near : number of points at which the few are compared with the middle ones
    exact : number of points at which these are compared with all
    of_few, of_middle : the variances that these two comparisons leave, as fractions of the range
        squared
    """

    few: int
    middle: int
    near: int
    exact: int
    of_few: float
    of_middle: float


def centred(losses: np.ndarray, strata: np.ndarray) -> np.ndarray:
    """Return losses (K, n) less the mean of their stratum (n,)."""
    _, place, counts = np.unique(strata, return_inverse=True, return_counts=True)
    sums = np.zeros((len(counts), len(losses)))
    np.add.at(sums, place, losses.T)
    return losses - (sums / counts[:, None])[place].T


def shares(losses: np.ndarray, strata: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return shares (n,) with which the mean losses are the wanted ones (K,), most like 1.

    `losses` (K, n) at K points, `strata` (n,); every stratum keeps its share as a whole. The means
    of ``shares * losses`` are the wanted ones, but where losses at the points are so much alike
    that they can't be.
    """
    scale = np.sqrt(np.square(losses).mean(axis=1)) + np.finfo(float).tiny
    apart = (wanted - losses.mean(axis=1)) / scale
    within = centred(losses / scale[:, None], strata)
    return 1 + losses.shape[1] * within.T @ _solve(within @ within.T, apart)


def most_uncertain(covariance: np.ndarray, first: int) -> tuple[np.ndarray, np.ndarray]:
    """Return points in the order of what they leave uncertain, from the first, and what is left.

    From the covariance (G, G) of a field at G points: each of the next is where the variance
    (given the field at those before) is largest. The second array (MOST,) is the largest variance
    anywhere given one, two, … of them.
    """
    left, chosen, largest = covariance.copy(), [first], []
    while True:
        point = chosen[-1]
        if left[point, point] > 0:
            left -= np.outer(left[:, point], left[point]) / left[point, point]
        left[point] = left[:, point] = 0
        largest.append(max(0.0, float(left.diagonal().max())))
        if len(chosen) == min(MOST, len(left)):
            return np.array(chosen), np.array(largest)
        chosen.append(int(left.diagonal().argmax()))


def surprise(covariance: np.ndarray, differences: np.ndarray) -> float:
    """Return the mean square of differences (K,) in standard errors, given all before.

    About 1 where they have this covariance (K, K), and more where samples that matter are missed.
    """
    return float(differences @ _solve(covariance, differences)) / len(differences)


def sizes(smallest: int, samples: int) -> list[int]:
    """Return the sizes of subsamples, each twice the one before, up to half of all samples."""
    doubled = (smallest << power for power in range(DOUBLINGS + 1))
    return [size for size in doubled if 2 * size <= samples]


def plan(
    variances: np.ndarray,
    samples: int,
    smallest: int,
    allowed: float,
    cost: Callable[[Plan], float],
) -> Plan | None:
    """Return the cheapest sizes whose standard error is allowed; None where there are none.

    Parameters
    ----------
    variances
        Those of `most_uncertain`, of the mean over one sample.
    samples
        N, the size of all.
    smallest
        The size of the smallest subsample; others are twice, four times … as large.
    allowed
        The standard error.
    cost
        What a plan costs, in any unit.
    """
    found = []
    for few, middle in itertools.combinations(sizes(smallest, samples), 2):
        of_few, of_middle = 1 / few - 1 / middle, 1 / middle - 1 / samples
        for exact, variance in enumerate(variances * of_middle, start=1):
            enough = np.flatnonzero(variances * of_few <= allowed**2 - variance)
            if enough.size:
                near = max(exact, int(enough[0]) + 1)
                found.append(Plan(few, middle, near, exact, variances[near - 1] * of_few, variance))
    return min(found, key=cost, default=None)


def _solve(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solve a symmetric system, as well as can be where rows are nearly alike."""
    return lstsq(matrix, right, cond=1e-10)[0]
