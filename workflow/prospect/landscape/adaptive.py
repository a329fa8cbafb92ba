"""A fine surface from few evaluations, and how far off it is.

A coarse grid is evaluated, and every sample's outputs are interpolated between its points by a
polyharmonic spline; loss and accuracy of the fine grid are computed from them. Outputs are far
smoother than losses: a softmax and a mean over kinks lie between the two. The error is measured at
held-out points: those where a quintic and a cubic spline disagree most, those farthest from all
that is evaluated, and some at random. They then join the others, so evaluations gather where the
surface is rough, until in two rounds running the largest error is at most half the tolerance (our
definition).

Where a point takes long, few are exact: float32, all samples. Others are quick, all samples in an
arithmetic that is as good as exact where both are tried; and between these, the knots, a subsample
is evaluated at many more (`nearby`). Of the held-out points some are exact, so that the error is
that of everything together; more quick ones are taken where the subsample is least sure. Then 0.7
of the tolerance is enough.

Where the outputs at all points would not fit into `OUTPUTS_BYTES`, the losses themselves are
interpolated, on the scale that figures use.
"""

import logging
import math

import numpy as np
import torch
from torch import Tensor

from prospect.base.resume import Partial
from prospect.base.seeding import generator
from prospect.landscape import coordinates, interpolation
from prospect.landscape.evaluate import Engine, evaluate, keeping, known_of
from prospect.landscape.nearby import COMPARED, TRIED, Nearby, interpolated
from prospect.landscape.scale import on_scale, wants_log
from prospect.model.approximation import QUICK, arithmetics, in_arithmetic
from prospect.model.objective import Objective
from prospect.records.losses import Losses

log = logging.getLogger("prospect")

HELD_OUT = 40  # points of a round
# shares of them where splines disagree, and far from all that is known; the rest is at random
SHARES = 0.6, 0.2
SHARES_NEARBY = 0.9, 0.05  # with a subsample, whose points are cheap and many
# of the tolerance, for errors at held-out points: with a subsample these are also where errors are
# suspected, and SURE is enough
HALF, SURE = 0.5, 0.7
EXACT = 3  # points of a round that are exact, where there are quick ones
FEW = 6  # points of a round at which all samples are evaluated, where others take the subsample
GROWTH = 6  # a round adds at most one in so many of the subsample's points, or HELD_OUT
OUTPUTS_BYTES = 2**30  # what the outputs at all evaluated points may take
WORTH = 3000  # multiplications a sample and class: an interpolated point costs about a tenth


def surface(
    objective: Objective,
    theta: Tensor,
    directions: Tensor,
    axes: list[np.ndarray],
    tolerance: float,
    arithmetic: str = "auto",
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
    arithmetic
        Of the network at points that are not exact; see `model.approximation`.
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
        engine = Engine(objective, theta, directions)
        knots = Knots(engine, points, shape, arithmetic, state)
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

    rows : by a knot's number its outputs (N, C), or its summary (4,) where outputs would not fit
        into memory
    quick : what evaluates knots that are not exact, where there is something quicker
    near : a subsample's outputs at these and more points, where outputs fit
    record : the whole surface; its `evaluated` are the exact points
    """

    def __init__(
        self,
        engine: Engine,
        points: np.ndarray,
        shape: tuple[int, int],
        arithmetic: str,
        saved: dict,
    ):
        self.engine, self.points, self.shape = engine, points, shape
        self.record = Losses.empty(len(points))
        self.record.center_loss, self.record.center_accuracy = engine.center.means
        self.most = len(points) // 2
        samples, like = engine.objective.samples, engine.theta
        size = samples * engine.objective.columns * like.element_size()
        self.by_outputs = self.most * size <= OUTPUTS_BYTES
        self.near = Nearby(engine, points, shape, self.by_outputs)
        self.arithmetics = arithmetics(engine.objective, arithmetic)
        self.quick: Engine | None = None
        self.saved: dict[str, dict[int, Tensor]] = {
            kind: {number: row.to(like.device) for number, row in saved.get(kind, {}).items()}
            for kind in ("rows", "quick", "shifts", "near")
        }
        self.rows: dict[int, Tensor] = {}
        self.doubts = np.zeros(len(points))
        self.log = False

    def refine(self, tolerance: float, what: str, partial: Partial | None = None) -> bool:
        """Evaluate until the estimated error is half the tolerance; fill in all other points.

        Returns False where that takes more than half of the points, or a loss is not finite.
        """
        rng, before = generator(0, "held-out points"), [math.inf] * len(Losses.ESTIMATES)
        coarse = interpolation.coarse(self.shape)
        if self.near.pays:
            self.try_arithmetics(coarse[:: -(-len(coarse) // TRIED)], QUICK * tolerance, partial)
        self.evaluate(np.setdiff1d(coarse, list(self.rows)), partial, quickly=True)
        whole, more = (2 * TRIED, 0) if self.near.pays else (HELD_OUT, 0)
        while self.spent + HELD_OUT <= self.most:
            if not np.isfinite(self.record.loss[list(self.rows)]).all():
                return False
            most = (SURE if self.near.approximation else HALF) * tolerance
            exact, quick, near = self.propose(rng, whole, more, HALF * tolerance)
            held_out = np.append(exact, quick)
            predicted, expected = self.predict(held_out), self.near.say(near)
            self.evaluate(exact, partial)
            self.evaluate(quick, partial, quickly=True)
            self.evaluate_nearby(near, partial)
            now, rough = self.errors(held_out, predicted), self.compare(near, expected)
            if not math.isfinite(rough):
                return False
            log.info(
                "%s: %d of %d points evaluated, %d approximately; error at %d held-out points "
                "%.2f %% of the range, between a subsample's %.2f %%",
                what, self.record.evaluated.sum(), len(self.points), self.approximate,
                len(held_out), 100 * now[0], 100 * rough,
            )  # fmt: skip
            errors, before = [max(pair) for pair in zip(now, before, strict=True)], now
            doubt = self.doubts.max()
            known = max(errors[0], rough) <= most and doubt <= HALF * tolerance
            if known and self.complete([max(errors[0], rough, doubt), *errors[1:]]):
                return True
            whole, more = self.next_round(rough, most, held_out)
        return False

    def complete(self, errors: list[float]) -> bool:
        """Fill in all points that are not exact, and note how far off the record is.

        Returns False where figures of the whole surface want the other scale.
        """
        missing = np.flatnonzero(~self.record.evaluated)
        self.record.put(missing, self.predict(missing))
        if wants_log(self.record.loss) != self.log:
            self.log = not self.log
            return False
        for name, error in zip(Losses.ESTIMATES, errors, strict=True):
            setattr(self.record, name, error)
        self.record.approximate, self.record.approximation = self.approximate, self.in_words
        return True

    @property
    def approximate(self) -> int:
        """How many points were evaluated, and not exactly."""
        return len(self.rows.keys() | self.near.rows.keys()) - int(self.record.evaluated.sum())

    @property
    def in_words(self) -> str:
        """Say how points that are not exact were evaluated."""
        words = [self.near.in_words] if self.near.approximation else []
        if self.quick:
            dtype = next(self.quick.objective.module.parameters()).dtype
            words.append(str(dtype).removeprefix("torch."))
        return ", ".join(words)

    @property
    def spent(self) -> float:
        """What all evaluations took so far, in points of all samples."""
        return len(self.rows) + self.near.share * len(self.near.rows.keys() - self.rows.keys())

    def try_arithmetics(self, tried: np.ndarray, most: float, partial: Partial | None) -> None:
        """Take the first arithmetic whose losses are exact but for `most` of the range."""
        exact = self.engine
        for dtype in self.arithmetics[:-1]:
            self.evaluate(tried, partial)
            wanted = self.record.loss[tried]
            self.log = wants_log(wanted)
            objective = in_arithmetic(exact.objective, dtype)
            quick = Engine(objective, exact.theta, exact.directions, exact.center, together=1)
            quick.probe = exact.probe
            try:
                outputs = torch.cat(list(quick.run(self.points[tried])))
            except RuntimeError:  # not every layer can compute in bfloat16
                continue
            found = exact.summarise(outputs)[:, Losses.VALUES.index("loss")].cpu().numpy()
            if self.apart(found, wanted) <= most:
                self.quick = quick
                break

    def next_round(self, rough: float, most: float, held_out: np.ndarray) -> tuple[int, int]:
        """Return at how many points to evaluate all samples next, and at how many the subsample.

        It serves from when its losses are right at the held-out points of a round. It takes more
        points while it is `rough`; it is no surer for them.
        """
        near, objective = self.near, (self.quick or self.engine).objective
        if near.approximation:
            return FEW, max(HELD_OUT, len(near.rows) // GROWTH if rough > most else 0)
        if near.pays and near.serves(objective, held_out, lambda *two: self.apart(*two) <= most):
            return FEW, HELD_OUT
        return HELD_OUT, 0

    def evaluate(self, numbers: np.ndarray, partial: Partial | None, quickly: bool = False) -> None:
        """Evaluate points by their numbers, but for those that an earlier run has saved."""
        engine = self.quick if quickly and self.quick else self.engine
        # apart: another processor may go on, on which there are no quick points
        kind = "rows" if engine is self.engine else "quick"
        saved, shifts = self.saved[kind], self.saved["shifts"]
        new = [number for number in numbers.tolist() if number not in saved]
        fresh = iter(new)
        for outputs in engine.run(self.points[new]):
            rows = outputs if self.by_outputs else engine.summarise(outputs)
            for row in rows:
                number = next(fresh)
                saved[number], shifts[number] = row, engine.shift
            if partial:
                partial.save(lambda: self.saved)
        for number in numbers.tolist():
            row = self.rows[number] = saved[number]
            if self.by_outputs:
                self.near.put(number, row, shifts[number])
            summary = engine.summarise(row) if self.by_outputs else row
            self.record.put(number, summary.cpu().numpy())
            self.record.evaluated[number] = engine is self.engine

    def evaluate_nearby(self, numbers: np.ndarray, partial: Partial | None) -> None:
        """Evaluate the subsample at points, but for those that an earlier run has saved."""
        saved = self.saved["near"]
        for number, row in self.near.evaluate([n for n in numbers.tolist() if n not in saved]):
            saved[number] = row
            if partial:
                partial.save(lambda: self.saved)
        self.near.rows |= {number: saved[number] for number in numbers.tolist()}

    def propose(
        self, rng: torch.Generator, whole: int, more: int, most: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Choose points to be evaluated exactly, quickly, and by the subsample.

        All samples are evaluated at `whole` of the held-out points, of which `EXACT` are exact, and
        at `suspects`; the subsample at `more`.
        """
        chosen = self.held_out(rng, whole + more)
        if not len(chosen):  # the subsample knows all points
            others = np.setdiff1d(np.arange(len(self.points)), list(self.rows))
            chosen = others[torch.randperm(len(others), generator=rng)[:whole].numpy()]
        all_samples = spread(chosen, whole)
        exact = spread(all_samples, EXACT if self.quick else whole)
        near = np.setdiff1d(chosen, all_samples)
        suspects = self.suspects(most, all_samples)
        quick = np.union1d(np.setdiff1d(all_samples, exact), suspects)
        return exact, quick, np.setdiff1d(near, suspects)

    def held_out(self, rng: torch.Generator, count: int) -> np.ndarray:
        """Choose points: where the splines disagree, far from all others, at random."""
        shape, known = self.shape, np.array([*self.rows.keys() | self.near.rows.keys()])
        disagree, far = SHARES_NEARBY if self.near.approximation else SHARES
        unknown = np.setdiff1d(np.arange(len(self.points)), known)
        if not len(unknown):
            return unknown
        # where points are cheap, at every second one: neighbours differ little
        asked = unknown if self.near.pays else unknown[::2]
        one, other = (self.compared_loss(asked, kernel) for kernel in ("quintic", "cubic"))
        everywhere = self.record.loss.copy()
        everywhere[asked] = one
        self.log = wants_log(everywhere)
        score = np.zeros(len(self.points))
        score[asked] = np.abs(self.heights(one) - self.heights(other))
        distance = interpolation.distance(shape, known)
        chosen = interpolation.peaks(shape, score, 0.8 * distance, round(disagree * count))
        distance = interpolation.distance(shape, np.append(known, chosen))
        chosen += interpolation.peaks(shape, distance, 0.8 * distance, round(far * count))
        rest = np.setdiff1d(unknown, chosen)
        some = torch.randperm(len(rest), generator=rng)[: max(0, count - len(chosen))]
        return np.append(chosen, rest[some.numpy()]).astype(int)

    def suspects(self, most: float, besides: np.ndarray) -> np.ndarray:
        """Choose points of large doubts to be knots."""
        doubts = np.where(self.doubts > most, self.doubts, 0)
        doubts[besides] = 0
        distance = interpolation.distance(self.shape, np.array(list(self.rows)))
        chosen = interpolation.peaks(self.shape, doubts, 0.8 * distance, 2 * FEW)
        return np.array(chosen, dtype=int)

    def compare(self, near: np.ndarray, expected: np.ndarray) -> float:
        """Return how far the subsample's losses at new points are at most from those expected.

        `doubts` are twice the standard error of what it adds, at every third point that is no knot.
        All of them are fractions of the range.
        """
        apart = np.abs(self.heights(self.near.losses(near)) - self.heights(expected)) / self.spread
        self.doubts = np.zeros(len(self.points))
        if self.near.approximation:
            places = np.setdiff1d(np.arange(len(self.points)), list(self.rows))[::3]
            more, _, error, _ = self.near.add(places).T
            self.doubts[places] = 2 * error / (more if self.log else 1) / self.spread
        return apart.max(initial=0)

    def compared_loss(self, wanted: np.ndarray, kernel: str) -> np.ndarray:
        """Return the mean loss (wanted,) that one spline gives: of the subsample, or some of it."""
        if not self.by_outputs:
            return self.predict(wanted, kernel)[:, 0]
        some = slice(None) if self.near.approximation else slice(COMPARED)
        return self.near.say(wanted, kernel, some)

    def predict(self, wanted: np.ndarray, kernel: str = "quintic") -> np.ndarray:
        """Return the summaries (wanted, 4) that follow from the knots, and from the subsample."""
        rows = torch.stack(list(self.rows.values()))
        if not self.by_outputs:
            rows[:, 0] = torch.as_tensor(self.heights(rows[:, 0].cpu().numpy()))
        parts = interpolated(self.shape, list(self.rows), rows, wanted, kernel)
        if self.by_outputs:
            found = np.concatenate([self.engine.summarise(part).cpu().numpy() for part in parts])
            return self.corrected(found, wanted)
        found = torch.cat(list(parts)).cpu().numpy()
        found[:, 0] = np.exp(found[:, 0]) if self.log else found[:, 0]
        return found

    def corrected(self, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        """Add what the subsample says beyond the knots to summaries (wanted, 4)."""
        if not self.near.approximation:
            return values
        loss, metric = (Losses.VALUES.index(name) for name in ("loss", "accuracy"))
        more, less, _, better = self.near.add(wanted).T
        own, more, less = map(self.heights, (values[:, loss], more, less))
        added = own + more - less
        # a correction that is not exact invents no minimum
        lowest = np.minimum(values[:, loss], np.nanmin(self.record.loss))
        values[:, loss] = np.maximum(np.exp(added) if self.log else added, lowest)
        values[:, metric] += better
        if self.engine.objective.task.metric == "accuracy":
            values[:, metric] = values[:, metric].clip(0, 1)
        return values

    def heights(self, losses: np.ndarray) -> np.ndarray:
        """Return losses on the scale of figures."""
        return on_scale(losses, self.log)

    @property
    def spread(self) -> float:
        """The range of the losses that are known."""
        return float(np.ptp(self.heights(self.record.loss[list(self.rows)]))) or 1.0

    def apart(self, found: np.ndarray, wanted: np.ndarray) -> float:
        """Return the largest difference of losses, as a fraction of the range of those known."""
        return float(np.abs(self.heights(found) - self.heights(wanted)).max() / self.spread)

    def errors(self, held_out: np.ndarray, predicted: np.ndarray) -> list[float]:
        """Return the largest errors of loss (a fraction of its range), accuracy and loss_sem."""
        loss = predicted[:, Losses.VALUES.index("loss")]
        others = self.record.apart(held_out, predicted)
        return [self.apart(loss, self.record.loss[held_out]), *others]


def spread(numbers: np.ndarray, count: int) -> np.ndarray:
    """Return about `count` of the numbers, at most, evenly spread over them."""
    return numbers[:: max(1, -(-len(numbers) // count))]
