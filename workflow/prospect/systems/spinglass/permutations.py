"""Copies of a network under permutation of its hidden units, and the loss on the way to them.

A copy has the same loss; the straight line to it leads over a barrier. Ours, after the abstract of
arXiv:2407.20724: how the barrier depends on how many units change places, and in what way. All
kinds move every unit that they are said to move. Products of swaps undo themselves, so their curves
are symmetric about ½; those of cycles of three units or more are not.
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from prospect.base.errors import ProspectError, hint
from prospect.base.progress import track
from prospect.base.seeding import generator
from prospect.landscape.alignment import Permutation, Symmetry, permuted, symmetry_of
from prospect.landscape.compare import chord, similarity
from prospect.landscape.evaluate import evaluate
from prospect.model.ensemble import collect, members, train_ensemble
from prospect.model.objective import Objective
from prospect.model.setting import Setting

KINDS = ("swaps", "derangement", "cycle")
POINTS = 51  # of a segment that is drawn


def of_length(
    setting: Setting, epochs: int, seeds: Sequence[int], counts: Sequence[int], draws: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train networks for so many epochs; return their `barriers`, and `segments` of the first.

    Both have a column ``epochs``. Parameters as there.
    """
    networks, recipe = members(setting.network, setting.data, seeds), setting.training
    last, _ = collect(
        train_ensemble(
            networks, setting.data, recipe | {"epochs": epochs}, seeds, setting.device,
            what=f"{setting.name}: {epochs} epochs",
        )
    )  # fmt: skip
    what, symmetry = (setting.name, setting.train), symmetry_of(networks[0])
    rows = barriers(*what, symmetry, last.theta, seeds, counts, draws)
    drawn = segments(*what, symmetry, last.theta[0], seeds[0], counts)
    return rows.assign(epochs=epochs), drawn.assign(epochs=epochs)


class Copy(NamedTuple):
    """A permuted copy θ (P,) of a network, and what tells it from others."""

    kind: str
    moved: int
    draw: int
    theta: Tensor


def order_of(kind: str, units: int, moved: int, rng: torch.Generator) -> Permutation:
    """Draw a permutation (h,) of h units that moves exactly `moved` of them.

    ``swaps`` are disjoint pairs that change places; ``cycle`` is one cycle; ``derangement`` is any
    permutation without a fixed point, each as likely. Raises ProspectError where so many cannot
    move so.
    """
    if kind not in KINDS:
        raise ProspectError(f"permutations: kind '{kind}'; {hint(kind, KINDS)}")
    if not 2 <= moved <= units:
        raise ProspectError(f"permutations: {moved} of {units} units to move; want 2 to {units}")
    if kind == "swaps" and moved % 2:
        raise ProspectError(f"permutations: {moved} units to move by swaps; want an even number")
    places = torch.randperm(units, generator=rng)[:moved]
    order = torch.arange(units)
    if kind == "swaps":
        order[places] = places.view(-1, 2).flip(1).flatten()
    elif kind == "cycle":
        order[places] = places.roll(1)
    else:
        order[places] = places[_derangement(moved, rng)]
    return order


def _derangement(count: int, rng: torch.Generator) -> Permutation:
    """Draw a permutation (count,) without a fixed point; about e tries."""
    while True:
        order = torch.randperm(count, generator=rng)
        if (order != torch.arange(count)).all():
            return order


def copies_of(
    theta: Tensor, symmetry: Symmetry, counts: Sequence[int], draws: int, seed: int
) -> Iterator[Copy]:
    """Yield permuted copies of θ (P,): by kind, number of units moved, and draw.

    Raises ProspectError where the network has not exactly one hidden layer.
    """
    if len(symmetry.groups) != 1:
        raise ProspectError(
            f"permutations: a network of {len(symmetry.groups)} hidden layers; want exactly one"
        )
    units = symmetry.groups[0].units
    for kind, moved, draw in itertools.product(KINDS, counts, range(draws)):
        rng = generator(seed, "permutation", kind, moved, draw)
        order = order_of(kind, units, moved, rng)
        yield Copy(kind, moved, draw, permuted(theta, symmetry, [order]))


def barriers(
    name: str,
    objective: Objective,
    symmetry: Symmetry,
    thetas: Tensor,
    seeds: Sequence[int],
    counts: Sequence[int],
    draws: int,
) -> pd.DataFrame:
    """Walk from every network to its permuted copies: a row a copy.

    Columns ``network``, ``seed``, ``kind``, ``moved``, ``draw``; ``distance``, ‖θ − θ^P‖ / ‖θ‖;
    the fields of `compare.Chord`, in nats: the ``barrier`` is the supremum above the chord.

    Parameters
    ----------
    name
        The network's, for the table.
    objective, symmetry
        Whose losses they are, and where its hidden units lie.
    thetas, seeds : (M, P), (M,)
        The networks.
    counts
        Numbers of units to move, all even.
    draws
        Permutations of each kind and number.
    """
    rows = []
    of_seeds = zip(seeds, thetas, strict=True)
    for seed, theta in track(of_seeds, f"{name}: permuted copies", len(thetas)):
        for copy in copies_of(theta, symmetry, counts, draws, seed):
            numbers = chord(objective, theta, copy.theta)._asdict()
            distance = similarity(theta, copy.theta).distance
            rows.append(_named(name, seed, copy) | {"distance": distance} | numbers)
    return pd.DataFrame(rows)


def segments(
    name: str,
    objective: Objective,
    symmetry: Symmetry,
    theta: Tensor,
    seed: int,
    counts: Sequence[int],
) -> pd.DataFrame:
    """Evaluate the segment from θ (P,) to one copy of each kind: a row a copy and point.

    Columns ``network``, ``seed``, ``kind``, ``moved``, ``draw``, ``t``, ``loss`` in nats,
    ``accuracy``, at (1 − t)θ + tθ^P.
    """
    t = np.linspace(0, 1, POINTS)
    tables = []
    for copy in copies_of(theta, symmetry, counts, 1, seed):
        found = evaluate(objective, theta, (copy.theta - theta)[None], t[:, None], what=None)
        curve = pd.DataFrame({"t": t, "loss": found.loss, "accuracy": found.accuracy})
        tables.append(curve.assign(**_named(name, seed, copy)))
    whole = pd.concat(tables, ignore_index=True)
    return whole[["network", "seed", "kind", "moved", "draw", "t", "loss", "accuracy"]]


def _named(name: str, seed: int, copy: Copy) -> dict:
    """Return the columns that tell a copy from others."""
    return {
        "network": name,
        "seed": seed,
        "kind": copy.kind,
        "moved": copy.moved,
        "draw": copy.draw,
    }


def asymmetry(segments: pd.DataFrame) -> pd.DataFrame:
    """Return how far segments are from symmetric about ½: a row a segment.

    ``asymmetry`` is max |L(t) − L(1 − t)| / (max L − min L); NaN for a level segment (our
    definition). Rounding for swaps.
    """
    rows = []
    names = ["network", "seed", "kind", "moved", "draw"]
    for key, segment in segments.groupby(names, sort=False):
        loss = segment.sort_values("t")["loss"].to_numpy()
        height = loss.max() - loss.min()
        apart = np.abs(loss - loss[::-1]).max() / height if height > 0 else np.nan
        rows.append(dict(zip(names, key, strict=True)) | {"asymmetry": apart})
    return pd.DataFrame(rows)
