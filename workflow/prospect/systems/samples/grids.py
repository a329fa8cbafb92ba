"""Losses of every sample at every point of a curve or plane: one pass serves all sizes k."""

import numpy as np
import torch
from torch import Tensor

from prospect.landscape import coordinates, directions
from prospect.landscape.evaluate import Engine
from prospect.model.objective import Objective

NOISE = {"noise": "gaussian", "normalise": "scaled"}


def sample_losses(
    objective: Objective, theta: Tensor, along: Tensor, points: np.ndarray
) -> tuple[np.ndarray, Tensor]:
    """Return points (G, D) and the losses (G, N) of all samples at θ + Σ_d points[g, d] · along[d].

    BatchNorm keeps the statistics of all samples there, whichever of them are averaged later.
    Points where a loss is not finite are left out. Losses are on the CPU.
    """
    engine = Engine(objective, theta, along)
    parts = [objective.score(outputs).loss.cpu() for outputs in engine.run(points)]
    losses = torch.cat(parts).clone()
    finite = losses.isfinite().all(1)
    return points[finite.numpy()], losses[finite]


def random_plane(objective: Objective, theta: Tensor, seed: int) -> Tensor:
    """Draw two Gaussian directions (2, P), each as long as θ."""
    blocks = objective.flat.blocks
    return torch.stack(
        [directions.random(NOISE, theta, blocks, seed, "plane", number) for number in (0, 1)]
    )


def square(radius: float, points: int) -> np.ndarray:
    """Return the points (points², 2) of a square grid that reaches ± radius."""
    axis = coordinates.axis(radius, points)
    return coordinates.product(axis, axis)
