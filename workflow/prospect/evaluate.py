"""The engine: losses and accuracies at many points of weight space.

Everything that asks for the loss somewhere goes through here. A point is evaluated in place in
one flat buffer, always from θ, so its value does not depend on its neighbours or on a resume.
"""

import numpy as np
import torch
from torch import Tensor

from prospect.losses import Losses
from prospect.objective import Objective, SampleLosses
from prospect.progress import track


def losses(
    objective: Objective,
    theta: Tensor,
    directions: Tensor,
    points: np.ndarray,
    *,
    center: SampleLosses | None = None,
    partial=None,
    what: str | None = "points",
    block: int = 64,
) -> Losses:
    """Evaluate the objective at θ + Σ_d points[g, d] · directions[d] for all g.

    Parameters
    ----------
    theta : (P,)
    directions : (D, P)
    points : (G, D) in units of the directions
    center : the samples' losses at θ, where they are known already
    partial : a store of progress with ``load() -> Losses | None`` and ``save(Losses)``
    what : name of the work in the log, None for silence
    block : how many points are computed between two looks at the results
    """
    weights = objective.flat.weights
    theta, directions = theta.to(weights), directions.to(weights)
    result = (partial.load() if partial else None) or Losses.empty(len(points))
    if center is None:
        center = objective.sample_losses(theta)
    result.center_loss, _, _, result.center_accuracy = _summary(center, center, objective).tolist()
    missing = np.flatnonzero(~result.evaluated)
    pending = []
    for done, g in enumerate(track(missing, what), start=1):
        here = objective.sample_losses(theta, directions, points[g])
        pending.append(_summary(here, center, objective))
        if len(pending) == block or done == len(missing):
            index = missing[done - len(pending) : done]
            _enter(result, index, torch.stack(pending).cpu().numpy())
            pending.clear()
            if partial:
                partial.save(result)
    return result


def _summary(here: SampleLosses, center: SampleLosses, objective: Objective) -> Tensor:
    """Reduce the samples' losses to four float64 numbers, on the device."""
    loss, difference = here.loss.double(), (here.loss - center.loss).double()
    count = len(loss)
    correction = max(0.0, 1 - count / objective.total)
    return torch.stack(
        [
            loss.mean(),
            (loss.var() / count).sqrt(),
            (difference.var() / count * correction).sqrt(),
            here.correct.double().mean(),
        ]
    )


def _enter(result: Losses, index: np.ndarray, values: np.ndarray) -> None:
    """Write the summaries (len(index), 4) of some points into the record."""
    values[~np.isfinite(values[:, 0])] = np.nan
    result.loss[index], result.loss_sem[index] = values[:, 0], values[:, 1]
    result.difference_sem[index], result.accuracy[index] = values[:, 2], values[:, 3]
    result.evaluated[index] = True
