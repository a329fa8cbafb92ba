"""How many samples a curve or surface needs for a wanted accuracy (our derivation).

From E D_k² = σ² (n − k) / (k (n − 1)): the root mean square error over random subsets is ε at

    k = 1 / (1/n + (n − 1)/n · ε²/σ²).

Half of all subsets are nearer, so nine of ten want more. A pilot of few samples knows σ² as far as
these few have met the hard samples; near a well-trained point hardly any sample is hard.
"""

import math

import numpy as np
import torch
from torch import Tensor

from prospect.base.errors import ProspectError
from prospect.systems.samples.orders import deviations

MOST = 0.9  # of all subsets
AT_ONCE = 2**25  # losses of pilots at a time


def samples_needed(variance: float, target: float, samples: int) -> int:
    """Return k of n samples for a root mean square error of `target` nats; at most n.

    `variance` is σ², the mean over the grid of the variance of the samples' losses, in nats².

    >>> samples_needed(4.0, 0.1, 10**9), samples_needed(0.0, 0.1, 10)
    (400, 1)
    """
    if variance <= 0:
        return 1
    exact = 1 / (1 / samples + (samples - 1) / samples * target**2 / variance)
    return min(samples, max(1, math.ceil(exact - 1e-3)))


def needed(losses: Tensor, drawn: Tensor, accuracy: float, pilot: int) -> dict[str, float]:
    """Say how many samples losses (G, N) on a grid need, and check it in random orders (O, N).

    `accuracy` is the wanted root mean square error as a fraction of the range of the mean loss over
    the grid. Raises ProspectError where the pilot has more samples than there are.

    ``accuracy``, ``pilot_samples`` : as given
    ``samples`` (n), ``range`` in nats, ``deviation`` (σ, in nats), ``offset_share`` of σ²
    ``needed``, ``needed_shape`` : k for the whole, and for all but its mean over the grid
    ``error`` : measured root mean square error at ``needed``, over the wanted one
    ``within`` : share of orders that are as near as wanted there
    ``needed_most`` : k with which nine of ten orders are, at least ``needed``, beyond it as far as
        their errors there are larger than the root mean square
    ``pilot``, ``pilot_low``, ``pilot_high`` : k as pilots say, median and 10 % and 90 % of them
    ``pilot_ratio`` : ``pilot`` over ``needed``
    ``pilot_ratio_large`` : the same if there were so many samples that n does not bound k: the
        median of σ² / range² of pilots, over that of all samples
    """
    n = losses.shape[1]
    if pilot > n:
        raise ProspectError(f"pilot: {pilot} are more than the {n} samples there are; want fewer")
    losses = losses.double()
    mean = losses.mean(1)
    reach = float(mean.max() - mean.min())
    variance = float(losses.var(1, correction=0).mean())
    offset = float(losses.mean(0).var(correction=0))
    target = accuracy * reach
    k = samples_needed(variance, target, n)
    errors = deviations(losses, drawn, [k]).square().mean(2)[:, 0].sqrt()
    exact = k < n  # with all samples there is no error to measure
    root = float(errors.square().mean().sqrt())
    reached = max(1.0, float(errors.quantile(MOST)) / root) if exact else 1.0
    pilots = _pilots(losses, drawn[:, :pilot])
    guesses = [samples_needed(own, accuracy * own_reach, n) for own, own_reach in pilots]
    low, middle, high = np.quantile(guesses, (0.1, 0.5, 0.9))
    large = np.median([own / own_reach**2 for own, own_reach in pilots])
    return {
        "accuracy": accuracy,
        "pilot_samples": pilot,
        "samples": n,
        "range": reach,
        "deviation": math.sqrt(variance),
        "offset_share": offset / variance if variance else 0.0,
        "needed": k,
        "needed_shape": samples_needed(variance - offset, target, n),
        "error": root / target if exact else np.nan,
        "within": float((errors <= target).double().mean()),
        "needed_most": samples_needed(variance, target / reached, n),
        "pilot": middle,
        "pilot_low": low,
        "pilot_high": high,
        "pilot_ratio": middle / k,
        "pilot_ratio_large": large * reach**2 / variance if variance else np.nan,
    }


def _pilots(losses: Tensor, chosen: Tensor) -> list[tuple[float, float]]:
    """Return what pilots (O, m) say of losses (G, N): σ² and the range of the mean, each."""
    (points, n), found = losses.shape, []
    for part in chosen.split(max(1, AT_ONCE // (points * chosen.shape[1]))):
        own = losses[:, part]  # (G, O, m)
        variance = own.var(2).mean(0) * (n - 1) / n  # unbiased, of all samples
        mean = own.mean(2)
        reach = mean.amax(0) - mean.amin(0)
        found.append(torch.stack([variance, reach], dim=1))
    return [(one, other) for one, other in torch.cat(found).tolist()]
