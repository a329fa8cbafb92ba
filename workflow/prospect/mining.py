"""Mining: optimise directions (and the origin, if it is free) until the landscape shows a pattern.

One mechanism for every pattern: minimise over the directions

    mean over sampled low points of L + weight · mean over sampled high points of relu(ceiling − L)

with points and mini-batches sampled anew at every step and the points jittered inside their cells
(our definition, after multi-point optimisation, arXiv:1910.03867). Two directions are kept
orthogonal and equally long, so that the plane is drawn without distortion.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from prospect.directions import noise, normalise
from prospect.errors import ProspectError
from prospect.objective import Objective
from prospect.patterns import HIGH, LOW, Pattern
from prospect.progress import track
from prospect.seeding import generator


@dataclass
class Mined:
    """Mined directions (D, P), the origin (P,) and the table of progress, a row every few steps."""

    directions: Tensor
    origin: Tensor
    progress: dict[str, np.ndarray]


def mine(
    objective: Objective,
    theta: Tensor,
    pattern: Pattern,
    mining: dict,
    seed: int,
    *,
    free_origin: bool = False,
) -> Mined:
    """Mine the directions along which the landscape about θ (P,) shows the pattern.

    `mining` holds ``steps``, ``batch``, ``lr``, ``points``, ``weight``, ``ceiling`` and ``jitter``
    as the schema describes them. With `free_origin` the origin starts at θ and moves too.
    Raises ProspectError where the loss is no longer finite.
    """
    rng = generator(seed, "mining", pattern.name)
    directions = _start(objective, theta, pattern, seed)
    origin = theta.to(directions).clone()
    moving = [_Adam(directions), _Adam(origin)] if free_origin else [_Adam(directions)]
    low, high = (_movable(pattern.points(mark), free_origin) for mark in (LOW, HIGH))
    jitter = mining["jitter"] * pattern.spacing / 2
    samples = len(objective.targets)
    progress = {"step": [], "low": [], "high": [], "gradients": []}
    window: dict[str, list[float]] = {"low": [], "high": []}
    gradients = 0
    for step in track(range(1, mining["steps"] + 1), f"mining {pattern.name}"):
        for mark, cells, factor in (("low", low, 1.0), ("high", high, -mining["weight"])):
            chosen = _sample(cells, mining["points"], jitter, rng)
            for point in chosen:
                index = torch.randint(0, samples, (min(mining["batch"], samples),), generator=rng)
                value, gradient = objective.loss_and_gradient(
                    origin,
                    directions,
                    point,
                    index.to(directions.device),
                    below=mining["ceiling"] if mark == "high" else None,
                )
                window[mark].append(value)
                if not np.isfinite(value):
                    raise ProspectError(
                        f"mining of {pattern.name}: the loss is {value} at step {step}; lower "
                        "mining.lr"
                    )
                gradients += 1
                share = factor / len(chosen)
                coordinates = torch.as_tensor(point).to(directions)
                moving[0].gradient.addmm_(coordinates[:, None] * share, gradient[None, :])
                if free_origin:
                    moving[1].gradient.add_(gradient, alpha=share)
        rate = mining["lr"] * (1 + math.cos(math.pi * (step - 1) / mining["steps"])) / 2
        for adam in moving:
            adam.step(rate)
        if pattern.dimensions == 2:
            _make_orthogonal(directions)
        if step % mining["report"] == 0 or step == mining["steps"]:
            progress["step"].append(step)
            progress["gradients"].append(gradients)
            for mark, values in window.items():
                progress[mark].append(np.mean(values))
                values.clear()
    return Mined(directions, origin, {key: np.array(value) for key, value in progress.items()})


class _Adam:
    """Adam (Kingma and Ba 2015) on one tensor, in place; a step takes the sum in `gradient`.

    Its own, since `torch.optim` takes two seconds to import, a fifth of what mining a line takes.
    """

    def __init__(self, tensor: Tensor, betas=(0.9, 0.999), eps=1e-8):
        self.tensor, self.betas, self.eps = tensor, betas, eps
        self.gradient, self.mean, self.square = (torch.zeros_like(tensor) for _ in range(3))
        self.steps = 0

    def step(self, rate: float) -> None:
        """Move the tensor against the gradient, then forget the gradient."""
        self.steps += 1
        of_mean, of_square = (1 - beta**self.steps for beta in self.betas)
        self.mean.lerp_(self.gradient, 1 - self.betas[0])
        self.square.mul_(self.betas[1]).addcmul_(
            self.gradient, self.gradient, value=1 - self.betas[1]
        )
        width = (self.square / of_square).sqrt_().add_(self.eps)
        self.tensor.addcdiv_(self.mean, width, value=-rate / of_mean)
        self.gradient.zero_()


def _start(objective: Objective, theta: Tensor, pattern: Pattern, seed: int) -> Tensor:
    """Draw the directions (D, P) that mining starts from: Gaussian, with the norm of θ."""
    drawn = []
    for number in range(pattern.dimensions):
        raw = noise("gaussian", len(theta), seed, "mining", pattern.name, number)
        drawn.append(normalise(raw, theta.cpu(), objective.flat.blocks, "scaled"))
    return torch.stack(drawn).to(objective.flat.weights)


def _movable(points: np.ndarray, free_origin: bool) -> np.ndarray:
    """Leave out the center where the origin is frozen: no direction can change its loss."""
    return points if free_origin else points[np.abs(points).max(axis=1) > 1e-9]


def _sample(cells: np.ndarray, count: int, jitter: np.ndarray, rng) -> np.ndarray:
    """Pick up to `count` cells without repetition and jitter them, (count, D)."""
    chosen = torch.randperm(len(cells), generator=rng)[:count].numpy()
    shift = torch.rand(len(chosen), len(jitter), generator=rng, dtype=torch.float64).numpy() * 2 - 1
    return cells[chosen] + shift * jitter


def _make_orthogonal(directions: Tensor) -> None:
    """Replace two directions by the nearest orthogonal and equally long ones, in place.

    The symmetric (Löwdin) orthogonalisation: the polar factor of the 2 × P matrix, times the mean
    of its singular values.
    """
    u, s, vh = torch.linalg.svd(directions, full_matrices=False)
    directions.copy_(u @ vh * s.mean())
