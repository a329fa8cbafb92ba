"""Mining: optimise directions (and the origin, if it is free) until the landscape shows a pattern.

One mechanism for every pattern: minimise over the directions

    mean over sampled low points of L + weight · mean over sampled high points of relu(ceiling − L)

with points and mini-batches sampled anew at every step and the points jittered inside their cells
(our definition, after multi-point optimisation, arXiv:1910.03867). Two directions are kept
orthogonal and equally long, so that the plane is drawn without distortion.

What makes it quick and sure: many points with a small mini-batch each, all in one pass; steps in
units of θ's own size, at the drawing's edge; a running average of the iterates as the result; a
stop as soon as low and high points are where they should be; another start where they never are.
Mini-batches say when that may be, one look at the cells over all samples whether it is. None of
this looks at the shape's name, which is given later.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from prospect.base.errors import ProspectError
from prospect.base.progress import track
from prospect.base.resume import Partial
from prospect.base.seeding import generator
from prospect.landscape.directions import noise, normalise
from prospect.landscape.evaluate import evaluate
from prospect.landscape.patterns import HIGH, LOW, Pattern
from prospect.model.objective import Objective
from prospect.systems.mining.optimiser import Adam, clip, make_orthogonal
from prospect.systems.mining.points import Window, sample
from prospect.systems.mining.units import UNIT

PATIENCE = 1.1  # a look that finds too little is followed by the next after so many times the steps


@dataclass
class Mined:
    """What mining found.

    directions (D, P), origin (P,)
    reached : whether an attempt met the goal; the attempt that came closest is kept
    attempt, attempts : which attempt is kept, from 0, and how many there were
    gradients : cost of all attempts, in units of `UNIT` samples
    progress : columns of the table of progress, a row every few steps of every attempt
    """

    directions: Tensor
    origin: Tensor
    reached: bool
    attempt: int
    attempts: int
    gradients: float
    progress: dict[str, np.ndarray]

    @property
    def outcome(self) -> dict:
        """Return what a file says of the outcome, besides the vectors and the table."""
        names = ("reached", "attempt", "attempts", "gradients")
        return {name: getattr(self, name) for name in names}


def mine(
    objective: Objective,
    theta: Tensor,
    pattern: Pattern,
    mining: dict,
    seed: int,
    *,
    free_origin: bool = False,
    partial: Partial | None = None,
) -> Mined:
    """Mine the directions along which the landscape about θ (P,) shows the pattern.

    `mining` holds ``steps``, ``points``, ``batch``, ``rate``, ``weight``, ``ceiling``, ``target``,
    ``margin``, ``overlap``, ``restarts``, ``jitter``, ``average``, ``clip`` and ``report`` as the
    schema describes them, the pattern's own wishes over them. With `free_origin` the origin starts
    at θ and moves too. With `partial` it goes on where it was stopped, at the very step. Raises
    ProspectError where the loss is not finite in any attempt.
    """
    pattern = pattern if free_origin else pattern.without_center()
    start = partial.load() if partial else None
    search = _Search(**start["search"]) if start else _Search()

    def keep() -> None:
        if partial:
            partial.save(search.state)

    for number in range(search.number, mining["restarts"] + 1):
        attempt = _Attempt(objective, theta, pattern, mining, seed, number, free_origin)
        if start and number == search.number:
            attempt.restore(start["attempt"])
        search.number, search.attempt = number, attempt
        for report in attempt.run(keep):
            cost = {"gradients": search.gradients + attempt.cost}
            search.rows.append({"attempt": number} | report | cost)
        search.gradients += attempt.cost
        if attempt.missed < search.least:
            search.best = attempt.directions, attempt.origin, number
            search.least = attempt.missed
        if search.least == 0:
            break
    return search.result(pattern.name)


def in_proportion(mining: Mapping, scale: float) -> dict:
    """Return mining's options with its losses in proportion to the size of a loss.

    They are said for ten classes, where that is ln 10.
    """
    factor = scale / math.log(10)
    return {**mining, **{name: factor * mining[name] for name in ("ceiling", "target", "margin")}}


@dataclass
class _Search:
    """The attempts so far: their progress, the best of those that have ended, the one under way."""

    rows: list[dict] = field(default_factory=list)
    best: tuple[Tensor, Tensor, int] | None = None
    least: float = math.inf
    gradients: float = 0.0
    number: int = 0
    attempt: "_Attempt | None" = None

    def state(self) -> dict:
        """Return what is needed to go on."""
        own = {name: value for name, value in vars(self).items() if name != "attempt"}
        return {"search": own, "attempt": self.attempt and self.attempt.state()}

    def result(self, name: str) -> Mined:
        """Return what was found; raises ProspectError where that is nothing."""
        if self.best is None:
            raise ProspectError(
                f"mining of {name}: the loss is not finite in any of {self.number + 1} attempts; "
                "lower mining.rate"
            )
        directions, origin, kept = self.best
        progress = {name: np.array([row[name] for row in self.rows]) for name in self.rows[0]}
        attempts = self.number + 1, self.gradients
        return Mined(directions, origin, self.least == 0, kept, *attempts, progress)


class _Attempt:
    """One run of the optimiser from one start."""

    def __init__(self, objective, theta, pattern, mining, seed, number, free_origin):
        self.objective, self.pattern, self.mining = objective, pattern, mining
        self.rng = generator(seed, "mining", pattern.name, number)
        self.name = pattern.name if number == 0 else f"{pattern.name}, attempt {number + 1}"
        start = _start(objective, theta, pattern, seed, number)
        size = theta.norm().item() / math.sqrt(len(theta))
        rate = mining["rate"] * size
        # a step moves the weights at the drawing's edge as far as a free origin
        self.along = Adam(start, rate / pattern.extent, mining["average"])
        self.theta = theta.to(start)
        self.at = Adam(self.theta.clone(), rate, mining["average"]) if free_origin else None
        self.low, self.high = (pattern.places(mark) for mark in (LOW, HIGH))
        self.steps = 0
        self.missed = math.inf  # how far from the goal at the last report, infinite where a loss is
        self.look_from = 0  # the step from which on a goal that is met is looked at
        self.window = Window(mining["ceiling"], len(self.low), len(self.high))

    def state(self) -> dict:
        """Return what `restore` needs, as it is after a step."""
        return {
            "steps": self.steps,
            "missed": self.missed,
            "look_from": self.look_from,
            "rng": self.rng.get_state(),
            "along": self.along.state(),
            "at": self.at and self.at.state(),
            "window": [self.window.low, self.window.high],
        }

    def restore(self, state: Mapping) -> None:
        """Go to where the state was taken."""
        for name in ("steps", "missed", "look_from"):
            setattr(self, name, state[name])
        self.rng.set_state(state["rng"])
        self.along.restore(state["along"])
        if self.at:
            self.at.restore(state["at"])
        low, high = ([part.to(self.theta) for part in parts] for parts in state["window"])
        self.window.low, self.window.high = low, high

    @property
    def directions(self) -> Tensor:
        """The running average of the directions, orthogonal and equally long."""
        found = self.along.averaged.clone()
        if self.pattern.dimensions == 2:
            make_orthogonal(found)
        return found

    @property
    def origin(self) -> Tensor:
        """The running average of the origin, θ where it is frozen."""
        return self.at.averaged if self.at else self.theta

    @property
    def cost(self) -> float:
        """Gradient evaluations so far, in units of `UNIT` samples."""
        kinds = bool(len(self.low)) + bool(len(self.high))
        return self.steps * kinds * self.mining["points"] * self.batch / UNIT

    @property
    def batch(self) -> int:
        """Samples of a mini-batch."""
        return min(self.mining["batch"], self.objective.samples)

    def miss(self, report: dict) -> float:
        """Return how far from the goal a report is: 0 where low, high and overlap are met."""
        over = max(0.0, report["low"] - self.mining["target"])
        under = max(0.0, report["short"] - self.mining["margin"])
        return over + under + max(0.0, self.mining["overlap"] - report["overlap"])

    def looked_at(self, missed: float) -> float:
        """Return how far from the goal: where mini-batches meet it, a look at all samples decides.

        Looks that find too little are few; there is one at the last step.
        """
        if missed > 0:
            return missed
        if self.steps < min(self.look_from, self.mining["steps"]):
            return self.missed
        self.look_from = math.ceil(PATIENCE * self.steps)
        return max(0.0, self.mining["overlap"] - self.overlap())

    def overlap(self) -> float:
        """Return the overlap of the drawing at its cells' centers, over all samples."""
        if not len(self.low):
            return 1.0
        pattern, loss = self.pattern, np.full(self.pattern.cells.shape, np.nan)
        for mark, cells in ((LOW, self.low), (HIGH, self.high)):
            plane = (self.objective, self.origin, self.directions, cells)
            loss[pattern.cells == mark] = evaluate(*plane, what=None).loss
        return pattern.overlap(pattern.axes, loss, self.mining["ceiling"])

    def run(self, after_step: Callable[[], None] = lambda: None) -> Iterator[dict]:
        """Step until the goal is met or the budget spent; yield a row of progress now and then."""
        ahead = range(self.steps + 1, self.mining["steps"] + 1)
        for step in track(ahead, f"mining {self.name}", before=self.steps):
            self.steps = step
            low, high = self._step()
            self.window.add(low, high)
            if step == self.mining["steps"] or step % self.mining["report"] == 0:
                report = self.window.report()
                finite = math.isfinite(report["low"] + report["high"])
                self.missed = self.looked_at(self.miss(report)) if finite else math.inf
                yield {"step": step} | report
                if self.missed in (0, math.inf):
                    return
            after_step()

    def _step(self) -> tuple[Tensor, Tensor]:
        """Take one step; return the losses of its low and of its high points."""
        mining, directions = self.mining, self.along.tensor
        origin = self.at.tensor if self.at else self.theta
        jitter = mining["jitter"] * self.pattern.spacing / 2
        count = mining["points"]
        low, high = (sample(cells, count, jitter, self.rng) for cells in (self.low, self.high))
        points = torch.as_tensor(np.concatenate([low, high])).to(directions)
        index = torch.randint(
            0, self.objective.samples, (len(points), self.batch), generator=self.rng
        ).to(directions.device)
        sign = points.new_tensor([1.0] * len(low) + [-mining["weight"]] * len(high)) / count
        below = points.new_tensor([math.inf] * len(low) + [mining["ceiling"]] * len(high))
        losses, done = [], 0
        for values, gradients in self.objective.losses_and_gradients(
            origin, directions, points, index, below
        ):
            part = slice(done, done := done + len(values))
            gradients = gradients * sign[part, None]
            self.along.gradient.addmm_(points[part].T, gradients)
            if self.at:
                self.at.gradient.add_(gradients.sum(0))
            losses.append(values)
        moving = [self.along, self.at] if self.at else [self.along]
        if mining["clip"]:
            clip(moving, mining["clip"])
        for adam in moving:
            adam.step()
        if self.pattern.dimensions == 2:
            make_orthogonal(directions)
        return torch.cat(losses).split([len(low), len(high)])


def _start(
    objective: Objective, theta: Tensor, pattern: Pattern, seed: int, attempt: int
) -> Tensor:
    """Draw the directions (D, P) that mining starts from: Gaussian, with the norm of θ."""
    drawn = []
    for number in range(pattern.dimensions):
        raw = noise("gaussian", len(theta), seed, "mining", pattern.name, attempt, number)
        drawn.append(normalise(raw, theta.cpu(), objective.flat.blocks, "scaled"))
    return torch.stack(drawn).to(objective.flat.weights)
