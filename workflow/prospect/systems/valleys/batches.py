"""Solutions of small and of large batches, and the line through both (arXiv:2405.12489).

A is the solution of small batches, B that of large ones, d = B − A. Equal loss and sharpness at two
radii are ours.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from torch import Tensor

from prospect.base.errors import ProspectError, hint
from prospect.base.progress import track
from prospect.landscape.compare import similarity
from prospect.model.ensemble import collect, members, train_ensemble
from prospect.model.setting import Setting, twin_of, with_options
from prospect.model.training import steps_of
from prospect.systems.valleys.lines import Tables, line, named, point_of, rise, sides

ALPHA = np.linspace(-0.5, 1.5, 41)
STEP = 0.25  # of d, where the two sides of an end are compared
RADIUS, RELATIVE_RADIUS = 3.0, 0.2  # of sharpness, in units of weights and of ‖θ‖
DRAWS = 8  # directions of sharpness
STARTS = ("same", "other")
MATCHED = ("steps", "loss")


class Solution(NamedTuple):
    """A trained network: θ (P,), what is not trained by name, and its number of steps."""

    theta: Tensor
    fixed: dict[str, Tensor]
    steps: float


def batches(
    setting: Setting,
    seeds: Sequence[int],
    sizes: tuple[int, int],
    rates: tuple[float, float],
    matched: str,
    loss: float | None = None,
) -> Tables:
    """Train with small and with large batches, from one initialisation and from two.

    A row of pairs: ``network``, ``matched``, ``start`` (``same`` or ``other``), ``seed``. With
    ``_a`` and ``_b`` of each end: ``steps``, ``norm``, ``loss``, ``accuracy``, ``test_loss``,
    ``test_accuracy``; the mean ``rise`` of the loss at `RADIUS`, ``relative_rise`` at
    `RELATIVE_RADIUS` ‖θ‖; ``sign_consistency`` and ``overlap`` with d at B and −d at A; and
    `lines.sides` at a step of `STEP`, + being outward, away from the other end. Of the two:
    ``pair_`` and the fields of `compare.Similarity`. A row of curves: a point of the line.

    Parameters
    ----------
    setting
        The network, its recipe (its epochs are those of small batches) and its objectives.
    seeds
        A pair each.
    sizes, rates
        Batch sizes and learning rates, of small batches first.
    matched
        ``steps``: large batches have as many epochs as give them as many steps; ``loss``: both also
        stop after the first epoch with a training loss below `loss`.
    loss
        In nats.

    Raises
    ------
    ProspectError
        Where a batch is larger than the training set, `matched` is unknown, or `loss` is missing.
    """
    if matched not in MATCHED:
        raise ProspectError(f"batches: matched by '{matched}'; {hint(matched, MATCHED)}")
    if matched == "loss" and loss is None:
        raise ProspectError("batches: matched by 'loss' without a loss; want one in nats")
    count = len(setting.data.train.targets)
    recipes = _recipes(setting.training, count, sizes, rates, loss if matched == "loss" else None)
    twins = [twin_of(seed) for seed in seeds]
    small = _solutions(setting, recipes[0], seeds, seeds, "small batches")
    large = _solutions(setting, recipes[1], [*seeds, *twins], [*twins, *twins], "large batches")
    rows, curves = [], []
    pairs = zip(STARTS, [large[: len(seeds)], large[len(seeds) :]], strict=True)
    for start, of_start in pairs:
        what = f"batches at equal {matched}: pairs from {start}"
        for seed, a, b in track(zip(seeds, small, of_start, strict=True), what, len(seeds)):
            names = {"network": setting.name, "matched": matched, "start": start, "seed": seed}
            setting.load(a.fixed)
            curve = line(setting, a.theta, b.theta, ALPHA)
            rows.append(names | _row(setting, a, b, curve, seed))
            curves.append(named(names, curve))
    return Tables(pd.DataFrame(rows), pd.concat(curves, ignore_index=True))


def _recipes(
    training: dict,
    samples: int,
    sizes: tuple[int, int],
    rates: tuple[float, float],
    loss: float | None,
) -> list[dict]:
    """Return the recipes of small and large batches, with equal steps to within an epoch."""
    until = None if loss is None else {"loss": loss}
    small, large = (
        with_options(training, lr=rate) | {"batch": size, "until": until}
        for size, rate in zip(sizes, rates, strict=True)
    )
    longer = steps_of(small, samples) / steps_of(large, samples)
    return [small, large | {"epochs": round(training["epochs"] * longer)}]


def _solutions(
    setting: Setting, recipe: dict, inits: Sequence[int], orders: Sequence[int], what: str
) -> list[Solution]:
    """Train networks by a recipe, each from its seeds of initialisation and order of batches."""
    networks = members(setting.network, setting.data, inits)
    states = train_ensemble(networks, setting.data, recipe, orders, setting.device, what=what)
    last, _ = collect(states)
    steps = last.row["trained"] * steps_of(recipe, len(setting.data.train.targets))
    return [Solution(*last.center(member), float(taken)) for member, taken in enumerate(steps)]


def _row(setting: Setting, a: Solution, b: Solution, curve: pd.DataFrame, seed: int) -> dict:
    """Return the numbers of a pair."""
    row = {f"pair_{k}": v for k, v in similarity(a.theta, b.theta)._asdict().items()}
    outward = b.theta - a.theta
    for end, at, solution, away in (("a", 0.0, a, -outward), ("b", 1.0, b, outward)):
        numbers = {"steps": solution.steps, "norm": float(solution.theta.norm())}
        numbers |= point_of(curve, at) | _sharpness(setting, solution.theta, seed)
        alike = similarity(away, solution.theta)
        numbers |= {"sign_consistency": alike.sign_consistency, "overlap": alike.overlap}
        numbers |= sides(curve, at, 2 * at - 1, STEP)
        row |= {f"{name}_{end}": number for name, number in numbers.items()}
    return row


def _sharpness(setting: Setting, theta: Tensor, seed: int) -> dict[str, float]:
    """Return the mean rise of the training loss at both radii, along the same directions."""
    radii = {"rise": RADIUS, "relative_rise": RELATIVE_RADIUS * float(theta.norm())}
    return {name: rise(setting.train, theta, r, DRAWS, seed) for name, r in radii.items()}
