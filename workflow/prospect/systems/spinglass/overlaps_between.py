"""Overlaps between solutions, P(q): before and after alignment, whole and by layer; and answers.

q = ⟨θ_a, θ_b⟩ / (‖θ_a‖‖θ_b‖). Alignment is pairwise, b to a for each pair, or all to one
barycentre, one permutation a network for all pairs: the first gives larger overlaps, the second
points of one space, in which a hierarchy can be looked for. Ours, after the abstract of
arXiv:2407.20724; P(q) of networks is that of arXiv:2508.07397.
"""

import itertools
from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from prospect.base.errors import ProspectError
from prospect.base.progress import track
from prospect.landscape.alignment import Symmetry, align, align_together
from prospect.landscape.compare import similarity
from prospect.model.objective import Objective
from prospect.systems.spinglass.solutions import Solutions

ALIGNMENTS = ("none", "pairs", "barycentre")
WHOLE = "all"  # in place of a layer's name
BINS = np.linspace(-1, 1, 201)  # of q


def overlaps(solutions: Solutions, seed: int, what: str | None = "overlaps") -> pd.DataFrame:
    """Compare all pairs of solutions: a row a pair, alignment and layer.

    Columns ``network``, ``seed``, ``kind``; ``member``, ``member_b``; ``alignment`` (of
    `ALIGNMENTS`), ``layer`` (its name, or ``all``: units are matched on all weights in either
    case), ``overlap``. `seed` is that of alignments. Raises ProspectError where there are fewer
    than two solutions.
    """
    names, thetas, symmetry = _names(solutions), solutions.thetas, solutions.symmetry
    together = align_together(thetas, symmetry, seed).thetas
    rows = []
    pairs = list(itertools.combinations(range(len(thetas)), 2))
    for a, b in track(pairs, what):
        ends = {
            "none": (thetas[a], thetas[b]),
            "pairs": (thetas[a], align(thetas[a], thetas[b], symmetry, seed).theta),
            "barycentre": (together[a], together[b]),
        }
        for alignment, (one, other) in ends.items():
            of_pair = names | {"member": a, "member_b": b, "alignment": alignment}
            for layer, overlap in _by_layer(one, other, symmetry):
                rows.append(of_pair | {"layer": layer, "overlap": overlap})
    return pd.DataFrame(rows)


def distributions(table: pd.DataFrame) -> pd.DataFrame:
    """Return P(q): a row a set of solutions, alignment, layer and bin of q.

    Columns ``network``, ``seed``, ``kind``, ``alignment``, ``layer``; ``overlap``, the bin's
    middle; ``density``; ``mean`` and ``sd`` of q. `table` is that of `overlaps`.
    """
    middles = (BINS[1:] + BINS[:-1]) / 2
    rows = []
    names = ["network", "seed", "kind", "alignment", "layer"]
    for cell, own in table.groupby(names, sort=False):
        density, _ = np.histogram(own["overlap"], BINS, density=True)
        numbers = {"mean": own["overlap"].mean(), "sd": own["overlap"].std()}
        named = dict(zip(names, cell, strict=True)) | numbers
        bins = zip(middles, density, strict=True)
        rows += [named | {"overlap": q, "density": height} for q, height in bins if height > 0]
    return pd.DataFrame(rows)


def _names(solutions: Solutions) -> dict:
    """Return what the rows of solutions have in common."""
    if len(solutions.thetas) < 2:
        raise ProspectError(f"overlaps: {len(solutions.thetas)} solutions; want at least 2")
    return solutions.table[["network", "seed", "kind"]].iloc[0].to_dict()


def _by_layer(a: Tensor, b: Tensor, symmetry: Symmetry) -> Iterator[tuple[str, float]]:
    """Yield the overlap of a and b (P,) over all weights, then over those of each layer."""
    yield WHOLE, similarity(a, b).overlap
    for layer, index in layers(symmetry).items():
        yield layer, similarity(a[index], b[index]).overlap


def layers(symmetry: Symmetry) -> dict[str, Tensor]:
    """Return the places in θ of the weights of every layer, bias included, by its name."""
    places: dict[str, list[Tensor]] = {}
    for block in symmetry.blocks:
        layer = block.name.rpartition(".")[0]
        places.setdefault(layer, []).append(torch.arange(block.start, block.stop))
    return {layer: torch.cat(parts) for layer, parts in places.items()}


def disagreements(objective: Objective, thetas: Tensor) -> np.ndarray:
    """Return the share of samples that networks θ (M, P) answer differently, by pair: (M, M)."""
    answers = torch.stack([objective.outputs(theta).argmax(dim=-1) for theta in thetas])
    return torch.stack([(answers != own).double().mean(dim=1) for own in answers]).cpu().numpy()
