"""Training samples dealt to clients whose classes differ, and a part held out for tuning."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from prospect.base.errors import ProspectError
from prospect.base.seeding import stable_hash
from prospect.model.data import Data
from prospect.model.splits import Split

DOUBLINGS = 20  # of alpha, in search of one that works


class Partition(NamedTuple):
    """Which samples a client has.

    samples : (clients, n) int64, rows of the training set; no sample twice
    counts : (clients, C) int64, how many a client has of each class
    """

    samples: Tensor
    counts: Tensor


def hold_out(data: Data, share: float, seed: int = 0) -> tuple[Data, Split]:
    """Take a share of the training set away, stratified by class: for tuning, never for training.

    Raises ProspectError where nothing is held out or nothing is left to train on.
    """
    samples = len(data.train.targets)
    count = round(share * samples)
    if not 0 < count < samples:
        raise ProspectError(
            f"federated.held_out: {share} of {samples} training samples are {count}; want at "
            "least 1 and fewer than all"
        )
    mask = data.train.pick(count, seed)
    kept, held = (Split(data.train.inputs[m], data.train.targets[m]) for m in (~mask, mask))
    return data._replace(train=kept), held


def partition(targets: Tensor, clients: int, alpha: float, seed: int) -> Partition:
    """Deal samples with targets (N,) to clients, n = N // clients each.

    Each client draws the shares of its classes from Dir(α 1_C), as in the code of the authors of
    arXiv:2405.12489. Clients take turns, one sample of a class with these shares among the classes
    that have any left, of any of these where the client wants none of them (our definition). Up to
    clients − 1 samples are left over. Raises ProspectError where a client or a class is empty.
    """
    samples = len(targets)
    if not 0 < clients <= samples:
        raise ProspectError(
            f"federated.clients: {clients} for {samples} training samples leaves a client empty; "
            f"want 1 to {samples}"
        )
    if not alpha > 0:
        raise ProspectError(f"federated.alpha: {alpha}; want a number above 0")
    dealt = _deal(targets, clients, alpha, seed)
    if len(targets.unique()) > int((dealt.counts.sum(0) > 0).sum()):
        raise ProspectError(_what_works(targets, clients, alpha, seed, dealt))
    return dealt


def _deal(targets: Tensor, clients: int, alpha: float, seed: int) -> Partition:
    """Deal the samples, whether or not every class comes into play."""
    rng = np.random.default_rng(stable_hash(seed, "partition"))
    pools = [rng.permutation(members) for members in _members(targets)]
    left = np.array([len(pool) for pool in pools])
    shares = rng.dirichlet(np.full(len(pools), alpha), size=clients)
    index = np.empty((clients, len(targets) // clients), dtype=np.int64)
    counts = np.zeros((clients, len(pools)), dtype=np.int64)
    for turn in range(index.shape[1]):
        for client in rng.permutation(clients):
            wanted = shares[client] * (left > 0)
            if wanted.sum() == 0:
                wanted = (left > 0).astype(float)
            up_to = wanted.cumsum()
            label = int(np.searchsorted(up_to, rng.random() * up_to[-1], side="right"))
            left[label] -= 1
            counts[client, label] += 1
            index[client, turn] = pools[label][left[label]]
    return Partition(torch.from_numpy(index), torch.from_numpy(counts))


def _members(targets: Tensor) -> list[np.ndarray]:
    """Return which samples each class has."""
    labels = targets.cpu().numpy()
    return [np.flatnonzero(labels == label) for label in range(int(labels.max()) + 1)]


def _what_works(targets: Tensor, clients: int, alpha: float, seed: int, dealt: Partition) -> str:
    """Say which classes are empty, and the first of 2α, 4α, … or fewer clients without any."""
    classes = len(targets.unique())

    def works(clients: int, alpha: float) -> bool:
        counts = _deal(targets, clients, alpha, seed).counts
        return int((counts.sum(0) > 0).sum()) == classes

    empty = sorted(set(targets.tolist()) - set(dealt.counts.sum(0).nonzero().flatten().tolist()))
    wider = (alpha * 2**k for k in range(1, DOUBLINGS + 1))
    larger = next((wide for wide in wider if works(clients, wide)), None)
    fewer = next(few for few in range(clients - 1, 0, -1) if works(few, alpha))
    right = f"clients {fewer}" if larger is None else f"alpha {larger:g} or clients {fewer}"
    return (
        f"federated.alpha: {alpha} for {clients} clients gives nobody a sample of class "
        f"{', '.join(map(str, empty[:5]))}; want {right}"
    )
