"""Stochastic weight averaging and the SGD that goes on from it (arXiv:1902.00744).

SWA is the mean of the weights at the ends of the epochs of a phase of constant rate; SGD is where
training from there arrives at a lower rate. The line 0 = SWA, 1 = SGD goes beyond both. The sign
consistency of SWA − SGD with SGD joins the claims of arXiv:1902.00744 and arXiv:2405.12489 (ours),
as do both with and without weight decay.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from prospect.base.errors import ProspectError
from prospect.base.progress import track
from prospect.base.seeding import stable_hash
from prospect.landscape.compare import similarity
from prospect.model.ensemble import Epochs, collect, members, train_ensemble
from prospect.model.setting import Setting, with_options
from prospect.systems.valleys.lines import Tables, line, named, point_of, sides

ALPHA = np.linspace(-1, 2, 61)


def averages(
    setting: Setting,
    seeds: Sequence[int],
    start: int,
    rate: float,
    epochs: int,
    decays: Sequence[float],
) -> Tables:
    """Average, go on, and look along the line through both.

    A row of pairs: ``network``, ``weight_decay``, ``seed``; ``norm``, ``loss``, ``accuracy``,
    ``test_loss`` and ``test_accuracy`` of each (``…_swa``, ``…_sgd``); ``sign_consistency`` and
    ``overlap`` of SWA − SGD with SGD, their ``distance`` in units of weights; `lines.sides` of
    SGD at the distance of SWA, + being the side of SWA, by the training loss and with ``test_`` by
    the test loss; and ``he_condition``, whether SGD has the lower training and the higher test
    loss. A row of curves: a point of the line.

    Parameters
    ----------
    setting
        The network, its recipe (of constant rate) and its objectives.
    seeds
        A network each.
    start
        The first epoch that is averaged, up to the last of the recipe.
    rate, epochs
        Learning rate and length of the SGD that goes on.
    decays
        Weight decays, in both phases.

    Raises
    ------
    ProspectError
        Where the average starts after the last epoch, the rate of the recipe is not constant, or
        networks may stop early.
    """
    _check(setting.training, start)
    rows, curves = [], []
    for decay in decays:
        recipe = with_options(setting.training, weight_decay=decay)
        swa, last = average(setting, recipe, seeds, start)
        sgd = _go_on(setting, recipe, seeds, swa, last, rate, epochs)
        for member, seed in enumerate(track(seeds, f"averages, weight decay {decay}")):
            names = {"network": setting.name, "weight_decay": decay, "seed": seed}
            theta, fixed = sgd.center(member)
            setting.load(fixed)
            curve = line(setting, swa[member], theta, ALPHA)
            rows.append(names | _row(swa[member], theta, curve))
            curves.append(named(names, curve))
    return Tables(pd.DataFrame(rows), pd.concat(curves, ignore_index=True))


def _check(training: dict, start: int) -> None:
    """Raise ProspectError where the recipe has no phase to average over."""
    if not 1 <= start <= training["epochs"]:
        raise ProspectError(
            f"averages: start {start} is not one of the epochs 1 to {training['epochs']} of "
            "training"
        )
    if training.get("schedule", "cosine") != "constant":
        raise ProspectError("averages: the recipe's rate falls; want training.schedule: constant")
    if training.get("until"):
        raise ProspectError("averages: an average wants every epoch; leave out training.until")


def average(
    setting: Setting, recipe: dict, seeds: Sequence[int], start: int
) -> tuple[Tensor, Epochs]:
    """Train networks; return their means (M, P) over epochs from `start` on, and the last state.

    BatchNorm's statistics are left to who evaluates the means.
    """
    networks = members(setting.network, setting.data, seeds)
    total, count = torch.zeros(()), 0
    what = "averages: epochs"
    for state in train_ensemble(networks, setting.data, recipe, seeds, setting.device, what=what):
        if state.epoch >= start:
            total, count = total + state.theta.double(), count + 1
    return (total / count).to(state.theta), state


def _go_on(
    setting: Setting,
    recipe: dict,
    seeds: Sequence[int],
    swa: Tensor,
    last: Epochs,
    rate: float,
    epochs: int,
) -> Epochs:
    """Train from the means (M, P) at a lower rate; return the last state."""
    at_means = last._replace(theta=swa)
    starts = [at_means.center(member) for member in range(len(swa))]
    networks = members(setting.network, setting.data, seeds, starts)
    recipe = with_options(recipe, lr=rate) | {"epochs": epochs}
    orders = [stable_hash(seed, "after the average") for seed in seeds]
    what = "averages: SGD goes on"
    states = train_ensemble(networks, setting.data, recipe, orders, setting.device, what=what)
    return collect(states)[0]


def _row(swa: Tensor, sgd: Tensor, curve: pd.DataFrame) -> dict:
    """Return the numbers of an average and the SGD after it."""
    to_swa = similarity(swa - sgd, sgd)
    row: dict[str, float | bool] = {}
    for end, at, theta in (("swa", 0, swa), ("sgd", 1, sgd)):
        numbers = {"norm": float(theta.norm())} | point_of(curve, at)
        row |= {f"{name}_{end}": number for name, number in numbers.items()}
    lower = row["loss_sgd"] < row["loss_swa"] and row["test_loss_sgd"] > row["test_loss_swa"]
    row |= {"sign_consistency": to_swa.sign_consistency, "overlap": to_swa.overlap}
    row |= {"distance": float((swa - sgd).norm()), "he_condition": lower}
    of_test = curve[["alpha", "test_loss", "test_accuracy"]].set_axis(
        ["alpha", "loss", "accuracy"], axis=1
    )
    row |= sides(curve, 1, -1, 1)
    return row | {f"test_{name}": value for name, value in sides(of_test, 1, -1, 1).items()}
