"""Fusion: two networks, each trained on one half of the training set, and their midpoint.

A pair is two networks and two halves of the training set, all drawn from one seed. Networks start
at

``same`` : one initialisation
``other`` : an initialisation each
``pre-trained`` : one network, trained on the whole training set for some epochs
``half-classes`` : one network, trained on the first half of the classes

The first and third are those of arXiv:2405.12489, the others ours, as are barrier, alignment, the
ensemble of the two and merging by sign consensus beside its gap and sign consistency.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from prospect.base.errors import ProspectError, hint
from prospect.base.progress import track
from prospect.base.seeding import stable_hash
from prospect.landscape.alignment import Symmetry, align, symmetry_of
from prospect.landscape.compare import chord, similarity
from prospect.model.ensemble import collect, members, train_ensemble
from prospect.model.objective import Objective
from prospect.model.setting import Setting, twin_of
from prospect.model.splits import Split
from prospect.systems.valleys.merging import KEEP, sign_consensus

STARTS = ("same", "other", "pre-trained", "half-classes")
POINTS = 11  # of a chord: there are many
SIDE_BY_SIDE = (
    *("sign_consistency", "overlap", "distance", "barrier"),
    *("midpoint_accuracy", "midpoint_gap"),
)


class Pair(NamedTuple):
    """Two networks at an epoch.

    begun, thetas : where they started and where they are, (2, P)
    fixed : what is not trained in the first, by name
    """

    seed: int
    epoch: int
    begun: Tensor
    thetas: Tensor
    fixed: dict[str, Tensor]


def fusion(
    setting: Setting,
    seeds: Sequence[int],
    starts: Sequence[str],
    epochs: Sequence[int],
    pretraining: int,
    *,
    points: int = POINTS,
    keep: float = KEEP,
) -> pd.DataFrame:
    """Train pairs and compare the two of each at some epochs: a row a start, epoch and pair.

    ``network``, ``start``, ``epoch``, ``seed`` (the pair). Accuracies on test samples:
    ``accuracy_a``, ``accuracy_b``, ``ensemble_accuracy`` (the mean of both softmax outputs) and
    ``consensus_accuracy`` (merged by sign consensus; NaN without a common start).
    ``sign_consistency_a`` and ``_b`` of each with where it started. Of the two: the fields of
    `compare.Similarity`, ``barrier`` on training samples in nats, ``midpoint_accuracy`` and
    ``midpoint_gap`` on test samples, as of `compare.Chord`; with ``aligned_`` the same after the
    hidden units of the second are aligned to the first, NaN where these cannot be followed.
    What is not trained is the first network's in both.

    Parameters
    ----------
    setting
        The network, its recipe and its objectives.
    seeds
        A pair each.
    starts
        Some of `STARTS`.
    epochs
        At which the two are compared; 0 is before training.
    pretraining
        Epochs before the two part, by the same recipe.
    points
        K of the chord.
    keep
        Share of a task vector that `merging.sign_consensus` keeps.

    Raises
    ------
    ProspectError
        Where an epoch is beyond training, a start is unknown, or a half of the training set has
        fewer than two samples of a class.
    """
    _check(setting, starts, epochs)
    rows = []
    for start in starts:
        networks = _begin(setting, seeds, start, pretraining)
        symmetry = _symmetry_of(networks[0])
        for pair in _trained(setting, seeds, networks, epochs, start):
            setting.load(pair.fixed)
            row: dict = {"network": setting.name, "start": start}
            row |= {"epoch": pair.epoch, "seed": pair.seed} | _each(setting.test, pair, keep)
            ends = (row["accuracy_a"] + row["accuracy_b"]) / 2
            rows.append(row | _before_and_after(setting, pair, symmetry, ends, points))
    return pd.DataFrame(rows)


def halves(split: Split, seed: int) -> Tensor:
    """Split samples at random, stratified by class, in two halves of one size: indices (2, n).

    One sample of an odd number is left out. Raises ProspectError where a half has fewer than two
    samples of a class.
    """
    size = len(split.targets) // 2
    first = split.pick(size, seed)
    parts = torch.stack([torch.nonzero(mask).squeeze(1)[:size] for mask in (first, ~first)])
    for label in split.targets.unique():
        count = int((split.targets[parts] == label).sum(1).min())
        if count < 2:
            raise ProspectError(
                f"fusion: a half of the training set has {count} samples of class {label}; want at "
                "least 2, so at least 4 in all"
            )
    return parts


def _check(setting: Setting, starts: Sequence[str], epochs: Sequence[int]) -> None:
    """Raise ProspectError where a start or an epoch is not there."""
    for start in starts:
        if start not in STARTS:
            raise ProspectError(f"fusion: no start '{start}'; {hint(start, STARTS)}")
    last = setting.training["epochs"]
    for epoch in epochs:
        if not 0 <= epoch <= last:
            raise ProspectError(f"fusion: epoch {epoch} is not one of 0 to {last} of training")


def _begin(setting: Setting, seeds: Sequence[int], start: str, pretraining: int) -> list[nn.Module]:
    """Return the networks of all pairs where they start, the two of a pair side by side."""
    if start == "other":
        each = [one for seed in seeds for one in (seed, twin_of(seed))]
        return members(setting.network, setting.data, each)
    centers = None
    if start != "same":
        of_seeds = _pretrained(setting, seeds, pretraining, halved=start == "half-classes")
        centers = _twice(of_seeds)
    return members(setting.network, setting.data, _twice(seeds), centers)


def _twice(items: Sequence) -> list:
    return [item for item in items for _ in range(2)]


def _pretrained(setting: Setting, seeds: Sequence[int], epochs: int, halved: bool) -> list[tuple]:
    """Train a network a seed on all classes or the first half of them; return their centers."""
    targets = setting.data.train.targets
    classes = targets.unique()
    some = torch.isin(targets, classes[: len(classes) // 2 if halved else len(classes)])
    subsets = torch.nonzero(some).squeeze(1).expand(len(seeds), -1)
    training = setting.training | {"epochs": epochs, "until": None}
    networks = members(setting.network, setting.data, seeds)
    orders = [stable_hash(seed, "pre-training") for seed in seeds]
    device, what = setting.device, "pre-training"
    last, _ = collect(
        train_ensemble(networks, setting.data, training, orders, device, subsets=subsets, what=what)
    )
    return [last.center(member) for member in range(len(seeds))]


def _trained(
    setting: Setting,
    seeds: Sequence[int],
    networks: list[nn.Module],
    epochs: Sequence[int],
    start: str,
) -> Iterator[Pair]:
    """Train all pairs as one ensemble; yield each at each of the epochs."""
    subsets = torch.cat([halves(setting.data.train, seed) for seed in seeds])
    orders = [order for seed in seeds for order in (seed, twin_of(seed))]
    states = train_ensemble(
        networks,
        setting.data,
        setting.training,
        orders,
        setting.device,
        subsets=subsets,
        what=f"fusion from {start}: epochs",
    )
    for state in states:
        if state.epoch == 0:
            begun = state.theta
        if state.epoch in epochs:
            what = f"fusion from {start}: pairs at epoch {state.epoch}"
            for number, seed in enumerate(track(seeds, what)):
                two = slice(2 * number, 2 * number + 2)
                _, fixed = state.center(2 * number)
                yield Pair(seed, state.epoch, begun[two], state.theta[two], fixed)


def _symmetry_of(network: nn.Module) -> Symmetry | None:
    """Return the symmetry of hidden units, None where they cannot be followed."""
    try:
        return symmetry_of(network)
    except ProspectError:
        return None


def _each(test: Objective, pair: Pair, keep: float) -> dict[str, float]:
    """Return accuracies of the two, their ensemble and merging; what is left of their starts."""
    outputs = [test.outputs(theta) for theta in pair.thetas]
    accuracies = [_accuracy(test, of_one) for of_one in outputs]
    chances = torch.stack(outputs).softmax(-1).mean(0)
    consensus = np.nan
    if torch.equal(*pair.begun):
        merged = sign_consensus(pair.begun[0], pair.thetas, keep)
        consensus = _accuracy(test, test.outputs(merged))
    signs = [
        similarity(*both).sign_consistency for both in zip(pair.begun, pair.thetas, strict=True)
    ]
    return {
        "accuracy_a": accuracies[0],
        "accuracy_b": accuracies[1],
        "ensemble_accuracy": _accuracy(test, chances.log()),
        "consensus_accuracy": consensus,
        "sign_consistency_a": signs[0],
        "sign_consistency_b": signs[1],
    }


def _accuracy(objective: Objective, outputs: Tensor) -> float:
    """Return the accuracy of outputs (N, C)."""
    return float(objective.score(outputs).metric.double().mean())


def _before_and_after(
    setting: Setting, pair: Pair, symmetry: Symmetry | None, ends: float, points: int
) -> dict[str, float]:
    """Compare the two as they are, and after alignment."""
    a, b = pair.thetas
    before, after = side_by_side(setting, a, b, ends, points), dict.fromkeys(SIDE_BY_SIDE, np.nan)
    if symmetry is not None:
        aligned = align(a, b, symmetry, pair.seed).theta
        after = side_by_side(setting, a, aligned, ends, points)
    return before | {f"aligned_{name}": number for name, number in after.items()}


def side_by_side(
    setting: Setting, theta_a: Tensor, theta_b: Tensor, ends: float, points: int = POINTS
) -> dict[str, float]:
    """Compare θ_a and θ_b (P,), whose mean accuracy is `ends`: `SIDE_BY_SIDE`, as `fusion` says.

    Raises ProspectError where they are not of the setting's architecture.
    """
    alike = similarity(theta_a, theta_b)
    barrier = chord(setting.train, theta_a, theta_b, points).barrier
    middle = _accuracy(setting.test, setting.test.outputs((theta_a + theta_b) / 2))
    return dict(zip(SIDE_BY_SIDE, (*alike, barrier, middle, middle - ends), strict=True))
