"""Prospect's evaluator against its peers and the machine's limit, all in one process and one run.

Same networks, same resident data, same dtype, same grid, evaluation mode with frozen BatchNorm
statistics (peers move parameters only), no gradients, one thread. Every method is warmed up, then
they take turns, and the medians of the turns are compared. Prints a table and writes it as CSV.

Peers, called as fairly as we know:
- loss-landscapes 3.0.6, `planar_interpolation`: its metric sums batches that are resident; its grid
  zig-zags (rows alternate by one step), which is taken into account where values are compared.
- loss-landscape-3d 0.1.3, `LossLandscapeCalculator.calculate` on resident batches.
"""

import argparse
import copy
import statistics
import time
from pathlib import Path

import loss_landscapes
import numpy as np
import pandas as pd
import torch
from loss_landscape_3d import LossLandscapeCalculator
from loss_landscapes.metrics.metric import Metric
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from prospect import data, grid, networks
from prospect.evaluate import losses
from prospect.objective import Objective
from prospect.weights import flatten, layout

NETWORKS = {
    "mlp": {"architecture": "mlp", "hidden": [64, 64]},
    "resnet8": {"architecture": "resnet", "width": 8, "blocks": [1, 1, 1]},
}
POINTS = {"mlp": 21, "resnet8": 5}  # along both axes; a pass of an engine takes about a second


class ResidentLoss(Metric):
    """Mean loss over resident batches, as a metric of loss-landscapes."""

    def __init__(self, batches):
        super().__init__()
        self.batches = batches

    @torch.no_grad()
    def __call__(self, model):
        """Return the mean loss of the wrapped model."""
        total, count = 0.0, 0
        for inputs, targets in self.batches:
            outputs = model.forward(inputs)
            total = total + functional.cross_entropy(outputs, targets) * len(targets)
            count += len(targets)
        return float(total / count)


class Problem:
    """A network, its data, two directions and a grid of `points` × `points`."""

    def __init__(self, name: str, points: int):
        self.source = data.load({"name": "digits"})
        shape = self.source.train.inputs.shape[1:]
        self.network = networks.build(NETWORKS[name], shape, self.source.classes, 0).eval()
        blocks = layout(self.network)
        self.theta = flatten(dict(self.network.named_parameters()), blocks)
        noise = torch.randn(2, len(self.theta), generator=torch.Generator().manual_seed(0))
        self.directions = noise * self.theta.norm() / noise.norm(dim=1, keepdim=True)
        self.blocks = blocks
        self.axis = grid.axis(1.0, points)

    def batches(self, size: int):
        """Return the training samples as resident batches."""
        train = self.source.train
        return list(zip(train.inputs.split(size), train.targets.split(size), strict=True))

    def parts(self, vector):
        """Split a flat vector into the module's shapes, by name."""
        return {b.name: vector[b.start : b.stop].view(b.shape).clone() for b in self.blocks}

    def moved(self, alpha: float, beta: float, dtype=torch.float32):
        """Return a fresh module at one point."""
        module = copy.deepcopy(self.network).to(dtype)
        vector = self.theta.to(dtype)
        vector = vector + alpha * self.directions[0].to(dtype) + beta * self.directions[1].to(dtype)
        module.load_state_dict(self.parts(vector), strict=False)
        return module


def prospect_engine(problem: Problem, batchnorm: str):
    """Make a call that evaluates the whole grid with Prospect."""
    buffers = dict(problem.network.named_buffers())
    objective = Objective(
        problem.network, problem.source.train, batchnorm=batchnorm, buffers=buffers
    )
    points = grid.points(problem.axis, problem.axis)
    side = len(problem.axis)

    def call():
        found = losses(objective, problem.theta, problem.directions, points, what=None)
        return found.reshape(side, side).loss, problem.axis, np.tile(problem.axis, (side, 1))

    return call


def loss_landscapes_engine(problem: Problem, size: int):
    """Make a call of loss-landscapes on batches of one size."""
    axis, metric = problem.axis, ResidentLoss(problem.batches(size))
    side, step = len(axis), axis[1] - axis[0]
    start, end = axis[0], axis[0] + side * step  # it divides the way to the end by the steps
    corners = problem.moved(start, start), problem.moved(end, start), problem.moved(start, end)

    def call():
        found = loss_landscapes.planar_interpolation(*corners, metric, steps=side)
        zigzag = np.arange(side)[None, :] + (np.arange(side) % 2 == 0)[:, None]
        return found, axis, start + zigzag * step

    return call


def loss_landscape_3d_engine(problem: Problem, size: int):
    """Make a call of loss-landscape-3d on batches of one size."""
    calculator = LossLandscapeCalculator(
        problem.network, problem.batches(size), torch.nn.CrossEntropyLoss()
    )
    center = {k: v.detach().clone() for k, v in problem.network.state_dict().items()}
    zero = {k: torch.zeros_like(v) for k, v in center.items()}
    one, two = (zero | problem.parts(direction) for direction in problem.directions)
    axis = problem.axis

    def call():
        found = calculator.calculate(axis, axis, one, two, center)
        return np.asarray(found), axis, np.tile(axis, (len(axis), 1))

    return call


def largest_difference(problem: Problem, call, count: int = 12) -> float:
    """Return the largest difference to a fresh float64 module at some points of the grid."""
    found, rows, columns = call()
    rng = np.random.default_rng(0)
    worst = 0.0
    inputs = problem.source.train.inputs.double()
    for i, j in rng.integers(0, len(rows), (count, 2)):
        module = problem.moved(rows[i], columns[i, j], torch.float64)
        with torch.no_grad():
            wanted = functional.cross_entropy(module(inputs), problem.source.train.targets)
        worst = max(worst, abs(float(found[i, j]) - float(wanted)))
    return worst


def machine() -> tuple[float, float]:
    """Measure this run's matrix-product rate (GFLOP/s) and copy bandwidth (GB/s), one thread."""
    a, b = torch.randn(2, 1024, 1024)
    big, other = torch.zeros(2, 2**25)
    product, copied = [], []
    for _ in range(7):
        start = time.perf_counter()
        a @ b
        product.append(time.perf_counter() - start)
        start = time.perf_counter()
        other.copy_(big)
        copied.append(time.perf_counter() - start)
    return 2 * 1024**3 / min(product) / 1e9, 2 * big.nbytes / min(copied) / 1e9


def forward_flops(problem: Problem) -> int:
    """Count the operations of one forward pass over all samples."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        problem.network(problem.source.train.inputs)
    return counter.get_total_flops()


def compare(name: str, points: int, repeats: int, rate: float) -> pd.DataFrame:
    """Time all engines on one network, taking turns."""
    problem = Problem(name, points)
    samples = len(problem.source.train.targets)
    calls = {"prospect": prospect_engine(problem, "frozen")}
    if name != "mlp":
        calls["prospect, BatchNorm recomputed"] = prospect_engine(problem, "recompute")
    for size in (128, 256, 512, samples):
        calls[f"loss-landscapes, batch {size}"] = loss_landscapes_engine(problem, size)
    for size in (128, samples):
        calls[f"loss-landscape-3d, batch {size}"] = loss_landscape_3d_engine(problem, size)
    times = {engine: [] for engine in calls}
    for call in calls.values():
        call()
    for _ in range(repeats):
        for engine, call in calls.items():
            start = time.perf_counter()
            call()
            times[engine].append((time.perf_counter() - start) / points**2)
    flops = forward_flops(problem)
    ours = statistics.median(times["prospect"])
    rows = []
    for engine, taken in times.items():
        median = statistics.median(taken)
        recomputed = "recomputed" in engine
        rows.append(
            {
                "network": name,
                "engine": engine,
                "ms a point": 1e3 * median,
                "points a second": 1 / median,
                "prospect is faster by": median / ours,
                "difference to float64": np.nan
                if recomputed
                else largest_difference(problem, calls[engine]),
                "share of matrix-product limit": flops / median / 1e9 / rate,
            }
        )
    return pd.DataFrame(rows)


def main() -> None:
    """Run the comparison and write its table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--output", default="results/bench/evaluate.csv")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rate, bandwidth = machine()
    print(f"one thread: {rate:.0f} GFLOP/s in matrix products, {bandwidth:.1f} GB/s copied")
    table = pd.concat(compare(name, POINTS[name], options.repeats, rate) for name in NETWORKS)
    with pd.option_context("display.width", 200, "display.max_columns", 20):
        print(table.to_string(index=False, float_format=lambda value: f"{value:.3g}"))
    Path(options.output).parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(options.output, index=False)


if __name__ == "__main__":
    main()
