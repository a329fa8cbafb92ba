"""Training runs over a surface, from files to tables."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor

from prospect.landscape import trajectories
from prospect.landscape.evaluate import evaluate
from prospect.landscape.landscapes import Landscape
from prospect.records import centers


@dataclass(frozen=True)
class Run:
    """A training run: its network and seed, and the files of its checkpoints by epoch."""

    network: str
    seed: int
    files: Mapping[int, str]

    def __str__(self) -> str:
        return f"{self.network}, seed {self.seed}"


def follow(landscape: Landscape, item: dict, run: Run) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Follow a training run over a surface, `item`: ``surface``, ``center``, two ``directions``.

    Returns a row a checkpoint, and one about the run. Lengths are in units of ‖θ‖ of the center,
    coordinates in those of the directions. A checkpoint's loss is that of its own weights; the
    projected one is that of the nearest point of the plane, evaluated there.
    """
    path, own = _losses(landscape, run)
    theta = landscape.go_to(item["center"])
    along, _, norms = landscape.along(item, theta)
    seen, scale = trajectories.places(path, theta, along), float(theta.norm())
    feet = evaluate(landscape.objective, theta, along, seen.coordinates, what=str(run))
    names = {name: landscape.model[name] for name in ("network", "seed")}
    names |= {"surface": item["surface"], "run_network": run.network, "run_seed": run.seed}
    checkpoints = {
        **names,
        "epoch": list(run.files),
        "alpha": seen.coordinates[:, 0],
        "beta": seen.coordinates[:, 1],
        "displacement": seen.displacement / scale,
        "distance": seen.distance / scale,
        "distance_share": list(map(_ratio, seen.distance, seen.displacement)),
        "loss": [loss for loss, _ in own],
        "projected_loss": feet.loss,
        "accuracy": [accuracy for _, accuracy in own],
        "projected_accuracy": feet.accuracy,
    }
    squares = trajectories.products(along)
    about = {
        **names,
        "checkpoints": len(path),
        **trajectories.variance(path, along)._asdict(),
        "norm_alpha": norms[0] / scale,
        "norm_beta": norms[1] / scale,
        "cosine": squares[0, 1] / math.sqrt(squares[0, 0] * squares[1, 1]),
    }
    return pd.DataFrame(checkpoints), pd.DataFrame([about])


def _losses(landscape: Landscape, run: Run) -> tuple[Tensor, list[tuple[float, float]]]:
    """Return the checkpoints (E, P) of a run, and the loss and accuracy of each."""
    path, own = [], []
    for file in run.files.values():
        theta = centers.go_to(landscape.objective, file)
        path.append(theta)
        own.append(landscape.objective.sample_losses(theta).means)
    return torch.stack(path), own


def _ratio(distance: float, displacement: float) -> float:
    """Return the share of a displacement that leads away from the plane; NaN at the center."""
    return distance / displacement if displacement else math.nan
