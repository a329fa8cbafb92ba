"""What is known at many points: losses, accuracies, their errors. The evaluator fills it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import h5py
import numpy as np


@dataclass
class Losses:
    """What is known at G points, float64 arrays (G,), NaN where the loss is not finite.

    loss, accuracy : means over the samples, in nats and as a fraction
    loss_sem : standard error of the mean loss over samples
    difference_sem : standard error of the paired difference to the center's loss, with the
        finite population correction: 0 where all samples of the split are used (our definition)
    evaluated : bool, False where interpolated or still missing
    center_loss, center_accuracy : the same means at θ itself
    error_estimate : largest error of losses that are not exact, as a fraction of their range on
        the scale of `landscape.scale`
    accuracy_error_estimate, loss_sem_error_estimate : the same for these two, absolute
    approximate : at how many points the network was evaluated, but not exactly; those of a surface
        are not `evaluated`
    approximation : in words how it was there
    """

    loss: np.ndarray
    accuracy: np.ndarray
    loss_sem: np.ndarray
    difference_sem: np.ndarray
    evaluated: np.ndarray
    center_loss: float = math.nan
    center_accuracy: float = math.nan
    error_estimate: float = 0.0
    accuracy_error_estimate: float = 0.0
    loss_sem_error_estimate: float = 0.0
    approximate: int = 0
    approximation: str = ""

    VALUES = ("loss", "loss_sem", "difference_sem", "accuracy")
    FIELDS = (*VALUES, "evaluated")
    ESTIMATES = ("error_estimate", "accuracy_error_estimate", "loss_sem_error_estimate")
    SCALARS = ("center_loss", "center_accuracy", *ESTIMATES, "approximate", "approximation")

    @classmethod
    def empty(cls, count: int) -> "Losses":
        """Return a record of `count` points, none of them evaluated."""
        loss, accuracy, loss_sem, difference_sem = (np.full(count, np.nan) for _ in cls.VALUES)
        return cls(loss, accuracy, loss_sem, difference_sem, np.zeros(count, dtype=bool))

    @classmethod
    def of_state(cls, state: Mapping) -> "Losses":
        """Return the record whose `state` it was, with arrays or with tensors."""
        values = cls.empty(0)
        for name in cls.FIELDS:
            setattr(values, name, np.asarray(state[name]))
        for name in cls.SCALARS:
            setattr(values, name, state[name])
        return values

    def state(self) -> dict:
        """Return the record as what can be kept (`base.resume`)."""
        return {name: getattr(self, name) for name in (*self.FIELDS, *self.SCALARS)}

    def put(self, index, values: np.ndarray) -> None:
        """Write `VALUES` (…, 4) to some places, NaN where a loss is not finite."""
        values = np.where(np.isfinite(values[..., :1]), values, np.nan)
        for name, column in zip(self.VALUES, np.moveaxis(values, -1, 0), strict=True):
            getattr(self, name)[index] = column

    def apart(self, index, values: np.ndarray) -> list[float]:
        """Return how far accuracy and loss_sem at some places are from `VALUES` (G, 4), at most."""
        columns = dict(zip(self.VALUES, values.T, strict=True))
        return [
            float(np.abs(getattr(self, name)[index] - columns[name]).max())
            for name in ("accuracy", "loss_sem")
        ]

    def part(self, index: slice) -> "Losses":
        """Return some of the points; its arrays are views, so what is put there is put here too."""
        arrays = {name: getattr(self, name)[index] for name in self.FIELDS}
        return Losses(**arrays, **{name: getattr(self, name) for name in self.SCALARS})

    @classmethod
    def joined(cls, parts: Sequence["Losses"]) -> "Losses":
        """Return the records of blocks of points as one, (G,), no better known than the worst."""
        values = cls.of_state(max(parts, key=lambda part: part.error_estimate).state())
        for name in cls.FIELDS:
            setattr(values, name, np.concatenate([getattr(part, name) for part in parts]))
        values.approximate = sum(part.approximate for part in parts)
        return values

    def reshape(self, *shape: int) -> "Losses":
        """Return the same record with its arrays in another shape."""
        arrays = {name: getattr(self, name).reshape(shape) for name in self.FIELDS}
        scalars = {name: getattr(self, name) for name in self.SCALARS}
        return Losses(**arrays, **scalars)


def write(file: h5py.File, values: Losses) -> None:
    """Write what is known to an open file."""
    for name in Losses.FIELDS:
        file[name] = getattr(values, name)
    for name in Losses.SCALARS:
        file.attrs[name] = getattr(values, name)


def read(file: h5py.File) -> Losses:
    """Read what is known from an open file."""
    values = Losses(**{name: file[name][:] for name in Losses.FIELDS})
    for name in Losses.SCALARS:
        setattr(values, name, type(getattr(values, name))(file.attrs[name]))
    return values
