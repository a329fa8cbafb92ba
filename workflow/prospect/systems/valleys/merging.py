"""Merging by sign consensus, TIES (arXiv:2306.01708)."""

import torch
from torch import Tensor

from prospect.base.errors import ProspectError

KEEP = 0.2  # of every task vector, as in arXiv:2306.01708


def sign_consensus(start: Tensor, thetas: Tensor, keep: float = KEEP) -> Tensor:
    """Merge networks θ (M, P) that started at one point (P,), the sum of start and merged vector.

    Trim: of every task vector θ_m − start the share `keep` of the largest elements stays, the
    others are zero. Elect: the sign of an element is that of its sum over members. Disjoint mean:
    the mean over the members whose element has that sign; zero where there is none
    (arXiv:2306.01708, with the scale λ = 1). Raises ProspectError where shapes differ, or where
    `keep` is no share.
    """
    if thetas.shape[1:] != start.shape:
        raise ProspectError(
            f"merging: networks of {thetas.shape[-1]} numbers and a start of {start.numel()}; want "
            "one architecture"
        )
    if not 0 < keep <= 1:
        raise ProspectError(f"merging: keep is {keep}; want a share above 0 and at most 1")
    vectors = _trimmed(thetas - start, keep)
    elected = vectors.sum(0).sign()
    agree = vectors.sign() == elected  # where both are zero nothing is added
    merged = (vectors * agree).sum(0) / agree.sum(0).clamp(min=1)
    return start + merged


def _trimmed(vectors: Tensor, keep: float) -> Tensor:
    """Return vectors (M, P) with all but the largest elements of each zero."""
    kept = vectors.abs().topk(max(1, round(keep * vectors.shape[1])), dim=1).indices
    return torch.zeros_like(vectors).scatter(1, kept, vectors.gather(1, kept))
