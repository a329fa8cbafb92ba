"""A surface of very many samples from the losses of a few, and how far off it is.

The mean loss of a subsample of n errs by a smooth field, whose covariance between two points is
that of the samples' losses there, over n. Three subsamples, each a part of the next, make use of
it: all samples at a handful of points, a middle subsample at some tens, the smallest everywhere
(`adaptive.surface`). Every sample of a smaller one has a share of the mean, nearly 1 / n, such that
at the points of the next larger one both say the same loss; of all such shares the most equal ones
(calibration: Deville and Särndal 1992; the same as regressing the losses everywhere on those at
these points). What is left has a standard error, of which the losses of the smallest subsample on a
coarse grid tell how it falls with points and samples: points are taken where it is largest, and
sizes such that three standard errors are within a share of the tolerance at the least cost.

The error is what is found at held-out points, all samples evaluated, or three standard errors where
that is more. A surface that is not known well enough is made again from more, and then from all
samples (our definition).
"""

import logging
import math
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from prospect.base.resume import Part, Partial
from prospect.base.seeding import generator
from prospect.landscape import adaptive, coordinates, interpolation, sampling
from prospect.landscape.evaluate import Engine
from prospect.landscape.sampling import Plan
from prospect.landscape.scale import floored, on_scale, wants_log
from prospect.model.objective import Objective
from prospect.model.splits import Split
from prospect.model.subsample import Subsample, passes, subsample
from prospect.records.losses import Losses

log = logging.getLogger("prospect")

FEW = 1024  # samples of the smallest subsample, and at least PER_CLASS of a class
PER_CLASS = 8
MANY = 8  # times as many samples are worth a subsample
HELD_OUT = 5  # points that are evaluated only to know the error
ALLOWED = 0.3, 0.2  # standard error, as a fraction of the tolerance, at first and then
INTERPOLATED = 0.5  # of the tolerance, for what `adaptive` interpolates
EVALUATED = 0.25  # of all points, about what `adaptive` evaluates


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

    Arguments and the range are those of `adaptive.surface`, which does it alone where there are
    fewer than `MANY` times the samples of the smallest subsample, where the surface has few points,
    with `tolerance` 0, and where subsamples would not be cheaper or do not suffice.
    """
    where = theta, directions, axes
    large = objective.samples >= MANY * smallest(objective)
    if not tolerance or not large or math.prod(map(len, axes)) < 2 * interpolation.LINES**2:
        how = tolerance, arithmetic
        return adaptive.surface(objective, *where, *how, partial=partial, what=what)
    subsamples = Subsamples(objective, *where, partial)
    for allowed in ALLOWED:
        plan = subsamples.plan(allowed * tolerance)
        found = plan and subsamples.surface(*plan, tolerance, arithmetic, what)
        if found:
            return found
    log.info("%s: subsamples do not suffice, all %d samples are taken", what, objective.samples)
    rest = subsamples.part("rest")
    return adaptive.surface(objective, *where, tolerance, arithmetic, partial=rest, what=what)


def smallest(objective: Objective) -> int:
    """Return the size of the smallest subsample."""
    return max(FEW, PER_CLASS * objective.classes)


class Subsamples:
    """Subsamples of an objective's samples, and what is known of a surface from them.

    The surface goes through θ (P,) along directions (2, P) at `axes`; its points have numbers,
    those of the coarse grid are `coarse`. `state` is what has been evaluated: ``exact``, by a
    point's number, the summaries (4,) of all samples, and ``losses``, by the size of a subsample
    and a point's number, those of its samples (n,).
    """

    def __init__(
        self,
        objective: Objective,
        theta: Tensor,
        directions: Tensor,
        axes: list[np.ndarray],
        partial: Partial | None,
    ):
        self.objective, self.theta, self.directions, self.axes = objective, theta, directions, axes
        self.points, self.partial = coordinates.product(*axes), partial
        self.state = (partial.load() if partial else None) or {"exact": {}, "losses": {}}
        outputs = objective.outputs(theta)
        self.engine = Engine(objective, theta, directions, objective.score(outputs))
        for center in np.flatnonzero((self.points == 0).all(axis=1)).tolist():
            self.state["exact"][center] = self.engine.summarise(outputs)
        self.coarse = interpolation.coarse((len(axes[0]), len(axes[1])))
        self.few = smallest(objective)
        self.log = wants_log(self.pilot.mean(axis=1))
        self.held_out, self.rng = np.empty(0, dtype=int), generator(0, "held-out points")

    def part(self, name: str) -> Part | None:
        """Return what keeps the progress on a part of the work."""
        return Part(self.partial, self.state, name) if self.partial else None

    @cached_property
    def splits(self) -> dict[int, Split]:
        """The samples of the subsamples by their number, each a part of the next larger one."""
        split, found = self.objective.split.to("cpu"), {}
        for size in sampling.sizes(self.few, split.samples)[::-1]:
            split = found[size] = split.subset(size, seed=0)
        return found

    def strata(self, size: int) -> np.ndarray:
        """Return the classes (n,) of a subsample."""
        return self.splits[size].strata.numpy()

    def losses(self, size: int, numbers: np.ndarray) -> np.ndarray:
        """Return the losses (K, n) of a subsample at some points."""
        known = self.state["losses"].setdefault(size, {})
        missing = [number for number in numbers.tolist() if number not in known]
        if missing:
            some = subsample(self.objective, self.splits[size])
            for number in missing:
                here = some.sample_losses(self.theta, self.directions, self.points[number])
                known[number] = here.loss.cpu()
                self._keep()
        return torch.stack([known[number] for number in numbers.tolist()]).double().numpy()

    def exact(self, numbers: np.ndarray) -> np.ndarray:
        """Return the summaries (K, 4) of all samples at some points."""
        known = self.state["exact"]
        missing = [number for number in numbers.tolist() if number not in known]
        # one by one: all of them may not fit into memory
        for number in missing:
            (outputs,) = self.engine.run(self.points[[number]])
            known[number] = self.engine.summarise(outputs[0]).cpu()
            self._keep()
        return torch.stack([known[number].cpu() for number in numbers.tolist()]).numpy()

    def _keep(self) -> None:
        if self.partial:
            self.partial.save(lambda: self.state)

    @cached_property
    def pilot(self) -> np.ndarray:
        """The losses (K, n) of the smallest subsample at the coarse points."""
        return self.losses(self.few, self.coarse)

    @property
    def spread(self) -> float:
        """The range of the losses there, on the scale of figures."""
        return float(np.ptp(on_scale(self.pilot.mean(axis=1), self.log)))

    @property
    def covariance(self) -> np.ndarray:
        """That of the losses of samples there, as fractions of the range squared."""
        scale = floored(self.pilot.mean(axis=1), True) if self.log else np.ones(len(self.coarse))
        losses = self.pilot / (self.spread * scale[:, None])
        within = sampling.centred(losses, self.strata(self.few))
        return within @ within.T / self.few

    def plan(self, allowed: float) -> tuple[Plan, np.ndarray] | None:
        """Return sizes whose standard error is allowed, as a fraction of the range, and an order.

        That of the coarse points, in which they are taken. None where there are no such sizes, or
        where all samples at all points cost less.
        """
        if not np.isfinite(self.pilot).all() or not self.spread:
            return None
        center = np.square(self.points[self.coarse]).sum(axis=1).argmin()
        order, variances = sampling.most_uncertain(self.covariance, int(center))
        samples = self.objective.samples
        plan = sampling.plan(variances, samples, self.few, allowed, self.cost)
        everything = self.everywhere * passes(self.objective, samples)
        if plan is None or self.cost(plan) >= everything:
            return None
        return plan, order[: plan.near]

    @property
    def everywhere(self) -> float:
        """About how many points `adaptive` evaluates."""
        return len(self.points) * (EVALUATED if adaptive.pays(self.objective) else 1)

    def cost(self, plan: Plan) -> float:
        """Return what a plan costs, in passes of one sample."""
        return (
            self.everywhere * passes(self.objective, plan.few)
            + plan.near * passes(self.objective, plan.middle)
            + (plan.exact + HELD_OUT) * passes(self.objective, self.objective.samples)
        )

    def surface(
        self, plan: Plan, order: np.ndarray, tolerance: float, arithmetic: str, what: str
    ) -> Losses | None:
        """Return the surface of a plan with points in this order, None where it is not known well.

        That is where the error at held-out points exceeds half the tolerance, as in `adaptive`, or
        three standard errors all of it.
        """
        log.info(
            "%s: %d of %d samples, %d at %d points, all at %d", what, plan.few,
            self.objective.samples, plan.middle, plan.near, plan.exact + HELD_OUT,
        )  # fmt: skip
        some, sem = self.calibrated(plan, order)
        if 3 * sem > tolerance:
            log.info("%s: the standard error is %.2f %% of the range", what, 100 * sem)
            return None
        where = self.theta, self.directions, self.axes
        part = self.part(f"{plan.few} samples, {plan.near} points")
        how = INTERPOLATED * tolerance, arithmetic
        found = adaptive.surface(some, *where, *how, partial=part, what=what)
        if wants_log(found.loss) != self.log:
            self.log = not self.log
            return None
        exact, held_out = self.coarse[order[: plan.exact]], self.more_held_out()
        found.loss_sem *= math.sqrt((plan.few - 1) / (self.objective.samples - 1))
        errors = self.errors(found, held_out)
        log.info(
            "%s: error at %d held-out points %.2f %% of the range, standard error %.2f %%",
            what, len(held_out), 100 * errors[0], 100 * sem,
        )  # fmt: skip
        if not errors[0] <= tolerance / 2:
            return None
        words = (
            f"{plan.few:,} of {self.objective.samples:,} samples, {plan.middle:,} at {plan.near}"
        )
        inner = f"; {found.approximate:,} with {found.approximation}" if found.approximate else ""
        found.approximate += int(found.evaluated.sum())
        found.approximation = f"{words} of them{inner}"
        self.complete(found, np.append(exact, held_out), sem)
        # of accuracy and loss_sem no standard error is known, and the held-out points are few
        stated = max(errors[0], 3 * sem), 3 * errors[1], 3 * errors[2]
        for name, error in zip(Losses.ESTIMATES, stated, strict=True):
            setattr(found, name, error)
        return found

    def calibrated(self, plan: Plan, order: np.ndarray) -> tuple[Subsample, float]:
        """Return the few samples with their shares, and the standard error.

        A fraction of the range; larger where the exact losses are further off than it says.
        """
        near, exact = self.coarse[order], self.coarse[order[: plan.exact]]
        few, middle = (self.losses(size, near) for size in (plan.few, plan.middle))
        losses = self.exact(exact)[:, 0]
        some = subsample(self.objective, self.splits[plan.few])
        if not all(np.isfinite(values).all() for values in (few, middle, losses)):
            return some, math.inf
        strata = self.strata(plan.middle)
        larger = (middle * sampling.shares(middle[: plan.exact], strata, losses)).mean(axis=1)
        share = sampling.shares(few, self.strata(plan.few), larger)
        some.share = torch.as_tensor(share).to(some.flat.weights.device)
        variance = plan.of_few * max(1.0, self.surprise(order, few, larger, plan.middle))
        of_middle = self.surprise(order[: plan.exact], middle[: plan.exact], losses)
        return some, math.sqrt(variance + plan.of_middle * max(1.0, of_middle))

    def surprise(
        self, order: np.ndarray, losses: np.ndarray, larger: np.ndarray, size: int = 0
    ) -> float:
        """Return how much further off losses (K, n) at coarse points are than their variance says.

        `larger` (K,) is the mean of a larger subsample of a `size`, of all by default.
        """
        variance = 1 / losses.shape[1] - 1 / (size or self.objective.samples)
        covariance = self.covariance[np.ix_(order, order)] * variance
        apart = on_scale(larger, self.log) - on_scale(losses.mean(axis=1), self.log)
        return sampling.surprise(covariance, apart / self.spread)

    def more_held_out(self) -> np.ndarray:
        """Return the numbers of points that nothing has been made from, some more each time."""
        rest = np.setdiff1d(np.arange(len(self.points)), [*self.coarse, *self.held_out])
        some = torch.randperm(len(rest), generator=self.rng)[:HELD_OUT]
        self.held_out = np.append(self.held_out, rest[some.numpy()])
        return self.held_out

    def errors(self, found: Losses, held_out: np.ndarray) -> list[float]:
        """Return the largest errors of loss (a fraction of its range), accuracy and loss_sem."""
        exact = self.exact(held_out)
        loss = on_scale(found.loss, self.log)
        wanted = on_scale(exact[:, Losses.VALUES.index("loss")], self.log)
        apart = np.abs(loss[held_out] - wanted).max() / np.ptp(loss)
        return [float(apart), *found.apart(held_out, exact)]

    def complete(self, found: Losses, exact: np.ndarray, sem: float) -> None:
        """Put in what is known exactly, and how well the difference to the center is known."""
        rows = self.exact(exact)
        error = sem * np.ptp(on_scale(found.loss, self.log))
        error = error * (found.loss if self.log else np.ones_like(found.loss))
        found.difference_sem = np.hypot(error, rows[:, 2].max())
        found.put(exact, rows)
        found.evaluated[:] = False
        found.evaluated[exact] = True
        found.center_loss, found.center_accuracy = self.engine.center.means
