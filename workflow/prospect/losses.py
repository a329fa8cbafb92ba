"""Losses at many points: the record that the engine fills and the store keeps."""

import math
from dataclasses import dataclass

import numpy as np


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
    CENTER = ("center_loss", "center_accuracy")

    @classmethod
    def empty(cls, count: int) -> "Losses":
        """Return a record of `count` points, none of them evaluated."""
        values = [np.full(count, np.nan) for _ in range(4)]
        return cls(*values, evaluated=np.zeros(count, dtype=bool))

    def enter(self, index, other: "Losses") -> None:
        """Write what another record knows to some places of this one."""
        for name in self.FIELDS:
            getattr(self, name)[index] = getattr(other, name)
        self.center_loss, self.center_accuracy = other.center_loss, other.center_accuracy

    def reshape(self, *shape: int) -> "Losses":
        """Return the same record with its arrays in another shape."""
        arrays = {name: getattr(self, name).reshape(shape) for name in self.FIELDS}
        return Losses(**arrays, **{name: getattr(self, name) for name in self.CENTER})


@dataclass
class Grid:
    """Losses on a grid: a curve (K,), a surface (K, M) or a population (directions, K).

    axes : coordinates by name (``alpha``, ``beta``) in units of the directions, or the number of
        the ``direction`` of a population
    attrs : where the numbers come from
    """

    axes: dict[str, np.ndarray]
    losses: Losses
    attrs: dict
