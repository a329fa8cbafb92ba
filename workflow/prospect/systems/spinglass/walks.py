"""Random walks in weight space, and what they remember.

``radius``: on a sphere of constant radius about a center, θ + r‖θ‖u_t, each step by one angle in a
random direction: u_{t+1} = cos φ u_t + sin φ w, w ⟂ u_t. Stationary, so a degree p of the landscape
gives the loss an autocorrelation of cos^p φ a step.
``weights``: the same on the sphere ‖θ‖ = const about 0, from the center itself.
``free``: θ_{t+1} = θ_t + σξ. In high dimension its mean loss is the straight line
L + σ² t tr H / 2 while a quadratic holds, and it says no more.

All of them are ours, after the abstract of arXiv:2407.20724, which names a random walk in parameter
space and says nothing of its steps. For walks that heed the loss see `metropolis`.
"""

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from prospect.base.errors import ProspectError, hint
from prospect.base.intervals import mean
from prospect.base.progress import track
from prospect.base.seeding import generator
from prospect.model.objective import Objective

KINDS = ("radius", "weights", "free")
WALK = ("network", "center", "kind")  # what a row of a result is about
COLUMNS = (*WALK, "seed", "step", "loss", "accuracy", "overlap", "displacement")


def walks(
    objective: Objective,
    network: str,
    centers: Mapping[str, Tensor],
    seeds: Sequence[int],
    kind: str,
    steps: int,
    *,
    step: float,
    radius: float = 1.0,
) -> pd.DataFrame:
    """Walk from the centers: a row a center, network and step, 0 included.

    ``network``, ``center``, ``kind``, ``seed``, ``step``, ``loss`` (nats), ``accuracy``,
    ``overlap`` (cosine between where the walk is and where it began, seen from the middle of its
    sphere; of a free walk from 0), ``displacement`` (‖θ_t − θ_0‖² / ‖θ‖²).

    Parameters
    ----------
    objective
        Whose losses they are.
    network
        Its name, for the table.
    centers
        By name the points of all networks (M, P).
    seeds
        Of the networks (M,).
    kind
        One of `KINDS`.
    steps
        Of a walk.
    step
        The angle φ in radians; of a free walk σ√P as a share of ‖θ‖.
    radius
        Of ``radius``, in units of ‖θ‖.

    Raises
    ------
    ProspectError
        Where the kind is unknown, or a step or radius is not positive.
    """
    if kind not in KINDS:
        raise ProspectError(f"walks: kind '{kind}'; {hint(kind, KINDS)}")
    for name, number in (("step", step), ("radius", radius)):
        if not number > 0:
            raise ProspectError(f"walks: {name} {number}; want more than 0")
    cells = [
        (center, seed, theta)
        for center, thetas in centers.items()
        for seed, theta in zip(seeds, thetas, strict=True)
    ]
    tables = []
    for center, seed, theta in track(cells, f"walks: {kind}"):
        middle, path = _path(theta, kind, steps, step, radius, seed)
        names: dict = {"network": network, "center": center, "kind": kind, "seed": seed}
        tables.append(_along(objective, path, middle, float(theta.norm())).assign(**names))
    return pd.concat(tables, ignore_index=True)[list(COLUMNS)]


def _path(
    theta: Tensor, kind: str, steps: int, step: float, radius: float, seed: int
) -> tuple[Tensor, Iterator[Tensor]]:
    """Return the middle (P,) of a walk's sphere, 0 of a free one, and its points (P,)."""
    rng, length, zero = generator(seed, "walk", kind), theta.norm(), torch.zeros_like(theta)
    if kind == "free":
        return zero, free_path(theta, step * length / math.sqrt(len(theta)), steps, rng)
    if kind == "weights":
        return zero, (length * u for u in sphere_path(theta / length, step, steps, rng))
    u = torch.randn(len(theta), generator=rng)
    circling = sphere_path(u / u.norm(), step, steps, rng)
    return theta, (theta + radius * length * u for u in circling)


def free_path(
    theta: Tensor, sigma: Tensor | float, steps: int, rng: torch.Generator
) -> Iterator[Tensor]:
    """Yield the points (P,) of a free walk, θ first: each adds σξ, ξ ~ N(0, 1)."""
    yield theta
    for _ in range(steps):
        theta = theta + sigma * torch.randn(len(theta), generator=rng)
        yield theta


def sphere_path(u: Tensor, angle: float, steps: int, rng: torch.Generator) -> Iterator[Tensor]:
    """Yield unit vectors (P,), `u` first: neighbours are `angle` radians apart."""
    yield u
    for _ in range(steps):
        w = torch.randn(len(u), generator=rng, dtype=u.dtype)
        w = w - (w @ u) * u
        u = math.cos(angle) * u + math.sin(angle) * w / w.norm()
        u = u / u.norm()  # rounding adds up
        yield u


def _along(
    objective: Objective, path: Iterator[Tensor], middle: Tensor, length: float
) -> pd.DataFrame:
    """Evaluate a path of points (P,): a row a step."""
    rows = []
    for number, theta in enumerate(path):
        if number == 0:
            start = theta
        loss, accuracy = objective.sample_losses(theta).means
        row = {"step": number, "loss": loss, "accuracy": accuracy}
        rows.append(row | moved(start - middle, theta - middle, length))
    return pd.DataFrame(rows)


def moved(start: Tensor, now: Tensor, length: float) -> dict[str, float]:
    """Return overlap and displacement (in units of `length` squared) of two vectors (P,)."""
    start, now = start.double(), now.double()
    overlap = float(start @ now / (start.norm() * now.norm()))
    return {"overlap": overlap, "displacement": float((now - start).square().sum()) / length**2}


def memory(table: pd.DataFrame) -> pd.DataFrame:
    """Return what the loss of walks remembers: a row a network, center, kind and ``quantity``.

    ``autocorrelation``: of the loss at one step, about the walk's mean; ``straightness``: R² of the
    loss against the step. Columns ``number``, ``low``, ``high``: the mean over networks with its
    95 % t interval. `table` is that of `walks`.
    """
    rows = []
    for cell, own in table.groupby(list(WALK), sort=False):
        losses = own.pivot(index="seed", columns="step", values="loss").to_numpy()
        named = dict(zip(WALK, cell, strict=True))
        for measure in (autocorrelation, straightness):
            found = mean([measure(loss) for loss in losses])
            rows.append(named | {"quantity": measure.__name__} | found._asdict())
    return pd.DataFrame(rows)


def straightness(values: np.ndarray) -> float:
    """Return R² of values (T,) against their number, NaN of a constant."""
    if not np.ptp(values):
        return math.nan
    return float(np.corrcoef(np.arange(len(values)), values)[0, 1] ** 2)


def autocorrelation(values: np.ndarray) -> float:
    """Return r(1) = Σ x_t x_{t+1} / Σ x_t² of values (T,) less their mean, NaN of a constant.

    Too low in a short walk, whose own mean follows it: `overlaps.orders` has no such bias.
    """
    x = values - values.mean()
    return float(x[1:] @ x[:-1] / (x @ x)) if x.any() else math.nan
