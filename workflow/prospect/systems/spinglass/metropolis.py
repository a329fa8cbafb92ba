"""Metropolis walks: steps that the loss allows at a temperature (Metropolis et al. 1953).

A step is taken with the chance min(1, e^{−ΔL/T}), T in nats of the mean loss. On the weight sphere
‖θ‖ = const the walk has the stationary density e^{−L/T}; without it there is none, as no loss keeps
θ from growing (no weight decay), but the walk is one.

Ours, after the abstract of arXiv:2407.20724, which says nothing of acceptance. What is looked at is
that of glasses (arXiv:1803.06969): the displacement D(t_w, 2t_w), how far the walk goes in as long
a time as it has walked before. Free diffusion has D ~ t_w; where a walk is caged, D stays.
"""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from prospect.base.errors import ProspectError
from prospect.base.progress import track
from prospect.base.seeding import generator
from prospect.systems.spinglass.walks import moved

HEAT = ("network", "center", "temperature")  # what a row of a result is about
SEEN = ("step", "loss", "acceptance", "overlap", "displacement", "norm")


def metropolis(
    loss: Callable[[Tensor], float],
    network: str,
    centers: Mapping[str, Tensor],
    seeds: Sequence[int],
    temperatures: Sequence[float],
    *,
    step: float,
    first: int = 100,
    doublings: int = 4,
    sphere: bool = True,
) -> pd.DataFrame:
    """Walk from the centers and look at times that double: a row each.

    ``network``, ``center``, ``temperature``, ``seed``, ``step`` (how many were tried). Since the
    row before (the first since the start): ``acceptance`` (the share of steps that were taken) and
    ``displacement`` (the first NaN, then D(t_w, 2t_w) in units of ‖θ‖², ``step`` being 2t_w).
    ``loss``, ``overlap`` (cosine with the center), ``norm`` (in units of the center's). Random
    numbers are the same at all centers and temperatures of a seed.

    Parameters
    ----------
    loss
        Of a point (P,), in nats; where it is not finite, no step is taken.
    network
        Its name, for the table.
    centers
        By name the points of all networks (M, P).
    seeds
        Of the networks (M,).
    temperatures
        In nats; an infinite one takes every step, the control without a landscape.
    step
        Length of a step that is tried, as a share of ‖θ‖.
    first, doublings
        Steps before the first row, and how many rows follow it.
    sphere
        Whether the walk stays on the weight sphere.

    Raises
    ------
    ProspectError
        Where a temperature or the step is not positive.
    """
    for temperature in temperatures:
        if not temperature > 0:
            raise ProspectError(f"metropolis: temperature {temperature}; want more than 0")
    if not step > 0:
        raise ProspectError(f"metropolis: step {step}; want more than 0")
    cells = [
        (center, temperature, seed, theta)
        for center, thetas in centers.items()
        for temperature in temperatures
        for seed, theta in zip(seeds, thetas, strict=True)
    ]
    tables = []
    for center, temperature, seed, theta in track(cells, "Metropolis walks"):
        rng = generator(seed, "metropolis")
        walk = _Walk(loss, theta, temperature, step, sphere, rng)
        table = pd.DataFrame(_look(walk, first, doublings))
        names: dict = {
            "network": network,
            "center": center,
            "temperature": temperature,
            "seed": seed,
        }
        tables.append(table.assign(**names))
    return pd.concat(tables, ignore_index=True)[[*HEAT, "seed", *SEEN]]


class _Walk:
    """A walk that has come to θ (P,), where the loss is L."""

    def __init__(
        self,
        loss: Callable[[Tensor], float],
        theta: Tensor,
        temperature: float,
        step: float,
        sphere: bool,
        rng: torch.Generator,
    ):
        self.loss, self.temperature, self.sphere, self.rng = loss, temperature, sphere, rng
        self.start, self.theta, self.length = theta, theta, theta.norm()
        self.sigma = step * self.length / math.sqrt(len(theta))
        self.L = loss(theta)

    def advance(self, steps: int) -> float:
        """Try some steps; return the share that were taken."""
        taken = 0
        for _ in range(steps):
            theta = self.theta + self.sigma * torch.randn(len(self.theta), generator=self.rng)
            if self.sphere:
                theta = theta * (self.length / theta.norm())
            loss, chance = self.loss(theta), torch.rand((), generator=self.rng).item()
            # log(1 − chance), as 0 can be drawn and 1 cannot
            if (self.L - loss) / self.temperature >= math.log1p(-chance):
                self.theta, self.L = theta, loss
                taken += 1
        return taken / steps


def _look(walk: _Walk, first: int, doublings: int) -> list[dict]:
    """Walk, and return a row at every time."""
    rows, length = [], float(walk.length)
    for number in range(doublings + 1):
        before, now = walk.theta, first * 2**number
        acceptance = walk.advance(first if number == 0 else now // 2)
        displacement = moved(before, walk.theta, length)["displacement"]
        rows.append({
            "step": now,
            "loss": walk.L,
            "acceptance": acceptance,
            "overlap": moved(walk.start, walk.theta, length)["overlap"],
            "displacement": displacement if number else math.nan,
            "norm": float(walk.theta.norm()) / length,
        })  # fmt: skip
    return rows


def exponents(table: pd.DataFrame) -> pd.DataFrame:
    """Return the exponent of D(t_w, 2t_w) in t_w: a row a network, center, temperature and seed.

    ``exponent``, the slope of ln D against ln t_w, NaN where a walk stood still between two rows;
    ``below_free``, by how much it is below that of the same seed at an infinite temperature, NaN
    where there is none. 1 is free diffusion; on the sphere that falls short of it once D nears 2.
    `table` is that of `metropolis`. Raises ProspectError where it has fewer than two displacements.
    """
    wide = table.dropna(subset="displacement").pivot(
        index=[*HEAT, "seed"], columns="step", values="displacement"
    )
    if wide.shape[1] < 2:
        raise ProspectError("metropolis: one displacement has no exponent; want 2 doublings")
    times = wide.columns.to_numpy(float)
    found = wide.apply(lambda moves: _slope(times, moves.to_numpy()), axis=1).rename("exponent")
    free = found[found.index.get_level_values("temperature") == math.inf]
    rows = found.reset_index()
    of_free = rows.merge(
        free.droplevel("temperature").rename("free").reset_index(), how="left",
        on=["network", "center", "seed"],
    )["free"]  # fmt: skip
    return rows.assign(below_free=of_free - rows["exponent"])


def _slope(times: np.ndarray, moves: np.ndarray) -> float:
    """Return the slope of ln `moves` against ln `times`, NaN where there was no move."""
    return float(np.polyfit(np.log(times), np.log(moves), 1)[0]) if moves.all() else math.nan
