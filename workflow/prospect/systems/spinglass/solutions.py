"""Solutions of one problem: independent networks, and the leaves of a tree of forked runs.

At a fork a run goes on several times from the same weights, with the optimiser's memory and the
schedule as they are, and with other orders of batches. So forked solutions have a tree by
construction; whether independent ones have one is the question. Ours, after the abstract of
arXiv:2407.20724.
"""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd
from torch import Tensor

from prospect.base.errors import ProspectError
from prospect.base.resume import Partial
from prospect.base.seeding import stable_hash
from prospect.landscape.alignment import Symmetry, symmetry_of
from prospect.model.ensemble import collect, members, train_ensemble
from prospect.model.setting import Setting
from prospect.model.training import goal

FORKS = (0, 2, 6)  # epochs of 30: after a third of a cosine run the branches end in one point
BRANCHES = 4  # at every fork


class Solutions(NamedTuple):
    """M networks of one architecture.

    table : a row a network: ``network``, ``seed`` of the whole set, ``kind`` (``untrained``,
        ``independent``, ``forked``), ``member``, ``branch`` (the path through the tree, as
        ``0.3.1``; empty where there is none), ``loss``, ``accuracy``, ``test_loss``,
        ``test_accuracy``
    thetas : weights (M, P)
    symmetry : which hidden units can change places
    """

    table: pd.DataFrame
    thetas: Tensor
    symmetry: Symmetry


def independent(
    setting: Setting, seed: int, count: int, partial: Partial | None = None
) -> tuple[Solutions, Solutions]:
    """Train networks from starts and with orders of batches of their own.

    Returns them before (the control: nothing is learnt there) and after training.

    Parameters
    ----------
    setting
        The network, its data and its recipe.
    seed
        Of the whole set.
    count
        M, the number of networks.
    partial
        Where training is kept, to go on after a stop.
    """
    seeds = [stable_hash(seed, "solution", member) for member in range(count)]
    networks = members(setting.network, setting.data, seeds)
    what = f"{setting.name}: independent solutions"
    states = train_ensemble(
        networks, setting.data, setting.training, seeds, setting.device,
        what=what, kept=[0], partial=partial,
    )  # fmt: skip
    first = next(states)
    last, _ = collect(itertools.chain([first], states))
    names = {"network": setting.name, "seed": seed}
    kinds = {"untrained": first, "independent": last}
    symmetry = symmetry_of(networks[0])
    before, after = (
        Solutions(_table(names | {"kind": kind}, epochs.row, [""] * count), epochs.theta, symmetry)
        for kind, epochs in kinds.items()
    )
    return before, after


def forked(
    setting: Setting,
    seed: int,
    forks: Sequence[int] = FORKS,
    branches: int = BRANCHES,
    partial: Partial | None = None,
) -> Solutions:
    """Train a tree of runs from one start: the leaves are ``branches ** len(forks)`` solutions.

    All leaves are trained side by side. Until a fork those of one branch have the same orders of
    batches and so the same weights.

    Parameters
    ----------
    setting
        The network, its data and its recipe.
    seed
        Of the whole tree.
    forks
        The epochs at whose ends every run goes on in branches; 0 is the start.
    branches
        How many.
    partial
        Where training is kept, to go on after a stop.

    Raises
    ------
    ProspectError
        Where a fork is not before the last epoch or forks are not in increasing order, and where
        the recipe stops at a loss, which branches reach at different epochs.
    """
    training = setting.training
    check_forks(forks, training)
    leaves = list(itertools.product(range(branches), repeat=len(forks)))
    orders = [_orders(seed, leaf, forks, training["epochs"]) for leaf in leaves]
    networks = members(setting.network, setting.data, [seed] * len(leaves))
    what = f"{setting.name}: forked solutions"
    states = train_ensemble(
        networks, setting.data, training, orders, setting.device, what=what, partial=partial
    )
    last, _ = collect(states)
    paths = [".".join(map(str, leaf)) for leaf in leaves]
    table = _table({"network": setting.name, "seed": seed, "kind": "forked"}, last.row, paths)
    return Solutions(table, last.theta, symmetry_of(networks[0]))


def check_forks(forks: Sequence[int], training: dict) -> None:
    """Raise ProspectError where runs of this recipe cannot fork at the ends of these epochs."""
    said = ", ".join(map(str, forks))
    if not forks or list(forks) != sorted(set(forks)) or forks[0] < 0:
        raise ProspectError(f"forks: [{said}]; want epochs in increasing order, 0 for the start")
    if forks[-1] >= training["epochs"]:
        raise ProspectError(
            f"forks: {forks[-1]} is not before the last epoch {training['epochs']} of training; "
            f"want at most {training['epochs'] - 1}"
        )
    if goal(training) > 0:
        raise ProspectError("forks: a run that stops at a loss has no fork; leave out until")


def _orders(seed: int, leaf: tuple[int, ...], forks: Sequence[int], epochs: int) -> list[int]:
    """Return the seeds of a leaf's orders of batches, by epoch: those of the branch it is in."""
    passed = [sum(fork < epoch for fork in forks) for epoch in range(1, epochs + 1)]
    return [stable_hash(seed, "branch", *leaf[:depth]) for depth in passed]


def _table(names: dict, row: dict[str, Tensor], paths: Sequence[str]) -> pd.DataFrame:
    """Return a row a network, with its numbers at the end of training."""
    losses = ("loss", "accuracy", "test_loss", "test_accuracy")
    columns = {name: row[name].numpy() for name in losses}
    return pd.DataFrame(names | {"member": range(len(paths)), "branch": paths} | columns)
