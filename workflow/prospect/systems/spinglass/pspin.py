"""Spherical p-spins: landscapes whose degree is known, as controls (Crisanti and Sommers 1992)."""

from collections.abc import Callable

import torch
from torch import Tensor

from prospect.base.errors import ProspectError
from prospect.base.seeding import generator

# Spins by degree: so many couplings as cost little, and so many spins that the constant part of an
# even degree, of order 1 / spins, is small beside its variance.
SPINS = {1: 400, 2: 200, 3: 60, 4: 30}


def pspin(degree: int, seed: int, spins: int | None = None) -> Callable[[Tensor], float]:
    """Draw an energy H(u) = Σ J_{i₁…i_p} u_{i₁} … u_{i_p}, all J ~ N(0, 1) and independent.

    A function of a unit vector u (P,), P the number of `spins` (`SPINS` by default). Over draws of
    J, energies at two unit vectors of overlap q have the covariance q^p. Raises ProspectError where
    the degree is not one of `SPINS`.
    """
    if degree not in SPINS:
        raise ProspectError(f"p-spin of degree {degree}; want one of {', '.join(map(str, SPINS))}")
    size = (spins or SPINS[degree],) * degree
    rng = generator(seed, "p-spin", degree)
    couplings = torch.randn(size, generator=rng, dtype=torch.float64)

    def energy(u: Tensor) -> float:
        rest = couplings
        for _ in range(degree):
            rest = rest @ u.double()
        return float(rest)

    return energy
