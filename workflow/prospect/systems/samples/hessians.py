"""How the Hessian H_k of the mean loss over k samples converges to H_n, in random orders.

H_k is the mean of the samples' H_i over the first k of n in random order. Against

- Frobenius: E‖H_k − H_n‖_F² = (n−k)/(k(n−1)) (mean ‖H_i‖_F² − ‖H_n‖_F²), exact (our definition,
  of sampling without replacement)
- spectral: E‖H_k − H_n‖₂ ≤ √(2 v ln 2P / k) + M ln(2P) / (3k), v = ‖mean (H_i − H_n)²‖₂,
  M = max ‖H_i − H_n‖₂: matrix Bernstein (Tropp, arXiv:1501.01571, Theorem 1.6.2), which holds for
  sampling without replacement too (Gross and Nesme, arXiv:1001.2738)
- the largest eigenvalue: E λ_max(H_k) ≥ λ_max(H_n), by convexity; the size of the bias is measured
- the D leading eigenvectors: overlap ‖U_kᵀU_n‖_F² / D is 1 − (n−k)/(k(n−1)) (1/D) Σ_{i≤D<j}
  Var_s(u_iᵀH_s u_j)/(λ_i − λ_j)² to first order (our derivation, from perturbation theory)
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from prospect.base.errors import ProspectError
from prospect.base.progress import track
from prospect.base.seeding import generator
from prospect.model import ensemble
from prospect.model.data import Data
from prospect.model.objective import Objective
from prospect.systems.samples import sample_hessians
from prospect.systems.samples.orders import factor
from prospect.systems.samples.perceptrons import is_dead

STATES = ("initial", "trained")


class Spread(NamedTuple):
    """What is known of the samples' Hessians about their mean.

    mean : H_n (P, P)
    values, vectors : its eigenvalues (P,), the largest first, and eigenvectors (P, P) as columns
    squares : mean ‖H_i‖_F²
    variance : v, as the module says
    largest : M
    mixing : Var_s(u_iᵀH_s u_j) (D, P), i ≤ D
    """

    mean: Tensor
    values: Tensor
    vectors: Tensor
    squares: float
    variance: float
    largest: float
    mixing: Tensor


def hessians(
    name: str,
    network: dict,
    data: Data,
    training: dict,
    seeds: Sequence[int],
    counts: Sequence[int],
    leading: int | None = None,
    orders: int = 20,
    device="cpu",
) -> pd.DataFrame:
    """Measure how Hessians converge: a row a state, seed and number of samples k.

    Columns ``network``, ``state`` (of `STATES`), ``seed``, ``dead`` and those of `convergence`.

    Parameters
    ----------
    name, network, data, training
        Its name for the table, its description, its data and recipe. P × P numbers are kept.
    seeds : (M,)
        A network each.
    counts
        The k, increasing, all below n.
    leading
        D; C − 1 by default, where there is a gap.
    orders
        Random orders a network.
    device
        Where networks are trained.

    Raises
    ------
    ProspectError
        Where the k do not increase or there are fewer samples, or the network has BatchNorm.
    """
    check_counts(counts, len(data.train.targets))
    networks = ensemble.members(network, data, seeds)
    objective = Objective(networks[0], data.train, dtype=torch.float64)
    sample_hessians.check(objective)
    states = ensemble.train_ensemble(networks, data, training, seeds, device, what=f"{name}: train")
    first = next(states)
    last, _ = ensemble.collect(states)
    leading = data.classes - 1 if leading is None else leading
    places = [
        (state, seed, theta)
        for state, epochs in zip(STATES, (first, last), strict=True)
        for seed, theta in zip(seeds, epochs.theta.double(), strict=True)
    ]
    tables = []
    for state, seed, theta in track(places, f"{name}: Hessians"):
        table = convergence(objective, theta, counts, leading, orders, seed)
        names = {"network": name, "state": state, "seed": seed}
        names["dead"] = is_dead(objective.sample_losses(theta).loss)
        tables.append(pd.DataFrame(names, index=table.index).join(table))
    return pd.concat(tables, ignore_index=True)


def check_counts(counts: Sequence[int], samples: int) -> None:
    """Raise ProspectError where the k do not increase, or are not from 1 to below n."""
    if any(low >= high for low, high in itertools.pairwise(counts)):
        raise ProspectError(f"samples: k = {list(counts)} does not increase; want them in order")
    if counts[0] < 1 or counts[-1] >= samples:
        raise ProspectError(
            f"samples: k = {counts[0]} to {counts[-1]} with {samples} samples; want 1 to "
            f"{samples - 1}"
        )


def convergence(
    objective: Objective, theta: Tensor, counts: Sequence[int], leading: int, orders: int, seed: int
) -> pd.DataFrame:
    """Measure H_k in random orders at θ (P,), in float64: a row a k, means over orders.

    ``k``; ``frobenius`` (‖H_k − H_n‖_F²) and ``frobenius_formula``, ``ratio`` of the two;
    ``relative``, √frobenius in units of ‖H_n‖_F; ``spectral`` (‖H_k − H_n‖₂), ``bernstein`` and
    ``slack``, the bound in units of the mean; ``eigenvalue``, λ_max(H_k) in units of λ_max(H_n);
    ``overlap`` of the D leading eigenvectors, ``overlap_formula`` and the ``overlap_error`` of the
    latter; ``gap``, λ_D − λ_{D+1} in
    units of λ_D. NaN where H_n is zero.
    """
    spread = spread_of(objective, theta, leading, seed)
    rows: dict[int, list] = {k: [] for k in counts}
    for order in range(orders):
        for k, matrix in _growing(objective, theta, counts, seed, order):
            rows[k].append(_held_against(spread, matrix, leading))
    n = len(objective.targets)
    return pd.DataFrame(
        [
            {"k": k} | _against_theory(spread, np.mean(numbers, axis=0), k, n, leading)
            for k, numbers in rows.items()
        ]
    )


def _against_theory(
    spread: Spread, found: np.ndarray, k: int, n: int, leading: int
) -> dict[str, float]:
    """Hold the means over orders that `_held_against` gave at k against theory."""
    frobenius, spectral, eigenvalue, overlap = found
    total = float(spread.mean.square().sum())
    top, at, after = (float(spread.values[place]) for place in (0, leading - 1, leading))
    formula = factor(k, n) * (spread.squares - total)
    bound = bernstein(spread, k)
    gaps = spread.values[:leading, None] - spread.values[leading:]
    mixed = float((spread.mixing[:, leading:] / gaps**2).sum())
    predicted = 1 - factor(k, n) * mixed / leading
    return {
        "frobenius": frobenius,
        "frobenius_formula": formula,
        "ratio": frobenius / formula if formula > 0 else math.nan,
        "relative": math.sqrt(frobenius / total) if total > 0 else math.nan,
        "spectral": spectral,
        "bernstein": bound,
        "slack": bound / spectral if spectral > 0 else math.nan,
        "eigenvalue": eigenvalue / top if top > 0 else math.nan,
        "overlap": overlap if total > 0 else math.nan,
        "overlap_formula": predicted,
        "overlap_error": abs(overlap - predicted),
        "gap": (at - after) / at if at > 0 else math.nan,
    }


def bernstein(spread: Spread, k: int) -> float:
    """Return the bound of E‖H_k − H_n‖₂ by matrix Bernstein."""
    log = math.log(2 * len(spread.values))
    return math.sqrt(2 * spread.variance * log / k) + spread.largest * log / (3 * k)


def spread_of(objective: Objective, theta: Tensor, leading: int, seed: int = 0) -> Spread:
    """Take stock of all samples' Hessians at θ (P,), in two passes of P × P numbers a sample."""
    n = len(objective.targets)
    mean = sample_hessians.mean_matrix(objective, theta, torch.arange(n))
    values, vectors = (part.flip(-1) for part in torch.linalg.eigh(mean))
    squares, away_squares = 0.0, torch.zeros(n, dtype=mean.dtype)
    second = torch.zeros_like(mean)
    mixing = torch.zeros(leading, len(values), dtype=mean.dtype)
    for index, some in sample_hessians.matrices(objective, theta):
        squares += float(some.square().sum())
        away = some - mean
        away_squares[index] = away.square().sum((1, 2))
        second += away.flatten(0, 1).T @ away.flatten(0, 1)  # they are symmetric
        mixing += (vectors[:, :leading].T @ away @ vectors).square().sum(0)
    variance = float(torch.linalg.eigvalsh(second / n)[-1])
    largest = _largest_away(objective, theta, mean, away_squares.sqrt(), seed)
    return Spread(mean, values, vectors, squares / n, variance, largest, mixing / n)


def _largest_away(
    objective: Objective, theta: Tensor, mean: Tensor, frobenius: Tensor, seed: int
) -> float:
    """Return max ‖H_i − H_n‖₂, given ‖H_i − H_n‖_F (n,), which none exceeds: few are looked at."""
    largest = 0.0
    for index in frobenius.argsort(descending=True).split(32):
        if float(frobenius[index[0]]) <= largest:
            break
        whole = sample_hessians.whole(objective, theta, index)

        def away(vectors: Tensor, whole: sample_hessians.Product = whole) -> Tensor:
            return whole(vectors) - vectors @ mean

        norms = sample_hessians.norms(away, len(index), len(mean), seed)
        largest = max(largest, float(norms.max()))
    return largest


def _growing(
    objective: Objective, theta: Tensor, counts: Sequence[int], seed: int, order: int
) -> Iterator[tuple[int, Tensor]]:
    """Yield k and H_k (P, P) for growing k of one random order; each sample is taken once."""
    rng = generator(seed, "order of samples", order)
    every = torch.randperm(len(objective.targets), generator=rng)
    total, before = torch.zeros(objective.parameters, objective.parameters).double(), 0
    for k in counts:
        added = sample_hessians.mean_matrix(objective, theta, every[before:k])
        total = total + (k - before) * added
        before = k
        yield k, total / k


def _held_against(spread: Spread, matrix: Tensor, leading: int) -> tuple[float, ...]:
    """Return ‖H_k − H_n‖_F², ‖H_k − H_n‖₂, λ_max(H_k) and the overlap of leading eigenvectors."""
    away = matrix - spread.mean
    ends = torch.linalg.eigvalsh(away)[[0, -1]]
    values, vectors = torch.linalg.eigh(matrix)
    common = vectors[:, -leading:].T @ spread.vectors[:, :leading]
    overlap = float(common.square().sum()) / leading
    return float(away.square().sum()), float(ends.abs().max()), float(values[-1]), overlap
