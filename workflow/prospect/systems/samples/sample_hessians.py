"""The Hessian H_i of one sample's loss: products for many samples at once, norms, whole matrices.

With outputs f, p = softmax(f) and r = p − y, H_i = G_i + S_i: the Gauss-Newton term
G_i = Jᵀ (diag p − ppᵀ) J, J the Jacobian of f by θ, and the functional term S_i = Σ_c r_c ∇²f_c.
In float64, and for networks without BatchNorm, whose samples have nothing to do with one another.
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.func import functional_call, grad, hessian, jvp, vmap
from torch.nn import functional

from prospect.base.errors import ProspectError
from prospect.base.seeding import generator
from prospect.model import formulas
from prospect.model.objective import Objective

TOLERANCE = 1e-7  # residual of an eigenpair in units of the largest eigenvalue
STEPS, USUAL_STEPS = 300, 50  # of Lanczos: at most, and seldom more than
BASIS_BYTES = 2**29  # what the vectors of Lanczos may take
CHUNK_BYTES = 2**24  # what the matrices of some samples may take: more is slower

Product = Callable[[Tensor], Tensor]


def check(objective: Objective) -> None:
    """Raise ProspectError where a sample's loss depends on other samples."""
    if objective.norms.policy != "none":
        raise ProspectError(
            "samples: a network with BatchNorm has no Hessian of one sample; want a network without"
        )


def whole(objective: Objective, theta: Tensor, index: Tensor) -> Product:
    """Return what multiplies vectors (N, P) with H_i of the samples `index` (N,), row by row."""

    def loss(theta: Tensor, x: Tensor, target: Tensor) -> Tensor:
        return functional.cross_entropy(_outputs(objective, theta, x), target)

    return _products(loss, theta, objective.inputs[index], objective.targets[index])


def functional_part(objective: Objective, theta: Tensor, index: Tensor) -> Product:
    """Return what multiplies vectors (N, P) with S_i of the samples `index` (N,), row by row."""

    def along_residual(theta: Tensor, x: Tensor, residual: Tensor) -> Tensor:
        return _outputs(objective, theta, x) @ residual

    inputs, targets = objective.inputs[index], objective.targets[index]
    outputs = vmap(lambda x: _outputs(objective, theta, x))(inputs)
    residuals = outputs.softmax(-1) - functional.one_hot(targets, outputs.shape[-1])
    return _products(along_residual, theta, inputs, residuals.detach())


def _outputs(objective: Objective, theta: Tensor, x: Tensor) -> Tensor:
    """Return the outputs (C,) of one sample."""
    with formulas.by_formula():
        return functional_call(objective.flat.module, objective.flat.parts(theta), (x[None],))[0]


def _products(of_sample: Callable, theta: Tensor, inputs: Tensor, with_each: Tensor) -> Product:
    """Return what multiplies with the Hessians of a function of θ, an input and one more tensor."""

    def product(vector: Tensor, x: Tensor, other: Tensor) -> Tensor:
        return jvp(lambda t: grad(of_sample)(t, x, other), (theta,), (vector,))[1]

    def products(vectors: Tensor) -> Tensor:
        return vmap(product)(vectors, inputs, with_each).detach()

    return products


def extremes(
    product: Product, samples: int, parameters: int, seed: int, tolerance: float = TOLERANCE
) -> Tensor:
    """Return smallest and largest eigenvalue (N, 2) of N symmetric matrices, by Lanczos.

    One iteration for all, every vector orthogonal to all before it; from a random vector in the
    range, so that a matrix that is zero has zeros. It ends where the residuals of both are below
    `tolerance` for all; an eigenvalue's error is at most its residual, and of the order of its
    square. Raises ProspectError where that takes more than `STEPS`.
    """
    start = torch.randn(samples, parameters, generator=generator(seed, "lanczos")).double()
    vector = _unit(product(start), 0.0)
    basis = start.new_empty(samples, min(STEPS, parameters), parameters)
    diagonal: list[Tensor] = []
    beside: list[Tensor] = []
    for step in range(min(STEPS, parameters)):
        basis[:, step] = vector
        image = product(vector)
        diagonal.append((image * vector).sum(1))
        before = basis[:, : step + 1]
        for _ in range(2):  # once leaves rounding behind
            along = torch.einsum("nsp,np->ns", before, image)
            image = image - torch.einsum("nsp,ns->np", before, along)
        beside.append(image.norm(dim=1))
        if step % 5 == 4 or step + 1 == parameters:
            values, residuals = _ritz(diagonal, beside)
            if (residuals <= tolerance * values.abs().amax(1, keepdim=True)).all():
                return values
        scale = torch.stack(diagonal).abs().amax(0) + torch.stack(beside).amax(0)
        vector = _unit(image, 1e-13 * scale)
    raise ProspectError(f"samples: eigenvalues did not converge in {STEPS} steps of Lanczos")


def extremes_of(
    products: Callable[[Objective, Tensor, Tensor], Product],
    objective: Objective,
    theta: Tensor,
    seed: int,
) -> Tensor:
    """Return the `extremes` (N, 2) of all samples' matrices, as many at once as memory has room.

    `products` is `whole` or `functional_part`.
    """
    together = max(1, BASIS_BYTES // (8 * USUAL_STEPS * objective.parameters))
    parts = []
    for index in torch.arange(len(objective.targets)).split(together):
        product = products(objective, theta, index)
        parts.append(extremes(product, len(index), objective.parameters, seed))
    return torch.cat(parts)


def norms(product: Product, samples: int, parameters: int, seed: int) -> Tensor:
    """Return the spectral norms (N,) of N symmetric matrices."""
    return extremes(product, samples, parameters, seed).abs().amax(1)


def _unit(vectors: Tensor, least: Tensor | float) -> Tensor:
    """Scale vectors (N, P) to length 1; those of at most a `least` length become zero."""
    length = vectors.norm(dim=1)
    factor = torch.where(length > least, 1 / length, torch.zeros_like(length))
    return torch.where(factor[:, None] > 0, vectors * factor[:, None], torch.zeros_like(vectors))


def _ritz(diagonal: list[Tensor], beside: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Return extreme eigenvalues (N, 2) of tridiagonal matrices, and their residuals (N, 2)."""
    matrix = torch.diag_embed(torch.stack(diagonal, dim=1))
    off = torch.stack(beside, dim=1)
    if len(diagonal) > 1:
        side = torch.diag_embed(off[:, :-1], offset=1)
        matrix = matrix + side + side.transpose(1, 2)
    values, vectors = torch.linalg.eigh(matrix)
    return values[:, [0, -1]], off[:, -1:] * vectors[:, -1, [0, -1]].abs()


def matrices(objective: Objective, theta: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield, some samples at a time, their numbers (n,) and whole Hessians (n, P, P)."""

    def loss(theta: Tensor, x: Tensor, target: Tensor) -> Tensor:
        return functional.cross_entropy(_outputs(objective, theta, x), target)

    together = max(1, CHUNK_BYTES // (8 * objective.parameters**2))
    of_all = vmap(hessian(loss), in_dims=(None, 0, 0))
    for index in torch.arange(len(objective.targets)).split(together):
        found = of_all(theta, objective.inputs[index], objective.targets[index])
        yield index, found.detach()


def mean_matrix(objective: Objective, theta: Tensor, index: Tensor) -> Tensor:
    """Return the Hessian (P, P) of the mean loss over the samples `index` (k,)."""

    def loss(theta: Tensor) -> Tensor:
        parts = objective.flat.parts(theta)
        with formulas.by_formula():
            outputs = functional_call(objective.flat.module, parts, (objective.inputs[index],))
        return functional.cross_entropy(outputs, objective.targets[index])

    return hessian(loss)(theta).detach()
