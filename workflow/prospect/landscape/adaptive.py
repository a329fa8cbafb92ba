"""A fine surface from few evaluations, and how far off it is.

A coarse grid is evaluated, and every sample's outputs are interpolated between its points by a
polyharmonic spline; loss and accuracy of the fine grid are computed from them. Outputs are far
smoother than losses: a softmax and a mean over kinks lie between the two. The error is measured at
held-out points: those where a quintic and a cubic spline disagree most, those farthest from all
that is evaluated, and some at random. They then join the others, so evaluations gather where the
surface is rough, until in two rounds running the largest error is at most half the tolerance (our
definition).

Where the outputs at all points would not fit into `OUTPUTS_BYTES`, the losses themselves are
interpolated, on the scale that figures use.
"""

import logging
import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from prospect.base.resume import Partial
from prospect.base.seeding import generator
from prospect.landscape import coordinates, interpolation
from prospect.landscape.evaluate import Engine, evaluate, keeping, known_of
from prospect.landscape.scale import on_scale, wants_log
from prospect.model.objective import Objective
from prospect.records.losses import Losses

log = logging.getLogger("prospect")

DISAGREE, FAR, RANDOM = 16, 16, 8  # held-out points of a round
COMPARED = 100  # samples on which the two splines are compared
OUTPUTS_BYTES = 2**30  # what the outputs at all evaluated points may take
WORTH = 3000  # multiplications a sample and class: an interpolated point costs about a tenth
CHUNK = 32  # interpolated points whose losses are taken together


def surface(
    objective: Objective,
    theta: Tensor,
    directions: Tensor,
    axes: list[np.ndarray],
    tolerance: float,
    *,
    partial: Partial | None = None,
    what: str = "points",
) -> Losses:
    """Know the losses of a surface everywhere within a fraction of their range.

    The range is that of the loss, or of its logarithm where `wants_log` says that figures use it.
    All points are evaluated where half of them do not suffice, where a loss is not finite, where
    the network is too small for interpolation to be cheaper, and with `tolerance` 0.

    Parameters
    ----------
    objective
        Whose losses they are.
    theta : (P,)
        The center.
    directions : (2, P)
        What spans the surface.
    axes
        Coordinates (K,) and (M,) in units of the directions.
    tolerance
        The largest error, as a fraction of the range.
    partial
        Where an earlier run has kept its progress, and this one does.
    what
        Name of the work in the log.
    """
    alpha, beta = axes
    points, shape = coordinates.product(alpha, beta), (len(alpha), len(beta))
    state = (partial.load() if partial else None) or {}
    known = known_of(state)
    if tolerance and pays(objective) and known is None:
        knots = Knots(Engine(objective, theta, directions), points, shape, state.get("rows", {}))
        if knots.refine(tolerance, what, partial):
            return knots.record
        known = knots.record
    keep = keeping(partial)
    return evaluate(objective, theta, directions, points, known=known, keep=keep, what=what)


def pays(objective: Objective) -> bool:
    """Whether an interpolated point is cheaper than an evaluated one."""
    return objective.cost.products >= WORTH * objective.columns


class Knots:
    """The evaluated points of a surface of `shape` (K, M), and what follows from them elsewhere.

    `rows` holds by a point's number its outputs (N, C), or its summary (4,) where outputs would
    not fit into memory; `record` is the whole surface.
    """

    def __init__(self, engine: Engine, points: np.ndarray, shape: tuple[int, int], saved: dict):
        self.engine, self.points, self.shape = engine, points, shape
        self.record = Losses.empty(len(points))
        self.record.center_loss, self.record.center_accuracy = engine.center.means
        self.most = len(points) // 2
        samples, like = engine.objective.samples, engine.theta
        size = samples * engine.objective.columns * like.element_size()
        self.by_outputs = self.most * size <= OUTPUTS_BYTES
        order = torch.randperm(samples, generator=generator(0, "jury"))  # a seed, not a word
        self.compared = order[:COMPARED].to(like.device)
        self.saved = {number: row.to(like.device) for number, row in saved.items()}
        self.rows: dict[int, Tensor] = {}
        self.log = False

    def refine(self, tolerance: float, what: str, partial: Partial | None = None) -> bool:
        """Evaluate until the estimated error is half the tolerance; fill in all other points.

        Returns False where that takes more than half of the points, or a loss is not finite.
        """
        rng, before = generator(0, "held-out points"), [math.inf] * len(Losses.ESTIMATES)
        self.evaluate(interpolation.coarse(self.shape), partial)
        while len(self.rows) + DISAGREE + FAR + RANDOM <= self.most:
            if not np.isfinite(self.record.loss[self.record.evaluated]).all():
                return False
            held_out = self.propose(rng)
            predicted = self.predict(held_out)
            self.evaluate(held_out, partial)
            now = self.errors(held_out, predicted)
            log.info(
                "%s: %d of %d points evaluated, error at %d held-out points %.2f %% of the range",
                what, len(self.rows), len(self.points), len(held_out), 100 * now[0],
            )  # fmt: skip
            errors, before = [max(pair) for pair in zip(now, before, strict=True)], now
            if errors[0] > tolerance / 2:
                continue
            missing = np.flatnonzero(~self.record.evaluated)
            self.record.put(missing, self.predict(missing))
            if wants_log(self.record.loss) == self.log:
                for name, error in zip(Losses.ESTIMATES, errors, strict=True):
                    setattr(self.record, name, error)
                return True
            self.log = not self.log
        return False

    def evaluate(self, numbers: np.ndarray, partial: Partial | None) -> None:
        """Evaluate points by their numbers, but for those that an earlier run has saved."""
        new = [number for number in numbers.tolist() if number not in self.saved]
        fresh = iter(new)
        for outputs in self.engine.run(self.points[new]):
            rows = outputs if self.by_outputs else self.engine.summarise(outputs)
            for row in rows:
                self.saved[next(fresh)] = row
            if partial:
                partial.save(lambda: {"rows": self.saved})
        for number in numbers.tolist():
            row = self.rows[number] = self.saved[number]
            summary = self.engine.summarise(row) if self.by_outputs else row
            self.record.put(number, summary.cpu().numpy())
            self.record.evaluated[number] = True

    def propose(self, rng: torch.Generator) -> np.ndarray:
        """Choose held-out points: where the splines disagree, far from all others, at random."""
        shape, known = self.shape, np.array(list(self.rows))
        unknown = np.setdiff1d(np.arange(len(self.points)), known)
        asked = unknown[::2]  # neighbours differ little
        one, other = (self.compared_loss(asked, kernel) for kernel in ("quintic", "cubic"))
        everywhere = self.record.loss.copy()
        everywhere[asked] = one
        self.log = wants_log(everywhere)
        score = np.zeros(len(self.points))
        score[asked] = np.abs(on_scale(one, self.log) - on_scale(other, self.log))
        distance = interpolation.distance(shape, known)
        chosen = interpolation.peaks(shape, score, 0.8 * distance, DISAGREE)
        distance = interpolation.distance(shape, np.append(known, chosen))
        chosen += interpolation.peaks(shape, distance, 0.8 * distance, FAR)
        rest = np.setdiff1d(unknown, chosen)
        some = torch.randperm(len(rest), generator=rng)[: DISAGREE + FAR + RANDOM - len(chosen)]
        return np.append(chosen, rest[some.numpy()])

    def compared_loss(self, wanted: np.ndarray, kernel: str) -> np.ndarray:
        """Return the mean loss (wanted,) of the compared samples that one spline gives."""
        if not self.by_outputs:
            return self.predict(wanted, kernel)[:, 0]
        rows = torch.stack([row[self.compared] for row in self.rows.values()])
        score = self.engine.objective.score
        parts = self._interpolate(wanted, kernel, rows)
        return np.concatenate(
            [score(part, self.compared).loss.double().mean(dim=-1).cpu().numpy() for part in parts]
        )

    def predict(self, wanted: np.ndarray, kernel: str = "quintic") -> np.ndarray:
        """Return the summaries (wanted, 4) that follow from the evaluated points."""
        rows = torch.stack(list(self.rows.values()))
        if self.by_outputs:
            parts = self._interpolate(wanted, kernel, rows)
            return np.concatenate([self.engine.summarise(part).cpu().numpy() for part in parts])
        rows[:, 0] = torch.as_tensor(on_scale(rows[:, 0].cpu().numpy(), self.log))
        found = torch.cat(list(self._interpolate(wanted, kernel, rows))).cpu().numpy()
        found[:, 0] = np.exp(found[:, 0]) if self.log else found[:, 0]
        return found

    def _interpolate(self, wanted: np.ndarray, kernel: str, rows: Tensor) -> Iterator[Tensor]:
        """Yield rows (…, F…) at the wanted points, some at a time."""
        weights = interpolation.weights(self.shape, np.array(list(self.rows)), wanted, kernel)
        flat = rows.flatten(1)
        for part in torch.as_tensor(weights).to(rows).split(CHUNK):
            yield (part @ flat).unflatten(1, rows.shape[1:])

    def errors(self, held_out: np.ndarray, predicted: np.ndarray) -> list[float]:
        """Return the largest errors of loss (a fraction of its range), accuracy and loss_sem."""
        record, known = self.record, self.record.evaluated
        loss = on_scale(record.loss, self.log)
        apart = np.abs(on_scale(predicted[:, 0], self.log) - loss[held_out]).max()
        spread = np.ptp(loss[known])
        columns = dict(zip(Losses.VALUES, predicted.T, strict=True))
        others = [
            float(np.abs(columns[name] - getattr(record, name)[held_out]).max())
            for name in ("accuracy", "loss_sem")
        ]
        return [float(apart / spread) if spread else float(apart), *others]
