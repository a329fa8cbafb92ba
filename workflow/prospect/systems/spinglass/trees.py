"""Controls of a hierarchy: trees of several strengths, and independent vectors that have none.

And networks that have none: copies of one network with noise and with their units in other places.
"""

from collections.abc import Callable, Sequence

import pandas as pd
import torch
from torch import Tensor

from prospect.base.seeding import generator
from prospect.landscape.alignment import align_together, permuted
from prospect.systems.spinglass.hierarchy import of_vectors
from prospect.systems.spinglass.solutions import Solutions
from prospect.systems.spinglass.ultrametricity import DRAWS

PARAMETERS = 5_000
MEMBERS = 64
BRANCHES = (4, 4, 4)

Make = Callable[[torch.Generator], Tensor]


def tree(variances: Sequence[float], rng: torch.Generator, branches=BRANCHES) -> Tensor:
    """Draw the leaves (M, P) of a tree: a leaf is the sum of a normal vector for every level.

    Leaves of one branch share its vector; `variances` are those of the levels, the root's first,
    and M is the product of `branches`.
    """
    leaves, total = torch.zeros(1, PARAMETERS), 1
    for variance, count in zip(variances, branches, strict=True):
        total *= count
        own = torch.randn(total, PARAMETERS, generator=rng)
        leaves = leaves.repeat_interleave(count, dim=0) + variance**0.5 * own
    return leaves


def independent_vectors(rng: torch.Generator, mean: float = 0.0, spread: float = 0.0) -> Tensor:
    """Draw independent normal vectors (M, P).

    They have a common mean with coordinates of standard deviation `mean`; the logarithms of the
    members' noise have the standard deviation `spread`.
    """
    common = mean * torch.randn(PARAMETERS, generator=rng)
    noise = torch.exp(spread * torch.randn(MEMBERS, 1, generator=rng))
    return common + noise * torch.randn(MEMBERS, PARAMETERS, generator=rng)


def unequal_norms(rng: torch.Generator) -> Tensor:
    """Draw independent normal vectors (M, P) and make some longer than others."""
    lengths = torch.exp(0.3 * torch.randn(MEMBERS, 1, generator=rng))
    return lengths * independent_vectors(rng, mean=1.0)


TREES: dict[str, Make] = {
    "tree 1:1:1": lambda rng: tree((1, 1, 1), rng),
    "tree .1:.1:1": lambda rng: tree((0.1, 0.1, 1), rng),
    "tree .03:.03:1": lambda rng: tree((0.03, 0.03, 1), rng),
    "tree .01:.01:1": lambda rng: tree((0.01, 0.01, 1), rng),  # as weak as can be seen
}
INDEPENDENT: dict[str, Make] = {
    "independent": independent_vectors,
    "common mean": lambda rng: independent_vectors(rng, mean=1.0),
    "unequal noise": lambda rng: independent_vectors(rng, mean=1.0, spread=0.3),
    "unequal norms": unequal_norms,
}


def copies(solutions: Solutions, seed: int) -> Solutions:
    """Draw as many networks without a tree: normal weights, units in random places (our control).

    Mean and standard deviation of every weight are those of the solutions, aligned to one
    barycentre. What a test of `hierarchy` finds in them, alignment or its lack has made. Their
    ``kind`` is ``copies``; the numbers of training are left out.
    """
    symmetry, rng = solutions.symmetry, generator(seed, "copies")
    aligned = align_together(solutions.thetas, symmetry, seed).thetas.double()
    noise = torch.randn(aligned.shape, generator=rng, dtype=torch.float64)
    drawn = aligned.mean(dim=0) + aligned.std(dim=0) * noise
    orders = [[torch.randperm(g.units, generator=rng) for g in symmetry.groups] for _ in drawn]
    thetas = [permuted(theta, symmetry, own) for theta, own in zip(drawn, orders, strict=True)]
    table = solutions.table[["network", "seed", "member"]].assign(kind="copies", branch="")
    return Solutions(table, torch.stack(thetas).to(solutions.thetas), symmetry)


def controls(seeds: Sequence[int], draws: int = DRAWS) -> pd.DataFrame:
    """Test vectors with a tree and without one for a hierarchy: a row a set, seed and null.

    Columns ``network`` (name of the control), ``seed``, ``kind`` (``tree`` or ``no tree``),
    ``space`` (``control``), and those of `hierarchy.of_vectors`.
    """
    tables = []
    for seed in seeds:
        for name, make in (TREES | INDEPENDENT).items():
            table = of_vectors(make(generator(seed, "control", name)), seed, draws)
            kind = "tree" if name in TREES else "no tree"
            names = {"network": name, "seed": seed, "kind": kind, "space": "control"}
            tables.append(pd.DataFrame([names] * len(table)).join(table))
    return pd.concat(tables, ignore_index=True)
