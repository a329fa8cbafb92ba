"""How the mean loss of trained perceptrons changes with one more sample (arXiv:2409.11995).

The experiment as the authors coded it: perceptrons without biases, h units wide, with L layers of
h × h between the first and the last; Adam with a constant rate; the losses of all samples at the
end; random orders of these; the mean over orders of |L_{k+1} − L_k|. They smooth it by
e_j = 0.99 e_{j−1} + 0.01 v_j.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from torch import Tensor

from prospect.base.errors import ProspectError
from prospect.model.data import Data
from prospect.model.ensemble import members, train_ensemble
from prospect.model.objective import Objective
from prospect.model.splits import Split
from prospect.systems.samples.orders import mean_increments, orders
from prospect.systems.samples.perceptrons import Perceptron, recipe

SMOOTHING = 0.99  # the authors'
SHOWN = 32  # sizes of a curve that are kept, evenly spaced on a logarithmic scale
TAIL = 5  # slope and level are those of k ≥ n / TAIL
DEAD = 0.99  # share of silent samples from which on a network is dead
ROUNDING = 1e-6  # nats


def first_samples(data: Data, count: int | None) -> Data:
    """Keep the first samples of the training set alone, as the authors do.

    Raises ProspectError where there are not as many.
    """
    there = len(data.train.targets)
    if count is None:
        return data
    if count > there:
        raise ProspectError(f"increments.samples: {count} are more than the {there} there are")
    return data._replace(train=Split(*(tensor[:count] for tensor in data.train)))


def measure(
    perceptron: Perceptron, data: Data, own: Mapping, seeds: Sequence[int], device
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train a perceptron from every seed, and look after every budget of epochs.

    `own` holds ``epochs`` (the budgets), ``batch``, ``rate`` and ``orders``. Returns a row a
    network and budget: ``loss``, ``accuracy`` and the same with ``test_``; and of the losses of all
    N samples what `of_losses` says. And the curves: a row a network, budget and ``k``, with
    ``increment`` and ``smoothed`` in nats.
    """
    budgets = sorted(own["epochs"])
    # at a constant rate the shorter budgets are beginnings of the longest
    training = recipe(own, epochs=budgets[-1])
    networks = members(perceptron.network, data, seeds)
    objective = Objective(networks[0], data.train, classes=data.classes, device=device)
    rows, curves = [], []
    for state in train_ensemble(networks, data, training, seeds, device, what=f"{perceptron}"):
        for member, seed in enumerate(seeds) if state.epoch in budgets else ():
            named = {"network": str(perceptron), **perceptron._asdict()}
            named |= {"seed": seed, "epochs": state.epoch}
            seen = {name: float(column[member]) for name, column in state.row.items()}
            del seen["trained"]
            losses = objective.sample_losses(state.theta[member]).loss.cpu()
            drawn = orders(own["orders"], len(losses), seed, "increments")
            found, curve = of_losses(losses, drawn, data.classes)
            rows.append(named | seen | found)
            curves.append(pd.DataFrame(named | curve))
    return pd.DataFrame(rows), pd.concat(curves, ignore_index=True)


def of_losses(losses: Tensor, drawn: Tensor, classes: int) -> tuple[dict, dict]:
    """Say of losses (N,) of C classes in random orders (O, N) what the experiment looks at.

    ``mad`` : their mean absolute deviation from their mean
    ``level`` : the mean of (k + 1) |L_{k+1} − L_k| over orders and k ≥ N / 5
    ``identity`` : level / mad, 1 by the identity L_{k+1} − L_k = (l_{k+1} − L_k) / (k + 1)
    ``slope`` : of the logarithm of the mean increment by that of k, over the same k
    ``per_loss`` : mad over the mean loss
    ``silent`` : share of samples with the loss ln C of equal outputs, as where no ReLU is on
    ``dead`` : whether 99 % of the samples are silent; then identity and slope are missing

    And the curve, by ``k``, ``increment`` and ``smoothed``.
    """
    values, exact = mean_increments(losses, drawn), losses.double()
    sizes = np.arange(1, len(losses))
    tail = sizes >= len(losses) / TAIL
    mad = float((exact - exact.mean()).abs().mean())
    level = float(((sizes + 1) * values)[tail].mean())
    silent = float(((exact - math.log(classes)).abs() < ROUNDING).double().mean())
    found = {"mad": mad, "level": level, "per_loss": mad / float(exact.mean()), "silent": silent}
    found |= {"identity": np.nan, "slope": np.nan, "dead": silent >= DEAD}
    if not found["dead"]:
        slope, _ = np.polyfit(np.log(sizes[tail]), np.log(values[tail]), 1)
        found |= {"identity": level / mad, "slope": float(slope)}
    shown = np.unique(np.geomspace(1, len(sizes), SHOWN).round().astype(int)) - 1
    curve = {"k": sizes[shown], "increment": values[shown], "smoothed": smoothed(values)[shown]}
    return found, curve


def smoothed(values: np.ndarray) -> np.ndarray:
    """Return e_j = 0.99 e_{j−1} + 0.01 v_j with e_0 = v_0, as the authors smooth."""
    result, here = np.empty_like(values), values[0]
    for place, value in enumerate(values):
        here = SMOOTHING * here + (1 - SMOOTHING) * value
        result[place] = here
    return result
