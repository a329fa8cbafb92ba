"""How alike many vectors of weights are, all pairs at once."""

import torch
from torch import Tensor


def pairwise(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Compare vectors (R, S, P) with vectors (R, T, P): sign consistency and cosine, (R, S, T).

    As `compare.similarity`: coordinates where either is 0 are left out of the signs. NaN where
    nothing is left, or a vector is 0.
    """
    others = b.transpose(1, 2)
    counted = a.sign().abs() @ others.sign().abs()
    consistency = (a.sign() @ others.sign() / counted + 1) / 2
    norms = a.norm(dim=2)[:, :, None] * b.norm(dim=2)[:, None]
    return consistency, a @ others / norms


def among(vectors: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean sign consistency and cosine (R,) over the pairs of vectors (R, S, P).

    NaN where there is only one.
    """
    rows, columns = torch.triu_indices(vectors.shape[1], vectors.shape[1], offset=1)
    consistency, cosine = pairwise(vectors, vectors)
    return consistency[:, rows, columns].mean(1), cosine[:, rows, columns].mean(1)


def with_server(vectors: Tensor, server: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean sign consistency and cosine (R,) of vectors (R, S, P) with one each, (R, P)."""
    consistency, cosine = pairwise(vectors, server[:, None])
    return consistency.mean((1, 2)), cosine.mean((1, 2))
