"""The engine: losses and accuracies at many points of weight space.

Everything that asks for the loss somewhere goes through here. A point is evaluated always from θ,
so its value does not depend on its neighbours or on a resume.

Two engines. On a CPU, and for large networks anywhere, a loop: the weights are written in place
into one flat buffer, in one pass a direction. On a GPU, for networks so small that one point does
not fill it, many points in one pass (`torch.func.vmap`).
"""

import time
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import torch
from torch import Tensor

from prospect.base.progress import track
from prospect.base.resume import Partial
from prospect.model.objective import Objective
from prospect.model.task import Scores
from prospect.records.losses import Losses

TOGETHER = 64  # the most points of one pass
LOOK = 1.0  # seconds between two looks at the results
PASS_BYTES = 2**30  # what the weights and activations of one pass may take


def points_together(objective: Objective) -> int:
    """Return how many points one pass evaluates: 1 is the loop (a fixed function of the problem).

    A point takes its weights and, live at a time, about four times the inputs or outputs of the
    widest layer.
    """
    if objective.flat.weights.device.type == "cpu" or objective.norms.source is not None:
        return 1
    numbers = objective.parameters + 4 * objective.samples * objective.cost.widest
    fit = PASS_BYTES // (objective.flat.weights.element_size() * numbers)
    return min(TOGETHER, fit) if fit >= 4 and objective.runs_together else 1


def evaluate(
    objective: Objective,
    theta: Tensor,
    directions: Tensor,
    points: np.ndarray,
    *,
    center: Scores | None = None,
    known: Losses | None = None,
    keep: Callable[[Losses], None] | None = None,
    what: str | None = "points",
) -> Losses:
    """Evaluate the objective at θ + Σ_d points[g, d] · directions[d] for all g.

    Parameters
    ----------
    objective
        Whose losses they are.
    theta : (P,)
        The center.
    directions : (D, P)
        What the coordinates are along.
    points : (G, D)
        Coordinates in units of the directions.
    center
        The samples' losses at θ, where they are known already.
    known
        What is evaluated already.
    keep
        Called with what is known so far, every now and then.
    what
        Name of the work in the log, None for silence.
    """
    result = known or Losses.empty(len(points))
    engine = Engine(objective, theta, directions, center)
    result.center_loss, result.center_accuracy = engine.center.means
    missing = np.flatnonzero(~result.evaluated)
    pending, entered, looked = [], 0, time.monotonic()
    passes = -(-len(missing) // engine.together)
    for done, outputs in enumerate(track(engine.run(points[missing]), what, passes), start=1):
        pending.append(engine.summarise(outputs))
        # a look waits for a GPU
        if time.monotonic() - looked >= LOOK or done == passes:
            values = torch.cat(pending).cpu().numpy()
            index = missing[entered : entered + len(values)]
            result.put(index, values)
            result.evaluated[index] = True
            entered += len(values)
            pending.clear()
            looked = time.monotonic()
            if keep:
                keep(result)
    return result


def known_of(state: Mapping | None) -> Losses | None:
    """Return the losses of a state that `keeping` has kept, None where it has none."""
    return Losses.of_state(state["losses"]) if state and "losses" in state else None


def keeping(partial: Partial | None) -> Callable[[Losses], None] | None:
    """Return what keeps the losses known so far as the state of the work on an output."""
    if partial is None:
        return None
    return lambda known: partial.save(lambda: {"losses": known.state()})


class Engine:
    """Evaluates points of the plane or line through θ (P,) along directions (D, P).

    together : how many points one pass evaluates
    probe : samples that say how statistics of BatchNorm change, see `Objective.outputs_and_shift`
    shift : (S,) of these statistics at the last point, where points go one by one
    """

    def __init__(
        self,
        objective: Objective,
        theta: Tensor,
        directions: Tensor,
        center: Scores | None = None,
        together: int | None = None,
    ):
        weights = objective.flat.weights
        self.objective = objective
        self.theta, self.directions = theta.to(weights), directions.to(weights)
        self.center = center or objective.sample_losses(self.theta)
        self.together = together or points_together(objective)
        self.probe: Tensor | None = None
        self.shift = self.theta.new_empty(0)

    def run(self, points: np.ndarray) -> Iterator[Tensor]:
        """Yield the outputs (B, N, C) at points (G, D), pass by pass."""
        for start in range(0, len(points), self.together):
            part = points[start : start + self.together]
            if self.together == 1:
                where = self.theta, self.directions, part[0], self.probe
                outputs, self.shift = self.objective.outputs_and_shift(*where)
                outputs = outputs[None]
            else:
                # as many in the last pass as in every other, so that shapes never differ
                full = np.concatenate([part, np.repeat(part[-1:], self.together - len(part), 0)])
                coordinates = torch.as_tensor(full).to(self.theta)
                outputs = self.objective.outputs_together(self.theta, self.directions, coordinates)
                outputs = outputs[: len(part)]
            yield outputs

    def summarise(self, outputs: Tensor) -> Tensor:
        """Reduce outputs (…, N, C) to the four float64 numbers of `Losses.VALUES`, (…, 4).

        One sample has no standard error: NaN.
        """
        here = self.objective.score(outputs)
        loss, count = here.loss.double(), here.loss.shape[-1]
        variance, mean = torch.var_mean(loss, dim=-1, correction=0)
        sem = (variance / (count - 1)).sqrt()
        correction = max(0.0, 1 - count / self.objective.total)
        difference_sem = torch.zeros_like(sem)
        if correction:
            difference = (here.loss - self.center.loss).double()
            difference_sem = difference.var(dim=-1, correction=0) / (count - 1)
            difference_sem = (difference_sem * correction).sqrt()
        accuracy = here.metric.double().mean(dim=-1)
        return torch.stack([mean, sem, difference_sem, accuracy], dim=-1)
