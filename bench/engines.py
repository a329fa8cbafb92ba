"""Prospect's evaluator and its peers, each as a call that evaluates one grid of one problem.

Same network, same resident data, same dtype, no gradients. BatchNorm is either frozen, with the
statistics that all samples have at the center, or recomputed at every point: Prospect takes those
of all samples; a peer averages those of its batches in a pass of its own, in training mode, before
that which gives the loss, as dnn-mode-connectivity does.

Peers, called as fairly as we know:
- loss-landscapes 3.0.6, `planar_interpolation`: its metric sums batches that are resident; its grid
  zig-zags (rows alternate by one step), which is taken into account where values are compared.
- loss-landscape-3d 0.1.3, `LossLandscapeCalculator.calculate` on resident batches.
"""

import copy
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import loss_landscapes
import numpy as np
import torch
from loss_landscape_3d import LossLandscapeCalculator
from loss_landscapes.metrics.metric import Metric
from torch import Tensor, nn
from torch.nn import functional

from prospect.landscape import coordinates
from prospect.landscape.evaluate import evaluate
from prospect.model import data, networks
from prospect.model.objective import Objective
from prospect.model.weights import flatten, layout
from prospect.study import read, text
from prospect.study.resolve import Study

CUDA = torch.cuda.is_available()
DEVICE = torch.device("cuda" if CUDA else "cpu")
STUDIES = {  # whose networks are measured
    "digits": "config/config.yaml",
    "surfaces": "config/studies/surfaces.yaml",
    "surfaces-small": "config/studies/surfaces-small.yaml",
}
WINDOW = 0.1  # farther out frozen statistics make losses of a deep network as large as 1e13
TOGETHER = 1500  # samples of a float64 forward pass in evaluation mode

Batches = list[tuple[Tensor, Tensor]]
Call = Callable[[], tuple]  # a grid's losses (K, K), its rows (K,), its columns of every row (K, K)


def study_of(name: str) -> Study:
    """Read one of the `STUDIES`."""
    file = Path(STUDIES[name])
    return read.study([file], text.load(file), Path())


class Problem:
    """A network at its initialisation, its data, two directions, a grid `points` × `points`."""

    def __init__(self, study: Study, name: str, points: int):
        source = data.load(study.config["dataset"])
        self.train = source.train.to(DEVICE)
        shape = self.train.inputs.shape[1:]
        network = networks.build(study.architecture(name), shape, source.classes, 0).to(DEVICE)
        self.norms = norms_of(network)
        average_statistics(network, self.batches(self.samples))
        self.network, self.blocks = network, layout(network)
        self.theta = flatten(dict(network.named_parameters()), self.blocks)
        noise = torch.randn(2, len(self.theta), generator=torch.Generator().manual_seed(0))
        noise = noise.to(DEVICE)
        self.directions = noise * self.theta.norm() / noise.norm(dim=1, keepdim=True)
        self.axis = coordinates.axis(WINDOW, points)

    @property
    def samples(self) -> int:
        """The number of samples."""
        return self.train.samples

    def batches(self, size: int) -> Batches:
        """Return the training samples as resident batches."""
        return list(zip(self.train.inputs.split(size), self.train.targets.split(size), strict=True))

    def parts(self, vector: Tensor) -> dict[str, Tensor]:
        """Split a flat vector into the module's shapes, by name."""
        return {b.name: vector[b.start : b.stop].view(b.shape).clone() for b in self.blocks}

    def moved(self, alpha: float, beta: float, dtype=torch.float32) -> nn.Module:
        """Return a fresh module at one point."""
        module = copy.deepcopy(self.network).to(dtype)
        vector = self.theta.to(dtype)
        vector = vector + alpha * self.directions[0].to(dtype) + beta * self.directions[1].to(dtype)
        module.load_state_dict(self.parts(vector), strict=False)
        return module

    @torch.no_grad()
    def reference(self, alpha: float, beta: float, batchnorm: str) -> float:
        """Return the loss of a float64 module of PyTorch alone; recomputed in training mode."""
        recomputed = batchnorm == "recompute"
        module = self.moved(alpha, beta, torch.float64).train(recomputed)
        parts = self.train.inputs.double().split(self.samples if recomputed else TOGETHER)
        outputs = torch.cat([module(part) for part in parts])
        return float(functional.cross_entropy(outputs, self.train.targets))


def norms_of(module: nn.Module) -> list[nn.modules.batchnorm._BatchNorm]:
    """List the layers of BatchNorm."""
    return [m for m in module.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]


@torch.no_grad()
def average_statistics(module: nn.Module, batches: Batches) -> None:
    """Average BatchNorm's statistics over batches, by their samples, in a pass in training mode."""
    norms, seen = norms_of(module), 0
    module.train()
    for inputs, _ in batches:
        seen += len(inputs)
        for norm in norms:
            norm.momentum = len(inputs) / seen  # 1 for the first: what was there is forgotten
        module(inputs)
    module.eval()


def prospect(problem: Problem, batchnorm: str) -> Call:
    """Make a call that evaluates the whole grid with Prospect."""
    buffers = dict(problem.network.named_buffers())
    objective = Objective(
        problem.network, problem.train, batchnorm=batchnorm, buffers=buffers, device=DEVICE
    )
    points = coordinates.product(problem.axis, problem.axis)
    side = len(problem.axis)
    where = problem.theta, problem.directions
    # once a surface: of a grid of few points it would be a large share
    center = objective.sample_losses(problem.theta)

    def call() -> tuple:
        found = evaluate(objective, *where, points, center=center, what=None)
        return found.reshape(side, side).loss, problem.axis, np.tile(problem.axis, (side, 1))

    return call


class ResidentLoss(Metric):
    """Mean loss over resident batches, as a metric of loss-landscapes."""

    def __init__(self, batches: Batches, recomputed: bool):
        super().__init__()
        self.batches, self.recomputed = batches, recomputed

    @torch.no_grad()
    def __call__(self, model) -> float:
        """Return the mean loss of the wrapped model."""
        if self.recomputed:
            (module,) = model.get_modules()
            average_statistics(module, self.batches)
        total = sum(
            functional.cross_entropy(model.forward(inputs), targets) * len(targets)
            for inputs, targets in self.batches
        )
        return float(total / sum(len(targets) for _, targets in self.batches))


def loss_landscapes_on(problem: Problem, batchnorm: str, size: int) -> Call:
    """Make a call of loss-landscapes on batches of one size."""
    axis = problem.axis
    metric = ResidentLoss(problem.batches(size), batchnorm == "recompute")
    side, step = len(axis), axis[1] - axis[0]
    start, end = axis[0], axis[0] + side * step  # it divides the way to the end by the steps
    corner, *ends = (
        problem.moved(start, start),
        problem.moved(end, start),
        problem.moved(start, end),
    )

    def call() -> tuple:
        moving = copy.deepcopy(corner)  # it is moved in place
        found = loss_landscapes.planar_interpolation(moving, *ends, metric, steps=side)
        zigzag = np.arange(side)[None, :] + (np.arange(side) % 2 == 0)[:, None]
        return found, axis, start + zigzag * step

    return call


class RecomputedBatches:
    """Batches before which BatchNorm's statistics are averaged anew, every time they are asked."""

    def __init__(self, module: nn.Module, batches: Batches):
        self.module, self.batches = module, batches

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        average_statistics(self.module, self.batches)
        return iter(self.batches)


def loss_landscape_3d_on(problem: Problem, batchnorm: str, size: int) -> Call:
    """Make a call of loss-landscape-3d on batches of one size."""
    network, batches = copy.deepcopy(problem.network), problem.batches(size)
    loader = RecomputedBatches(network, batches) if batchnorm == "recompute" else batches
    calculator = LossLandscapeCalculator(network, loader, nn.CrossEntropyLoss())
    center = {k: v.detach().clone() for k, v in network.state_dict().items()}
    zero = {k: torch.zeros_like(v) for k, v in center.items()}
    one, two = (zero | problem.parts(direction) for direction in problem.directions)
    axis = problem.axis

    def call() -> tuple:
        found = calculator.calculate(axis, axis, one, two, center)
        return np.asarray(found), axis, np.tile(axis, (len(axis), 1))

    return call


def timed(call: Callable) -> tuple:
    """Return the seconds of a call, to the end of what it started on a GPU, and its result."""
    if CUDA:
        torch.cuda.synchronize()
    start = time.perf_counter()
    result = call()
    if CUDA:
        torch.cuda.synchronize()
    return time.perf_counter() - start, result
