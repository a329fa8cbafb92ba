"""Whether distances are those of a tree: ultrametricity K, its nulls, and dendrograms.

In an ultrametric set the two largest distances of every triple are equal. K measures by how much
they are not, in units of the spread of all distances: (d₃ − d₂)/d₃ would go to 0 by dimension
alone. K is held against a null that has no tree. Shuffled distances are no such null: where some
members are farther from all others than the rest, they find a tree that is not there. So row
effects are kept, or, where there are vectors, members are rotated among one another. K decides; the
cophenetic correlation is only shown: it is misled by unequal noise under every null. Ours, after
the abstract of arXiv:2407.20724 and the K of cond-mat/0310609 and arXiv:0807.3513.
"""

import itertools
from collections.abc import Callable

import numpy as np
import torch
from scipy.cluster.hierarchy import cophenet, linkage
from scipy.spatial.distance import squareform
from torch import Tensor

from prospect.base.errors import ProspectError, hint
from prospect.base.seeding import stable_hash

TRIPLES = 50_000  # the most that K is a mean over; all there are of up to 67 members
DRAWS = 200  # of a null
SWEEPS = 20  # of weights for the common direction
ROUNDING = 1e-9  # of a vector of norm 1
FEWEST = 4  # members: any three are a tree
LINKAGES = ("average", "single")

Distances = np.ndarray  # (M, M), symmetric, 0 on the diagonal
Draw = Callable[[np.random.Generator], Distances]


def cosine_distances(vectors: Tensor) -> Distances:
    """Return 1 − the cosine of all pairs of vectors (M, P): (M, M)."""
    directions = _scaled(vectors.double())
    return _of_gram((directions @ directions.T).numpy())


def perpendicular(vectors: Tensor) -> Tensor:
    """Return the parts (M, P) of vectors at right angles to their common direction, of norm 1.

    The common direction is that of a mean, weighted so that these parts sum to 0. So neither the
    length of a vector, nor the share in it of what is common, smaller where there is more noise,
    makes it farther from all others (our definition).
    """
    directions = _scaled(vectors.double())
    common, parts = directions.mean(dim=0), directions
    for _ in range(SWEEPS):
        common = common / common.norm()
        parts = directions - torch.outer(directions @ common, common)
        common = (directions / parts.norm(dim=1, keepdim=True)).sum(dim=0)
    if not (parts.norm(dim=1) > ROUNDING).all():
        raise ProspectError("dendrogram: a solution is only what all have in common; want others")
    return _scaled(parts)


def _scaled(vectors: Tensor) -> Tensor:
    """Return vectors (M, P) of norm 1."""
    norms = vectors.norm(dim=1, keepdim=True)
    if not (norms > 0).all():
        raise ProspectError("dendrogram: all weights of a solution are 0; want another")
    return vectors / norms


def _of_gram(gram: np.ndarray) -> Distances:
    """Return 1 − the cosine of all pairs from their products."""
    norms = np.sqrt(gram.diagonal())
    distances = (1 - gram / np.outer(norms, norms)).clip(0, 2)
    np.fill_diagonal(distances, 0)
    return (distances + distances.T) / 2


def ultrametricity(distances: Distances, seed: int = 0) -> float:
    """Return K, the mean of (d₃ − d₂)/sd(d) over triples with d₁ ≤ d₂ ≤ d₃ (our definition).

    0 for a tree whose leaves are equally far from its root; about 0.83 for independent normal
    distances. Over all triples, or over `TRIPLES` random ones. Raises ProspectError where there
    are fewer than `FEWEST` members, and where all distances are equal.
    """
    check_distances(distances)
    sides = _sides(len(distances), seed)
    return _mean_gap(distances, sides)


def _mean_gap(distances: Distances, sides: np.ndarray) -> float:
    """Return K over triples, whose three sides (3, T) are indices into the flat distances."""
    flat = distances.ravel()
    three = np.sort(flat[sides], axis=0)
    return float((three[2] - three[1]).mean() / _pairs(distances).std())


def _sides(count: int, seed: int) -> np.ndarray:
    """Return the three sides (3, T) of the triples of so many members, as flat indices."""
    if count * (count - 1) * (count - 2) // 6 <= TRIPLES:
        a, b, c = np.array(list(itertools.combinations(range(count), 3))).T
    else:
        rng = np.random.default_rng(stable_hash(seed, "triples"))
        a, b, c = (rng.random((TRIPLES, count)).argpartition(2, axis=1)[:, :3]).T
    return np.stack([a * count + b, a * count + c, b * count + c])


def check_distances(distances: Distances) -> None:
    """Raise ProspectError where distances (M, M) can say nothing of a tree."""
    if len(distances) < FEWEST:
        raise ProspectError(
            f"dendrogram: {len(distances)} solutions; want at least {FEWEST}, as any three are a "
            "tree"
        )
    pairs = _pairs(distances)
    if not np.isfinite(pairs).all():
        raise ProspectError("dendrogram: a distance is not finite; want solutions that are")
    if np.ptp(pairs) == 0:
        raise ProspectError("dendrogram: all distances are equal; want solutions that differ")


def _pairs(distances: Distances) -> np.ndarray:
    """Return the distances of all pairs (M (M − 1) / 2,)."""
    return distances[np.triu_indices(len(distances), 1)]


def dendrogram(distances: Distances, method: str = "average") -> np.ndarray:
    """Return scipy's linkage matrix (M − 1, 4) of distances (M, M), by one of `LINKAGES`.

    Raises ProspectError where the linkage is another, and as `ultrametricity` does.
    """
    if method not in LINKAGES:
        raise ProspectError(f"dendrogram: linkage '{method}'; {hint(method, LINKAGES)}")
    check_distances(distances)
    return linkage(squareform(distances, checks=False), method)


def cophenetic(distances: Distances, method: str = "average") -> float:
    """Return the correlation of distances (M, M) with those in their dendrogram."""
    return float(cophenet(dendrogram(distances, method), squareform(distances, checks=False))[0])


def shuffled(distances: Distances) -> Draw:
    """Draw distances of the same pairs in another order: the weaker null, which feigns trees."""
    pairs = _pairs(distances)
    return lambda rng: squareform(rng.permutation(pairs))


def rows_kept(distances: Distances) -> Draw:
    """Draw d_ab = m + r_a + r_b + e_ab with the rests e in another order (our null).

    m and r are those of least squares; what a tree adds is in e. Where one would be negative a
    number is added to all, which neither K nor a dendrogram's shape depends on.
    """
    count, pairs = len(distances), _pairs(distances)
    row = (distances.sum(axis=1) - (count - 1) * pairs.mean()) / (count - 2)
    effects = _pairs(pairs.mean() + row[:, None] + row)

    def draw(rng: np.random.Generator) -> Distances:
        drawn = effects + rng.permutation(pairs - effects)
        return squareform(drawn - min(drawn.min(), 0))

    return draw


def rotated(vectors: Tensor) -> Draw:
    """Draw cosine distances of vectors (M, P) that are rotated among one another (our null).

    Each is replaced by a combination of all, by a random orthogonal matrix (M, M) that keeps their
    mean, which is taken away: the covariance of their coordinates stays, and clusters go. Exact for
    independent normal vectors of equal noise: take `perpendicular` ones.
    """
    centred = vectors.double() - vectors.double().mean(dim=0)
    basis = _basis_about_the_mean(len(vectors))
    inside = basis.T @ (centred @ centred.T).numpy() @ basis

    def draw(rng: np.random.Generator) -> Distances:
        turned = basis @ _rotation(len(inside), rng)
        return _of_gram(turned @ inside @ turned.T)

    return draw


def _basis_about_the_mean(count: int) -> np.ndarray:
    """Return an orthonormal basis (M, M − 1) of the members' weights that sum to 0."""
    return np.linalg.qr(np.eye(count)[:, 1:] - 1 / count)[0]


def _rotation(count: int, rng: np.random.Generator) -> np.ndarray:
    """Return a random orthogonal matrix by Haar's measure."""
    q, r = np.linalg.qr(rng.standard_normal((count, count)))
    return q * np.sign(r.diagonal())


def against(distances: Distances, null: Draw, seed: int, draws: int = DRAWS) -> dict[str, float]:
    """Hold distances (M, M) against a null.

    Returns ``K``; of the null ``null_K``, ``null_sd``, the mean and standard deviation; ``z``, how
    many of these K is above the mean, negative for a tree; ``p``, the share of draws with a K as
    small, K itself being one (at least 1/(draws + 1)). Likewise ``cophenetic``,
    ``null_cophenetic``, ``max_cophenetic`` of average linkage. Raises ProspectError as
    `ultrametricity` does.
    """
    found, correlation = ultrametricity(distances, seed), cophenetic(distances)
    sides = _sides(len(distances), seed)
    rng = np.random.default_rng(stable_hash(seed, "null"))
    drawn = [null(rng) for _ in range(draws)]
    values = np.array([_mean_gap(one, sides) for one in drawn])
    correlations = np.array([cophenetic(one) for one in drawn])
    spread = values.std(ddof=1)
    numbers = {
        "K": found,
        "null_K": values.mean(),
        "null_sd": spread,
        "z": (found - values.mean()) / spread,
        "p": (1 + (values <= found).sum()) / (draws + 1),
        "cophenetic": correlation,
        "null_cophenetic": correlations.mean(),
        "max_cophenetic": correlations.max(),
    }
    return {name: float(number) for name, number in numbers.items()}
