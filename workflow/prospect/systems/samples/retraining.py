"""Networks trained on more and more samples: what settles as k doubles, and what does not.

For every seed the samples have one random order, and the k first of it are a subset; so subsets
are nested. All of a seed's networks start at one initialisation. Each is trained until the loss on
its own samples is below a goal, with batches in one order and, as the baseline, in another one:
what two batch orders of one subset differ by, more samples cannot be blamed for. Ours: the paper
trains once.
"""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from prospect.base.errors import ProspectError
from prospect.base.progress import track
from prospect.base.resume import Partial
from prospect.base.seeding import generator
from prospect.landscape.compare import chord
from prospect.model import ensemble
from prospect.model.data import Data
from prospect.model.objective import Objective
from prospect.model.setting import twin_of
from prospect.model.splits import Split
from prospect.model.training import steps_of
from prospect.systems.samples.perceptrons import is_dead

POINTS = 11  # of a chord


class Retrained(NamedTuple):
    """Networks of one seed for every number of samples k.

    order : the seed's order of all samples (n,)
    start : where all of them start (P,)
    thetas, others : by k, from one order of batches and from another (P,)
    trained : by k, steps until the goal, of the first; None where it was not reached
    """

    seed: int
    order: Tensor
    start: Tensor
    thetas: dict[int, Tensor]
    others: dict[int, Tensor]
    trained: dict[int, int | None]


def retrain(
    name: str,
    network: dict,
    data: Data,
    training: dict,
    seeds: Sequence[int],
    counts: Sequence[int],
    device="cpu",
    partial: Partial | None = None,
) -> list[Retrained]:
    """Train for every k and seed, twice, one ensemble a k.

    With `partial` it goes on where it was stopped, after the same k.

    Parameters
    ----------
    name, network, data
        Its name for the log, its description, its data.
    training
        The recipe, with ``until``. Its ``epochs`` are those over all n samples at most; for fewer
        samples as many steps.
    seeds : (M,)
        A start and an order of samples each.
    counts
        The k, increasing, the last n itself; see `doubling`.
    device
        Where networks are trained.
    partial
        Keeps the networks of every k that is finished.

    Raises
    ------
    ProspectError
        Where the k do not increase, exceed n or are below a batch, or no goal is set.
    """
    n = len(data.train.targets)
    check_counts(counts, n, training)
    orders = [torch.randperm(n, generator=generator(seed, "order of samples", 0)) for seed in seeds]
    finished = ((partial.load() if partial else None) or {"finished": {}})["finished"]
    for k in track(counts, f"{name}: samples"):
        if str(k) not in finished:
            subsets = torch.stack([order[:k] for order in orders])
            finished[str(k)] = _train(network, data, training, seeds, subsets, device)
            if partial:
                partial.keep({"finished": finished})
    found = []
    for number, (seed, order) in enumerate(zip(seeds, orders, strict=True)):
        one = Retrained(seed, order, finished[str(n)]["start"][2 * number], {}, {}, {})
        for k in counts:
            of_k, two = finished[str(k)], slice(2 * number, 2 * number + 2)
            one.thetas[k], one.others[k] = of_k["theta"][two]
            met = (of_k["loss"][two] < training["until"]["loss"]).all()
            steps = int(of_k["trained"][two][0]) * steps_of(training, k)
            one.trained[k] = steps if met else None
        found.append(one)
    return found


def _train(
    network: dict, data: Data, training: dict, seeds: Sequence[int], subsets: Tensor, device
) -> dict[str, Tensor]:
    """Train on subsets (M, k), with two orders of batches each, until all have met the goal.

    Where they start and end (2M, P), the two of a seed side by side; their loss, and how many
    epochs they took.
    """
    n, k = len(data.train.targets), subsets.shape[1]
    longest = training["epochs"] * steps_of(training, n)
    recipe = training | {"epochs": -(-longest // steps_of(training, k))}
    networks = ensemble.members(network, data, [seed for seed in seeds for _ in range(2)])
    batches = [order for seed in seeds for order in (seed, twin_of(seed))]
    rows = subsets.repeat_interleave(2, dim=0)
    states = ensemble.train_ensemble(
        networks, data, recipe, batches, device, subsets=rows, what=None
    )
    start = next(states).theta
    for last in states:
        if (last.row["loss"] < training["until"]["loss"]).all():
            break
    return {"start": start, "theta": last.theta} | {
        name: last.row[name] for name in ("loss", "trained")
    }


def doubling(first: int, samples: int) -> list[int]:
    """List the k from `first` on, doubling while two fit, and at last all samples.

    >>> doubling(50, 1437)
    [50, 100, 200, 400, 800, 1437]
    """
    counts = [first]
    while 3 * counts[-1] <= 2 * samples and 2 * counts[-1] < samples:
        counts.append(2 * counts[-1])
    return [*counts, samples]


def check_counts(counts: Sequence[int], samples: int, training: dict) -> None:
    """Raise ProspectError where the k are not in order, end at n and hold a batch each."""
    if any(low >= high for low, high in itertools.pairwise(counts)):
        raise ProspectError(f"retraining: k = {list(counts)} does not increase; want them in order")
    if counts[-1] != samples:
        raise ProspectError(
            f"retraining: the last k is {counts[-1]}; want all {samples} training samples"
        )
    if not training.get("until"):
        raise ProspectError("retraining: networks are trained to one loss; want training.until")
    steps_of(training, counts[0])


def retraining(
    name: str, found: Sequence[Retrained], data: Data, network: dict, points: int = POINTS
) -> pd.DataFrame:
    """Compare what was trained on k samples with what was on more: a row a seed and k.

    ``network``, ``seed``, ``k``, ``next_k``; ``classes`` among the k samples;
    ``reached``, whether both batch orders met the goal; ``dead``; ``steps``. At θ_k: ``own_loss``
    over its own samples, ``loss`` over all, ``excess`` (less that of θ_n), ``test_loss``,
    ``test_accuracy``. Distances in units of ‖θ_n − θ_0‖: ``from_start``, ``to_all`` (θ_n),
    ``to_next`` (the next k), ``between_orders`` (two orders of batches on the same samples), and
    ``beyond_orders``, by how much the former is larger than the latter.
    Barriers in nats, ``barrier`` from θ_k to the next and ``order_barrier`` between batch orders,
    over all samples; with ``own_`` over the k samples. NaN at the last k where there is no next.

    `points` are those of a chord (odd).
    """
    module = ensemble.members(network, data, [0])[0]
    whole, test = (Objective(module, split) for split in (data.train, data.test))
    rows = []
    for one in track(found, f"{name}: comparisons"):
        counts = list(one.thetas)
        final = whole.sample_losses(one.thetas[counts[-1]]).means[0]
        for k, following in itertools.zip_longest(counts, counts[1:]):
            names = {"network": name, "seed": one.seed, "k": k}
            names["next_k"] = np.nan if following is None else following
            losses = _losses(one, k, whole, test)
            subset = Split(*(part[one.order[:k]] for part in data.train))
            a, after = one.thetas[k], None if following is None else one.thetas[following]
            objectives = whole, Objective(module, subset)
            rows.append(
                names
                | losses
                | {"excess": losses["loss"] - final, "classes": len(subset.targets.unique())}
                | _distances(one, k, after)
                | _barriers("order_barrier", objectives, a, one.others[k], points)
                | _barriers("barrier", objectives, a, after, points)
            )
    return pd.DataFrame(rows)


def _losses(one: Retrained, k: int, whole: Objective, test: Objective) -> dict[str, float]:
    """Return how training on k samples ended, and the losses there."""
    losses, steps = whole.sample_losses(one.thetas[k]).loss, one.trained[k]
    test_loss, test_accuracy = test.sample_losses(one.thetas[k]).means
    return {
        "reached": steps is not None,
        "dead": is_dead(losses),
        "steps": np.nan if steps is None else steps,
        "own_loss": float(losses[one.order[:k]].double().mean()),
        "loss": float(losses.double().mean()),
        "test_loss": test_loss,
        "test_accuracy": test_accuracy,
    }


def _distances(one: Retrained, k: int, after: Tensor | None) -> dict[str, float]:
    """Return the distances from θ_k in units of the way from the start to θ_n."""
    *_, every = one.thetas.values()
    places = {"from_start": one.start, "to_all": every, "between_orders": one.others[k]}
    unit = float((every - one.start).norm())
    found = {name: float((one.thetas[k] - place).norm()) / unit for name, place in places.items()}
    to_next = np.nan if after is None else float((one.thetas[k] - after).norm()) / unit
    return found | {"to_next": to_next, "beyond_orders": to_next - found["between_orders"]}


def _barriers(
    column: str, objectives: Sequence[Objective], a: Tensor, b: Tensor | None, points: int
) -> dict[str, float]:
    """Return the barrier between two θ over all samples and over the k; NaN where there is no b."""
    names = (column, f"own_{column}")
    if b is None:
        return dict.fromkeys(names, np.nan)
    found = [chord(objective, a, b, points).barrier for objective in objectives]
    return dict(zip(names, found, strict=True))
