"""What a subsample says of a surface between the points where all samples are known.

All samples are evaluated at few points, the knots. Some of them, the subsample, are evaluated at
many more, and sooner (`model.approximation`). By how much their loss differs from what the knots
alone would have said of them is added to what these say of all samples (our definition; a control
variate). The standard error of what is added says where all samples are wanted.
"""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import torch
from torch import Tensor

from prospect.base.seeding import generator
from prospect.landscape import interpolation
from prospect.landscape.evaluate import Engine
from prospect.model.approximation import Approximation, probe
from prospect.model.objective import Objective
from prospect.model.structure import on
from prospect.model.task import Scores

SUBSAMPLE = 384  # samples of it
COMPARED = 100  # of these, on which two splines are compared where it is not in use
WORTH = 2**30  # multiplications of an exact point: choosing where to look costs 20 ms a point
TRIED = 8  # knots at which it is tried
# between its points, which are so dense that a smoother one gains nothing but noise
KERNEL = "cubic"
CHUNK = 32  # interpolated points whose losses are taken together

Rows = dict[int, Tensor]


def takes_long(objective: Objective) -> bool:
    """Whether an exact point takes so long that one that is not pays."""
    return objective.samples * objective.cost.products >= WORTH


def interpolated(
    shape: tuple[int, int], known: list[int], values: Tensor, wanted: np.ndarray, kernel: str
) -> Iterator[Tensor]:
    """Yield values (…, F…) at the wanted points, some at a time, from values (known, F…)."""
    weights = interpolation.weights(shape, np.array(known), wanted, kernel)
    flat, rest = values.flatten(1), values.shape[1:]
    for part in torch.as_tensor(weights).to(values).split(CHUNK):
        yield (part @ flat).unflatten(1, rest)


class Nearby:
    """A subsample's outputs at points of a surface of `shape` (K, M), named by their numbers.

    index : (n,) the samples of it
    rows : outputs (n, C) by point
    whole : those of them at the knots
    shifts : of BatchNorm's statistics (S,) at the knots
    """

    def __init__(self, engine: Engine, points: np.ndarray, shape: tuple[int, int], fits: bool):
        self.engine, self.points, self.shape, self.fits = engine, points, shape, fits
        objective, device = engine.objective, engine.theta.device
        targets = on(objective.targets, "cpu")
        mask = objective.split._replace(targets=targets).pick(min(SUBSAMPLE, objective.samples), 0)
        index = torch.nonzero(mask).squeeze(1)
        order = torch.randperm(len(index), generator=generator(0, "jury"))  # a seed, not a word
        self.index = index[order].to(device)
        engine.probe = probe(objective, self.index) if self.pays else None
        self.rows: Rows = {}
        self.whole: Rows = {}
        self.shifts: Rows = {}
        self.approximation: Approximation | None = None

    @property
    def share(self) -> float:
        """What a point of the subsample takes, in exact points: its share of the samples."""
        return len(self.index) / self.engine.objective.samples

    @property
    def pays(self) -> bool:
        """Whether exact points take long, and what is known of the surface fits into memory.

        Where they share a pass, or the network is small, they are cheap.
        """
        return self.fits and takes_long(self.engine.objective) and self.engine.together == 1

    @property
    def in_words(self) -> str:
        """Say how the points of the subsample are evaluated."""
        objective = self.engine.objective
        words = f"{len(self.index):,} of {objective.samples:,} samples"
        if objective.norms.recomputed:
            words += ", BatchNorm's statistics from a part and points near by"
        return words

    def put(self, number: int, outputs: Tensor, shift: Tensor) -> None:
        """Take over all samples' outputs (N, C) and the shift (S,) of statistics at a knot."""
        self.rows[number] = self.whole[number] = outputs[self.index]
        self.shifts[number] = shift

    def serves(
        self,
        objective: Objective,
        tried: Iterable[int],
        within: Callable[[np.ndarray, np.ndarray], bool],
    ) -> bool:
        """Try the subsample at some knots, as far as the others say; use it where it is right.

        Of `objective` come its outputs; `within` judges the losses found and those of the knots.
        Not where it would be all samples.
        """
        if self.share == 1:
            return False
        numbers = list(tried)[:TRIED]
        others = {number: self.shifts[number] for number in self.shifts.keys() - {*numbers}}
        wanted = self._losses(torch.stack([self.whole[number] for number in numbers]))
        self.approximation = Approximation(objective, self.index)
        found = torch.stack([row for _, row in self.evaluate(numbers, others)])
        if not within(self._losses(found), wanted):
            self.approximation = None
        return self.approximation is not None

    def evaluate(
        self, numbers: list[int], among: Rows | None = None
    ) -> Iterator[tuple[int, Tensor]]:
        """Yield points and their outputs (n, C), with shifts interpolated between knots.

        `among` gives the shifts at other knots than all.
        """
        if not numbers or self.approximation is None:
            return
        among = among or self.shifts
        known = np.array(sorted(among))
        weights = interpolation.weights(self.shape, known, np.array(numbers), "cubic")
        theta, directions = self.engine.theta, self.engine.directions
        between = torch.as_tensor(weights).to(theta) @ torch.stack([among[k] for k in known])
        for number, shift in zip(numbers, between, strict=True):
            point = self.points[number]
            yield number, self.approximation.outputs(theta, directions, point, shift)

    def say(self, wanted: np.ndarray, kernel=KERNEL, some=slice(None)) -> np.ndarray:
        """Return the mean loss (wanted,) of the subsample, interpolated between its points.

        `some` picks samples of the subsample.
        """
        losses = [
            scores.loss.double().mean(-1).cpu()
            for scores in self._scores(wanted, self.rows, kernel, some)
        ]
        return torch.cat([torch.empty(0), *losses]).numpy()

    def losses(self, numbers: np.ndarray) -> np.ndarray:
        """Return the mean losses of the subsample at points where it is known."""
        rows = [self._losses(self.rows[number]) for number in numbers.tolist()]
        return np.array(rows, dtype=float)

    def add(self, wanted: np.ndarray) -> np.ndarray:
        """Return what the subsample says of points, and what the knots alone do: (wanted, 4).

        Its mean loss by all of its points and by the knots alone; the standard error of their
        difference over samples, with the correction for a finite population; the difference of the
        metric.
        """
        both = self._scores(wanted, self.rows, KERNEL), self._scores(wanted, self.whole)
        found = [torch.empty(0, 4)]
        for more, less in zip(*both, strict=True):
            variance = torch.var(more.loss.double() - less.loss.double(), dim=-1)
            error = (variance * (1 - self.share) / more.loss.shape[-1]).sqrt()
            means = [
                score.double().mean(-1)
                for score in (more.loss, less.loss, more.metric, less.metric)
            ]
            found.append(torch.stack([*means[:2], error, means[2] - means[3]], dim=-1).cpu())
        return torch.cat(found).numpy()

    def _scores(self, wanted, rows: Rows, kernel="quintic", some=slice(None)) -> Iterator[Scores]:
        """Yield the scores (…, n) of the subsample, interpolated between rows, by some points."""
        if not len(wanted):
            return
        values = torch.stack([row[some] for row in rows.values()])
        for outputs in interpolated(self.shape, list(rows), values, wanted, kernel):
            yield self.engine.objective.score(outputs, self.index[some])

    def _losses(self, rows: Tensor) -> np.ndarray:
        """Return the mean losses (…,) of outputs (…, n, C) of the subsample."""
        return self.engine.objective.score(rows, self.index).loss.double().mean(-1).cpu().numpy()
