"""Measure what normalisations of directions see of a rescaled network: docs/normalisations.csv.

Rescaling hidden layers or units of a ReLU network and undoing it in the next layer changes the
weights and not the function, so no honest answer to "how flat is it?" may change. For every
normalisation: the mean rise of the loss along Gaussian directions of the rescaled network over that
of the network itself, as a geometric mean over networks with its 95 % interval
(`make bench-normalisations`).
"""

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from prospect.base import intervals
from prospect.base.seeding import generator
from prospect.landscape.directions import random
from prospect.landscape.evaluate import evaluate
from prospect.model.objective import Objective
from prospect.model.setting import after_epochs, setting_of
from prospect.model.weights import Block
from prospect.study import stages
from prospect.study.config import complete
from prospect.study.resolve import Study

PATTERNS = Path("config/patterns")
SEEDS, DIRECTIONS = range(8), 20
RADIUS = 0.5  # of ‖θ‖ of the network itself, before it is rescaled
FACTOR = 10.0  # of a layer; units have factors between its inverse and itself
STUDY = {"study": "normalisations", "networks": {"mlp": {"architecture": "mlp"}}, "device": "cpu"}
HOW = ("none", "scaled", "layer", "filter")


def rescaled(theta: Tensor, blocks: list[Block], factors: Tensor) -> Tensor:
    """Multiply what the first hidden units give out by factors (U,); undo it in the next layer."""
    found = theta.clone()
    for block, scale in zip(blocks[:3], (factors[:, None], factors, 1 / factors), strict=True):
        part = found[block.start : block.stop].view(block.shape)
        part *= scale
    return found


def rise(objective: Objective, theta: Tensor, how: str, seed: int, norm: float) -> float:
    """Return the mean rise of the loss along Gaussian directions, both ways.

    Without normalisation every direction has length `norm`.
    """
    blocks, rises = objective.flat.blocks, []
    for number in range(DIRECTIONS):
        direction = random({"noise": "gaussian", "normalise": how}, theta, blocks, seed, number)
        if how == "none":
            direction *= norm / direction.norm()
        along = np.array([[-RADIUS], [RADIUS]])
        found = evaluate(objective, theta, direction[None], along, what=None)
        rises.append(found.loss.mean() - found.center_loss)
    return float(np.mean(rises))


def networks(objective: Objective, thetas: Tensor) -> Iterator[tuple[str, int, Tensor, Tensor]]:
    """Yield the name of a rescaling, the seed, the weights (P,) and the rescaled ones."""
    hidden = objective.flat.blocks[0].shape[0]
    of: dict[str, Callable[[int], Tensor]] = {
        "layers": lambda seed: torch.full((hidden,), FACTOR),
        "units": lambda seed: FACTOR ** (2 * torch.rand(hidden, generator=generator(seed)) - 1),
    }
    for name, factors in of.items():
        for seed, theta in zip(SEEDS, thetas, strict=True):
            yield name, seed, theta, rescaled(theta, objective.flat.blocks, factors(seed))


def measured() -> pd.DataFrame:
    """Return a row a normalisation and rescaling: the ratio of the rises, and its interval."""
    study = Study(complete(STUDY, [], PATTERNS), PATTERNS)
    params = {name: study.config[name] for name in ("training", "evaluation")}
    setting = setting_of("mlp", stages.common(study, "mlp") | params)
    objective, last = setting.train, params["training"]["epochs"]
    thetas = after_epochs(setting, SEEDS, [last], None)[last].theta
    ratios: dict[tuple[str, str], list[float]] = {}
    apart = 0.0
    for name, seed, own, other in networks(objective, thetas):
        apart = max(apart, float((objective.outputs(own) - objective.outputs(other)).abs().max()))
        for how in HOW:
            norm = float(own.norm())
            pair = [rise(objective, theta, how, seed, norm) for theta in (other, own)]
            ratios.setdefault((how, name), []).append(math.log(pair[0] / pair[1]))
    print(f"outputs of a rescaled network differ by at most {apart:.1e}")
    return pd.DataFrame(
        [
            {"normalise": how, "rescaled": name, "networks": len(logs)}
            | dict(zip(("ratio", "low", "high"), np.exp(intervals.mean(logs)), strict=True))
            for (how, name), logs in ratios.items()
        ]
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    measured().round(4).to_csv(Path("docs/normalisations.csv"), index=False)
