"""Random orders of the samples, and what the mean loss of the first k of them does.

L_k is the mean of the first k of n losses l_i, L_n that of all. All sums are taken in float64.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from prospect.base.seeding import generator

AT_ONCE = 2**24  # numbers of the table that picks samples, of some orders at a time


def orders(count: int, samples: int, seed: int, *purpose: object) -> Tensor:
    """Draw random orders of the samples (O, N); each is a permutation."""
    rng = generator(seed, "orders", *purpose)
    return torch.stack([torch.randperm(samples, generator=rng) for _ in range(count)])


def factor(k, n: int):
    """Return (n − k)/(k (n − 1)): the variance of a mean over k of n samples, in units of one's.

    `k` is a number or an array of numbers.
    """
    return (n - k) / (k * (n - 1))


def mean_increments(losses: Tensor, drawn: Tensor) -> np.ndarray:
    """Return the mean over orders (O, N) of |L_{k+1} − L_k| for k = 1 … N − 1, of losses (N,).

    Its expectation over all orders is about MAD / (k + 1), MAD the mean absolute deviation of the
    losses from their mean, since L_{k+1} − L_k = (l_{k+1} − L_k) / (k + 1).
    """
    counts = torch.arange(1, len(losses) + 1, dtype=torch.float64)
    means = losses.double()[drawn].cumsum(1) / counts
    return means.diff(dim=1).abs().mean(0).numpy()


def deviations(losses: Tensor, drawn: Tensor, sizes: Sequence[int]) -> Tensor:
    """Return L_k − L_n (O, K, G) for K sizes of the first k of every order (O, N).

    `losses` (G, N) are those of every sample at every point of a grid.
    """
    points, samples = losses.shape
    centred = losses.double() - losses.double().mean(1, keepdim=True)
    at_once = max(1, AT_ONCE // (len(sizes) * samples))
    return torch.cat([_means(centred, part, sizes) for part in drawn.split(at_once)]).view(
        len(drawn), len(sizes), points
    )


def _means(centred: Tensor, drawn: Tensor, sizes: Sequence[int]) -> Tensor:
    """Return the means (O, K, G) over the first k of some orders (O, N)."""
    places = drawn.argsort(1)[:, None]  # (O, 1, N): where in the order a sample comes
    counts = torch.tensor(sizes)[:, None]
    chosen = (places < counts).double() / counts
    return chosen @ centred.T


def increments(losses: Tensor, drawn: Tensor, sizes: Sequence[int]) -> Tensor:
    """Return L_{k+1} − L_k (O, K, G) for K sizes below N, as `deviations` takes them."""
    before = deviations(losses, drawn, sizes)
    coming = drawn[:, sizes]  # the sample k + 1 of every order
    centred = losses.double() - losses.double().mean(1, keepdim=True)
    counts = torch.tensor(sizes, dtype=torch.float64)[:, None]
    return (centred.T[coming] - before) / (counts + 1)
