"""The engine: losses and accuracies at many points of weight space.

Everything that asks for the loss somewhere goes through here. A point is evaluated in place in
one flat buffer, always from θ, so its value does not depend on its neighbours or on a resume.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from prospect.objective import Objective, SampleLosses
from prospect.progress import track


@dataclass
class Losses:
    """What is known at G points, float64 arrays (G,), NaN where the loss is not finite.

    loss, accuracy : means over the samples, in nats and as a fraction
    loss_sem : standard error of the mean loss over samples
    difference_sem : standard error of the paired difference to the center's loss, with the
        finite population correction: 0 where all samples of the split are used (our definition)
    evaluated : bool, False where still missing
    center_loss, center_accuracy : the same means at θ itself
    """

    loss: np.ndarray
    accuracy: np.ndarray
    loss_sem: np.ndarray
    difference_sem: np.ndarray
    evaluated: np.ndarray
    center_loss: float = math.nan
    center_accuracy: float = math.nan

    FIELDS = ("loss", "accuracy", "loss_sem", "difference_sem", "evaluated")

    @classmethod
    def empty(cls, count: int) -> "Losses":
        """Return a record of `count` points, none of them evaluated."""
        values = [np.full(count, np.nan) for _ in range(4)]
        return cls(*values, evaluated=np.zeros(count, dtype=bool))

    def reshape(self, *shape: int) -> "Losses":
        """Return the same record with its arrays in another shape."""
        arrays = {name: getattr(self, name).reshape(shape) for name in self.FIELDS}
        return Losses(**arrays, center_loss=self.center_loss, center_accuracy=self.center_accuracy)


def losses(
    objective: Objective,
    theta: Tensor,
    directions: Tensor,
    points: np.ndarray,
    *,
    partial=None,
    what: str = "points",
    block: int = 64,
) -> Losses:
    """Evaluate the objective at θ + Σ_d points[g, d] · directions[d] for all g.

    Parameters
    ----------
    theta : (P,)
    directions : (D, P)
    points : (G, D) in units of the directions
    partial : a store of progress with ``load() -> Losses | None`` and ``save(Losses)``
    what : name of the work in the log
    block : how many points are computed between two looks at the results
    """
    weights = objective.flat.weights
    theta, directions = theta.to(weights), directions.to(weights)
    result = (partial.load() if partial else None) or Losses.empty(len(points))
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
