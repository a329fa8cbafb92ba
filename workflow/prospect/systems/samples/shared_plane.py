"""Surfaces of L_k over one plane through θ_k, θ_2k and θ_n, as k grows.

The samples' losses at every point of the plane are evaluated once; L_k is the mean over the k first
of the seed's order, the very samples that θ_k was trained on. In a fixed plane
E D_k² = mean_g σ_g² (n−k)/(k(n−1)), D_k² the mean over points g of (L_k(g) − L_n(g))², for random
orders. This plane goes through points that were trained on the first samples of the order: it knows
the order, and the formula fails there by a factor that `settling` measures, beside random orders in
the same plane, to which it applies. Ours.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from prospect.base.errors import ProspectError
from prospect.base.progress import track
from prospect.model import ensemble
from prospect.model.data import Data
from prospect.model.objective import Objective
from prospect.systems.samples.grids import sample_losses
from prospect.systems.samples.orders import deviations, factor
from prospect.systems.samples.orders import orders as random_orders
from prospect.systems.samples.retraining import Retrained

MARGIN = 0.5  # about the three points, in units of the distance of the first from θ_n
FRAMES = 24  # numbers of samples of the surfaces that are kept


class Plane(NamedTuple):
    """A plane through three points.

    origin : θ_n (P,)
    directions : (2, P), orthogonal, both as long as θ_k − θ_n
    corners : coordinates of θ_k, θ_2k and θ_n (3, 2)
    """

    origin: Tensor
    directions: Tensor
    corners: np.ndarray


class Tables(NamedTuple):
    """What `settling` finds.

    planes : a row a seed and k
    surfaces : a row a point and k, of the first seed
    corners : a row a network that the plane of the first seed goes through
    """

    planes: pd.DataFrame
    surfaces: pd.DataFrame
    corners: pd.DataFrame


def settling(
    name: str,
    found: Sequence[Retrained],
    data: Data,
    network: dict,
    through: tuple[int, int],
    points: int = 25,
    orders: int = 100,
) -> Tables:
    """Evaluate the surfaces of every seed's shared plane and hold D_k² against its formula.

    Planes: ``network``, ``seed``, ``k`` (those below n); ``squared`` (D_k² in nats²),
    ``formula``, ``ratio``; ``random_ratio``, the mean over random orders, where it is 1 but for
    chance; ``correlation`` of the surfaces L_k and L_n. Surfaces: ``network``, ``k``,
    ``alpha``, ``beta``, ``loss`` (L_k in nats). Corners: ``network``, ``k``, ``alpha``,
    ``beta``. Coordinates in units of ‖θ_k − θ_n‖, θ_n at the origin.

    Parameters
    ----------
    name, data, network
        Its name for the tables, its data, its description.
    found
        As of `retraining.retrain`.
    through
        k of the two points beside θ_n.
    points
        Of the grid along each axis.
    orders
        Random orders a plane.

    Raises
    ------
    ProspectError
        Where nothing was trained on so many samples.
    """
    counts = list(found[0].thetas)
    for k in through:
        if k not in counts[:-1]:
            raise ProspectError(
                f"retraining.through: no network of {k} samples; want two of {counts[:-1]}"
            )
    objective = Objective(ensemble.members(network, data, [0])[0], data.train)
    planes, shown = [], None
    for one in track(found, f"{name}: shared planes"):
        plane = plane_of(*(one.thetas[k] for k in (*through, counts[-1])))
        grid = grid_of(plane.corners, points)
        grid, losses = sample_losses(objective, plane.origin, plane.directions, grid)
        losses = losses.double()
        shown = shown or _shown(one, plane, grid, losses, (*through, counts[-1]))
        for row in against_formula(losses, one.order, counts[:-1], orders, one.seed):
            planes.append({"network": name, "seed": one.seed} | row)
    assert shown
    surfaces, corners = (table.assign(network=name) for table in shown)
    return Tables(pd.DataFrame(planes), surfaces, corners)


def plane_of(first: Tensor, second: Tensor, origin: Tensor) -> Plane:
    """Return the plane through three points θ (P,); the second is on the side of positive β."""
    along, other = (first - origin).double(), (second - origin).double()
    unit = along.norm()
    across = other - (other @ along) / unit**2 * along
    directions = torch.stack([along, across * unit / across.norm()])
    coordinates = [(vector @ directions.T / unit**2).tolist() for vector in (along, other)]
    return Plane(origin, directions.to(origin), np.array([*coordinates, [0.0, 0.0]]))


def grid_of(corners: np.ndarray, points: int) -> np.ndarray:
    """Return the points (G, 2) of a square grid about the three corners, α slowest."""
    middle = (corners.min(axis=0) + corners.max(axis=0)) / 2
    half = np.ptp(corners, axis=0).max() / 2 + MARGIN
    axes = [np.linspace(at - half, at + half, points) for at in middle]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)


def against_formula(
    losses: Tensor, order: Tensor, counts: Sequence[int], orders: int, seed: int
) -> list[dict[str, float]]:
    """Hold D_k² of samples' losses (G, n) in an order (n,) and in random ones against its mean."""
    n = losses.shape[1]
    variance = float(losses.var(dim=1, correction=0).mean())
    formula = np.array([variance * factor(k, n) for k in counts])
    drawn = random_orders(orders, n, seed, "shared plane")
    own = deviations(losses, order[None], counts).square().mean((0, 2)).numpy()
    ratios = deviations(losses, drawn, counts).square().mean((0, 2)).numpy() / formula
    rows = []
    for place, k in enumerate(counts):
        surfaces = torch.stack([losses[:, order[:k]].mean(1), losses.mean(1)])
        rows.append(
            {
                "k": k,
                "squared": own[place],
                "formula": formula[place],
                "ratio": own[place] / formula[place],
                "random_ratio": ratios[place],
                "correlation": float(torch.corrcoef(surfaces)[0, 1]),
            }
        )
    return rows


def _shown(
    one: Retrained, plane: Plane, grid: np.ndarray, losses: Tensor, corners: Sequence[int]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the surfaces of one seed at growing k, and the corners of its plane."""
    counts = list(one.thetas)
    between = np.geomspace(counts[0], counts[-1], FRAMES).round().astype(int).tolist()
    frames = []
    for k in sorted({*counts, *between}):
        surface = losses[:, one.order[:k]].mean(1).numpy()
        columns = {"k": k, "alpha": grid[:, 0], "beta": grid[:, 1], "loss": surface}
        frames.append(pd.DataFrame(columns))
    places = {"k": corners, "alpha": plane.corners[:, 0], "beta": plane.corners[:, 1]}
    return pd.concat(frames, ignore_index=True), pd.DataFrame(places)
