"""Two centers of one architecture side by side: weights, the chord between them, answers.

Weights are compared as they are. A permutation of hidden units, which the function does not see,
changes every number about weights and the barrier: see `alignment`.
"""

import itertools
import math
from typing import NamedTuple

import numpy as np
from torch import Tensor

from prospect.base.errors import ProspectError
from prospect.landscape.evaluate import evaluate
from prospect.model.objective import Objective
from prospect.model.weights import Block

POINTS = 25  # of a chord, both ends among them: as in the code of arXiv:2209.04836
FINER = 5  # steps of the second grid in one of the first


class Similarity(NamedTuple):
    """How alike two vectors of weights a and b are; NaN where a number is undefined.

    sign_consistency : share of coordinates with equal sign (arXiv:2405.12489); those where either
        is 0 are left out (our definition)
    overlap : ⟨a, b⟩ / (‖a‖‖b‖), the cosine
    distance : ‖a − b‖ as a fraction of the mean of the two norms (our definition)
    """

    sign_consistency: float
    overlap: float
    distance: float


class Chord(NamedTuple):
    """Losses L in nats and accuracies along (1 − t)θ_a + tθ_b; NaN where a loss is not finite.

    loss_a, loss_b, accuracy_a, accuracy_b : at the ends
    barrier : sup over t of L((1 − t)θ_a + tθ_b) − [(1 − t)L(θ_a) + tL(θ_b)], never below 0
        (arXiv:2110.06296): the largest value on a grid and on a finer one about its maximum
    barrier_at : the t of the barrier
    midpoint_loss, midpoint_accuracy : at t = ½
    midpoint_gap : midpoint_accuracy − ½(accuracy_a + accuracy_b) (arXiv:2405.12489)
    """

    loss_a: float
    loss_b: float
    accuracy_a: float
    accuracy_b: float
    barrier: float
    barrier_at: float
    midpoint_loss: float
    midpoint_accuracy: float
    midpoint_gap: float


def compare(objective: Objective, theta_a: Tensor, theta_b: Tensor, points: int = POINTS) -> dict:
    """Compare θ_a and θ_b (P,) in all ways: the fields of `Similarity` and `Chord`, `disagreement`.

    Losses, accuracies and answers are those of the objective's samples: take the training set's
    objective for the barrier, the test set's for the midpoint's gap and the disagreement.
    """
    _check_fits(objective, theta_a, theta_b)
    return {
        **similarity(theta_a, theta_b)._asdict(),
        **chord(objective, theta_a, theta_b, points)._asdict(),
        "disagreement": disagreement(objective, theta_a, theta_b),
    }


def similarity(a: Tensor, b: Tensor) -> Similarity:
    """Compare two vectors (P,), or any two tensors of one shape, number by number."""
    if a.shape != b.shape:
        raise ProspectError(
            f"centers of {a.numel()} and {b.numel()} numbers; want one architecture"
        )
    signs = a.sign() * b.sign()
    a, b = a.double(), b.double()
    mean_norm = (a.norm() + b.norm()) / 2
    return Similarity(
        sign_consistency=_ratio((signs > 0).sum(), (signs != 0).sum()),
        overlap=_ratio((a * b).sum(), a.norm() * b.norm()),
        distance=_ratio((a - b).norm(), mean_norm),
    )


def _ratio(numerator: Tensor, denominator: Tensor) -> float:
    """Divide two numbers; NaN where there is nothing to divide by."""
    return float(numerator) / float(denominator) if denominator else math.nan


def similarity_by_tensor(a: Tensor, b: Tensor, blocks: list[Block]) -> dict[str, Similarity]:
    """Compare two vectors (P,) by parameter tensor: by its name."""
    for vector in (a, b):
        check_fit(vector, blocks)
    return {
        block.name: similarity(a[block.start : block.stop], b[block.start : block.stop])
        for block in blocks
    }


def chord(objective: Objective, theta_a: Tensor, theta_b: Tensor, points: int = POINTS) -> Chord:
    """Walk from θ_a to θ_b (P,) in a straight line: a grid of K points, then a finer one.

    The finer grid divides the two steps about the largest value by five. BatchNorm's statistics are
    those of every point; what else is not trained is the objective's. Raises ProspectError where K
    is even (the midpoint must be a point) and where the statistics are frozen: those of one end
    mean nothing at the other.
    """
    if points < 3 or points % 2 == 0:
        raise ProspectError(f"points of a chord: {points}; want an odd number of at least 3")
    if objective.norms.policy == "frozen":
        raise ProspectError("evaluation.batchnorm: 'frozen' fits one center; want 'recompute' here")
    _check_fits(objective, theta_a, theta_b)
    center = objective.sample_losses(theta_a)

    def along(t: np.ndarray):
        line = (theta_b - theta_a)[None]
        return evaluate(objective, theta_a, line, t[:, None], center=center, what=None)

    coarse, middle = np.linspace(0, 1, points), points // 2
    found = along(coarse)
    ends, accuracies = found.loss[[0, -1]], found.accuracy[[0, -1]]
    top = coarse[np.argmax(_above(coarse, found.loss, ends))]
    finer = _about(top, 1 / (points - 1))
    t = np.concatenate([coarse, finer])
    above = _above(t, np.concatenate([found.loss, along(finer).loss]), ends)
    highest = np.argmax(above)  # the first NaN where there is one
    return Chord(
        loss_a=float(ends[0]),
        loss_b=float(ends[1]),
        accuracy_a=float(accuracies[0]),
        accuracy_b=float(accuracies[1]),
        barrier=float(above[highest]),
        barrier_at=float(t[highest]),
        midpoint_loss=float(found.loss[middle]),
        midpoint_accuracy=float(found.accuracy[middle]),
        midpoint_gap=float(found.accuracy[middle] - accuracies.mean()),
    )


def _above(t: np.ndarray, loss: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return losses (K,) at t less the straight line between those at the ends, exactly 0 there."""
    return loss - np.interp(t, [0, 1], ends)


def _about(t: float, step: float) -> np.ndarray:
    """Return the points of the finer grid between the neighbours of t, all inside (0, 1)."""
    finer = t + np.arange(1 - FINER, FINER) * step / FINER
    return finer[(finer > 0) & (finer < 1) & (finer != t)]


def disagreement(objective: Objective, theta_a: Tensor, theta_b: Tensor) -> float:
    """Return the share of the objective's samples that θ_a and θ_b (P,) answer differently."""
    _check_fits(objective, theta_a, theta_b)
    answers_a, answers_b = (objective.outputs(theta).argmax(-1) for theta in (theta_a, theta_b))
    return float((answers_a != answers_b).double().mean())


def _check_fits(objective: Objective, *thetas: Tensor) -> None:
    """Raise ProspectError where a θ is no point of the objective's weight space."""
    for theta in thetas:
        check_fit(theta, objective.flat.blocks)


def check_fit(theta: Tensor, blocks: list[Block]) -> None:
    """Raise ProspectError where θ is no point of the weight space that is laid out so."""
    if theta.shape != (blocks[-1].stop,):
        raise ProspectError(
            f"a center of {theta.numel()} numbers does not fit a network of {blocks[-1].stop} "
            "parameters"
        )


def check_same_architecture(one: list[Block], other: list[Block]) -> None:
    """Raise ProspectError with the first parameter in which two networks differ."""
    for number, (a, b) in enumerate(itertools.zip_longest(one, other), start=1):
        if a != b:
            raise ProspectError(
                f"two networks to compare differ in parameter {number}: {_said(a)} and {_said(b)}; "
                "want one architecture"
            )


def _said(block: Block | None) -> str:
    """Say what a parameter tensor is."""
    return f"'{block.name}' {tuple(block.shape)}" if block else "none"
