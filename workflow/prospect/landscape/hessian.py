"""The Hessian of the loss at a center: products, extreme eigenpairs, trace, norm and density.

u is a unit vector of weight space, g the gradient, H the Hessian. For u = ε/‖ε‖ with a Gaussian ε,
uᵀHu has mean tr H / P and variance 2 (P ‖H‖_F² − (tr H)²) / (P² (P + 2)).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from curvlinops._torch_base import PyTorchLinearOperator
from curvlinops.papyan2020traces.spectrum import lanczos_approximate_spectrum
from scipy.sparse.linalg import eigsh
from torch import Tensor

from prospect.base.errors import ProspectError
from prospect.base.progress import track
from prospect.base.resume import Partial
from prospect.base.seeding import generator, stable_hash
from prospect.landscape.directions import noise
from prospect.model.objective import Objective
from prospect.records.hdf5 import sha256

KEPT_BYTES = 2**30  # what the products that are kept may take


class Hessian(PyTorchLinearOperator):
    """∇²L at θ as a linear operator (P, P), exact over all samples of the objective.

    A product differentiates the gradient backwards a second time. Forward over reverse, the usual
    way, is off by some percent here: PyTorch 2.13 differentiates the backward pass of BatchNorm
    with batch statistics wrongly in forward mode (`test_hessian.py` shows it). The objective must
    stay at θ as long as the operator is used.

    With `partial` the products, which cost all the time, are kept by the hash of what was
    multiplied, as long as they fit into `KEPT_BYTES`: asked for the same ones again, it goes on
    where it was stopped. Where a machine or a library rounds otherwise others are asked for.
    """

    SELF_ADJOINT = True

    def __init__(self, objective: Objective, theta: Tensor, partial: Partial | None = None):
        shape = [(objective.parameters,)]
        super().__init__(shape, shape)
        self.objective = objective
        self.parameters = objective.flat.parameters
        objective.flat.move_to(theta.to(objective.flat.weights), (), ())
        # one batch: its graph serves all products
        self.graphs = list(self._gradients()) if objective.batches == 1 else None
        self.gradient = torch.zeros_like(objective.flat.weights)
        for share, gradient in self.graphs or self._gradients():
            self.gradient.add_(gradient.detach(), alpha=share)
        self.partial = partial
        state = (partial.load() if partial else None) or {"products": {}}
        self.products: dict[str, Tensor] = state["products"]
        self.room = KEPT_BYTES - sum(product.nbytes for product in self.products.values())

    @property
    def device(self) -> torch.device:
        """Where products are computed."""
        return self.objective.flat.weights.device

    @property
    def dtype(self) -> torch.dtype:
        """In which precision."""
        return self.objective.flat.weights.dtype

    def _gradients(self) -> Iterator[tuple[float, Tensor]]:
        """Yield, batch by batch, its share of the samples and its gradient (P,) with its graph."""
        for share, gradient in self.objective.gradients():
            yield share, _joined(gradient)

    def _matmat(self, columns: list[Tensor]) -> list[Tensor]:
        """Multiply with a matrix (P, K), given as the list of one tensor that curvlinops wants."""
        vectors = columns[0].T.contiguous()
        if not self.partial:
            return [self._multiply(vectors).T]
        name = sha256(vectors.cpu().numpy())
        if name in self.products:
            return [self.products[name].to(vectors, copy=True).T]
        result = self._multiply(vectors)
        if result.nbytes <= self.room:
            self.room -= result.nbytes
            self.products[name] = result.clone()
            self.partial.save(lambda: {"products": self.products})
        return [result.T]

    def _multiply(self, vectors: Tensor) -> Tensor:
        """Multiply with vectors (K, P)."""
        result = torch.zeros_like(vectors)
        for share, gradient in self.graphs or self._gradients():
            for vector, row in zip(vectors, result, strict=True):
                # of a number: where the library is given a vector it imports sympy first
                product = torch.autograd.grad(
                    gradient @ vector, self.parameters, retain_graph=True, materialize_grads=True
                )
                row.add_(_joined(product), alpha=share)
        return result


def _joined(tensors) -> Tensor:
    return torch.cat([tensor.reshape(-1) for tensor in tensors])


@dataclass
class Analysis:
    """What is known of the Hessian at one center.

    eigenvalues, eigenvectors : (2k,) ascending, (2k, P): the k smallest and the k largest
    trace, squares : tr H and ‖H‖_F², means over random probes; ``…_sem`` their standard errors
    block_traces, block_sems : (B,), the same of the diagonal block of every parameter tensor
    density_at, density : (D,), the spectral density by stochastic Lanczos, integral 1
    slopes, curvatures : (U,), gᵀu and uᵀHu along random Gaussian directions
    """

    eigenvalues: np.ndarray
    eigenvectors: np.ndarray
    trace: float
    trace_sem: float
    squares: float
    squares_sem: float
    block_traces: np.ndarray
    block_sems: np.ndarray
    density_at: np.ndarray
    density: np.ndarray
    slopes: np.ndarray
    curvatures: np.ndarray
    blocks: list[str] = field(default_factory=list)
    parameters: int = 0

    @property
    def mean(self) -> float:
        """Return the mean of uᵀHu that the trace predicts."""
        return self.trace / self.parameters

    @property
    def spread(self) -> float:
        """Return the standard deviation of uᵀHu that trace and norm predict."""
        P = self.parameters
        variance = 2 * (P * self.squares - self.trace**2) / (P**2 * (P + 2))
        return math.sqrt(max(variance, 0.0))


def analyse(
    objective: Objective,
    theta: Tensor,
    options: dict,
    seed: int,
    what: str,
    partial: Partial | None = None,
) -> Analysis:
    """Analyse the Hessian at θ (P,); with `partial` go on where it was stopped.

    `options` holds ``eigenpairs`` (k of each end), ``probes`` (random ±1 vectors for trace and
    norm), ``steps`` (of Lanczos) and ``directions`` (Gaussian, those of a population with the same
    seed). Raises ProspectError where the gradient is not finite.
    """
    hessian = Hessian(objective, theta, partial)
    if not hessian.gradient.isfinite().all():
        raise ProspectError(
            f"hessian.centers: the gradient at '{what}' is not finite; want another center"
        )
    values, vectors = extremes(hessian, options["eigenpairs"], seed)
    diagonals, squares = probed(hessian, options["probes"], seed, f"{what}: probes")
    traces = diagonals.sum(axis=1)
    at, density = spectrum(hessian, options["steps"], (values[0], values[-1]), seed)
    slopes, curvatures = along_noise(hessian, options["directions"], seed, f"{what}: directions")
    return Analysis(
        eigenvalues=values,
        eigenvectors=vectors,
        trace=traces.mean(),
        trace_sem=float(_sem(traces)),
        squares=squares.mean(),
        squares_sem=float(_sem(squares)),
        block_traces=diagonals.mean(axis=0),
        block_sems=_sem(diagonals),
        density_at=at,
        density=density,
        slopes=slopes,
        curvatures=curvatures,
        blocks=[block.name for block in objective.flat.blocks],
        parameters=objective.parameters,
    )


def probed(hessian: Hessian, count: int, seed: int, what: str) -> tuple[np.ndarray, np.ndarray]:
    """Return of random ±1 vectors v the parts of vᵀHv (count, B), and ‖Hv‖² (count,).

    A part is that of one parameter tensor.
    """
    objective = hessian.objective
    diagonals, squares = [], []
    for number in track(range(count), what):
        probe = noise("rademacher", objective.parameters, seed, "hessian", number)
        probe = probe.to(hessian.gradient)
        product = hessian @ probe
        along = probe * product
        parts = [along[block.start : block.stop] for block in objective.flat.blocks]
        diagonals.append([part.double().sum().item() for part in parts])
        squares.append(product.double().square().sum().item())
    return np.array(diagonals), np.array(squares)


def spectrum(
    hessian: Hessian, steps: int, ends: tuple[float, float], seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return eigenvalues (D,) between the `ends` and their density (D,), by stochastic Lanczos.

    Where all eigenvalues are one, a triangle about it.
    """
    if ends[0] == ends[1]:
        return ends[0] + np.array([-1.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(stable_hash(seed, "lanczos"))
        at, density = lanczos_approximate_spectrum(hessian, steps, boundaries=ends, num_points=512)
    return at.double().cpu().numpy(), density.double().cpu().numpy()


def along_noise(
    hessian: Hessian, count: int, seed: int, what: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return gᵀu and uᵀHu, (count,) each, along the Gaussian directions of a population."""
    slopes, curvatures = [], []
    for number in track(range(count), what):
        parameters = hessian.objective.parameters
        direction = noise("gaussian", parameters, seed, "population", number)
        slope, curvature = along_direction(hessian, direction)
        slopes.append(slope)
        curvatures.append(curvature)
    return np.array(slopes), np.array(curvatures)


def extremes(hessian: Hessian, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the `count` smallest and largest eigenvalues (2k,), and eigenvectors (2k, P).

    The sign of an eigenvector is such that its largest entry is positive. Where the Hessian is zero
    they are axes of weight space. Raises ProspectError where there are not so many.
    """
    most = (hessian.shape[0] - 1) // 2
    if count > most:
        raise ProspectError(
            f"hessian.eigenpairs: {count} of each end are more than {hessian.shape[0]} parameters "
            f"have; want at most {most}"
        )
    start = torch.randn(hessian.shape[0], generator=generator(seed, "eigenvectors")).numpy()
    if not (hessian @ torch.as_tensor(start).to(hessian.gradient)).any():
        return np.zeros(2 * count), np.eye(2 * count, len(start), dtype=start.dtype)
    space = min(4 * count + 20, len(start))
    restarts = np.random.default_rng(stable_hash(seed, "eigenvectors"))
    values, columns = eigsh(
        hessian.to_scipy(), 2 * count, which="BE", v0=start, ncv=space, tol=1e-3, rng=restarts
    )
    order = np.argsort(values)
    vectors = columns.T[order]
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(axis=1, keepdims=True), axis=1)
    return values[order].astype(float), vectors * np.sign(largest)


def along_direction(hessian: Hessian, direction: Tensor) -> tuple[float, float]:
    """Return gᵀu and uᵀHu for u along a direction (P,)."""
    unit = (direction.double() / direction.double().norm()).to(hessian.gradient)
    slope = (hessian.gradient.double() @ unit.double()).item()
    return slope, (unit.double() @ (hessian @ unit).double()).item()


def _sem(samples: np.ndarray) -> np.ndarray:
    """Return the standard error of the mean over the first axis."""
    return samples.std(axis=0, ddof=1) / math.sqrt(len(samples))
