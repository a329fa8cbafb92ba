"""Prospect's evaluator against its peers and the machine's limit, all in one process and one run.

Same networks, same resident data, same dtype, same grid, evaluation mode with frozen BatchNorm
statistics (peers move parameters only; Prospect also with those of all samples at every point, its
default), no gradients, one thread. Every method is warmed up, then they take turns, and the medians
of the turns are compared. Differences are those to a float64 module of PyTorch alone, in evaluation
or training mode. `limit` is the share of the machine's rate in matrix products.

A second table is about whole surfaces of the default study, 49 × 49, as the pipeline evaluates them
(BatchNorm recomputed): what an adaptive surface costs, how far off it says it is and how far off it
is, against all points, and against loss-landscapes with the batch size that suits it best.

Both are printed and written to docs/, from where `make docs` takes the tables of the README. Where
there is a GPU, everything runs there, on larger networks and images too, and the tables go to
results/bench.

Peers, called as fairly as we know:
- loss-landscapes 3.0.6, `planar_interpolation`: its metric sums batches that are resident; its grid
  zig-zags (rows alternate by one step), which is taken into account where values are compared.
- loss-landscape-3d 0.1.3, `LossLandscapeCalculator.calculate` on resident batches.
"""

import argparse
import copy
import statistics
import sys
import time
from importlib.metadata import version
from pathlib import Path

import loss_landscapes
import numpy as np
import pandas as pd
import torch
from loss_landscape_3d import LossLandscapeCalculator
from loss_landscapes.metrics.metric import Metric
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from prospect import __version__
from prospect.base import references
from prospect.landscape import adaptive, coordinates
from prospect.landscape.evaluate import evaluate
from prospect.landscape.scale import on_scale, wants_log
from prospect.model import data, networks
from prospect.model.objective import Objective, objective_of
from prospect.model.splits import Split
from prospect.model.weights import flatten, layout
from prospect.records import centers, grids, vectors
from prospect.study import paths, read

CUDA = torch.cuda.is_available()
DEVICE = torch.device("cuda" if CUDA else "cpu")
NETWORKS = {
    "mlp": {"architecture": "mlp", "hidden": [64, 64]},
    "resnet8": {"architecture": "resnet", "width": 8, "blocks": [1, 1, 1]},
}
POINTS = {"mlp": 21, "resnet8": 9}  # along both axes; a pass of an engine takes about a second
if CUDA:
    NETWORKS["resnet20"] = {"architecture": "resnet", "width": 16, "blocks": [3, 3, 3]}
    NETWORKS["vgg16"] = {"architecture": "vgg", "depth": 16}
    POINTS = {"mlp": 49, "resnet8": 49, "resnet20": 9, "vgg16": 5}
STUDY = Path("results/digits")


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
        train = data.load({"name": "digits"}).train
        if name in ("resnet20", "vgg16"):
            rng = torch.Generator().manual_seed(0)
            images = torch.randn(10_000, 3, 32, 32, generator=rng)
            train = Split(images, torch.randint(0, 10, (10_000,), generator=rng))
        self.train = train.to(DEVICE)
        shape = self.train.inputs.shape[1:]
        self.network = networks.build(NETWORKS[name], shape, 10, 0).eval().to(DEVICE)
        blocks = layout(self.network)
        self.theta = flatten(dict(self.network.named_parameters()), blocks)
        noise = torch.randn(2, len(self.theta), generator=torch.Generator().manual_seed(0))
        noise = noise.to(DEVICE)
        self.directions = noise * self.theta.norm() / noise.norm(dim=1, keepdim=True)
        self.blocks = blocks
        self.axis = coordinates.axis(1.0, points)

    def batches(self, size: int):
        """Return the training samples as resident batches."""
        return list(zip(self.train.inputs.split(size), self.train.targets.split(size), strict=True))

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
        problem.network, problem.train, batchnorm=batchnorm, buffers=buffers, device=DEVICE
    )
    points = coordinates.product(problem.axis, problem.axis)
    side = len(problem.axis)

    def call():
        found = evaluate(objective, problem.theta, problem.directions, points, what=None)
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


def largest_difference(problem: Problem, call, batchnorm: str, count: int = 12) -> float:
    """Return the largest difference in nats to a float64 module at some points of the grid."""
    found, rows, columns = call()
    rng = np.random.default_rng(0)
    worst = 0.0
    inputs = problem.train.inputs.double()
    for i, j in rng.integers(0, len(rows), (count, 2)):
        module = problem.moved(rows[i], columns[i, j], torch.float64)
        recomputed = batchnorm == "recompute"
        with torch.no_grad():
            parts = inputs.split(len(inputs) if recomputed else 1500)
            outputs = torch.cat([module.train(recomputed)(part) for part in parts])
            wanted = float(functional.cross_entropy(outputs, problem.train.targets))
        worst = max(worst, abs(float(found[i, j]) - wanted))
    return worst


def machine() -> tuple[float, float]:
    """Measure this run's matrix-product rate (GFLOP/s) and copy bandwidth (GB/s), one thread."""
    size = 8192 if CUDA else 1024
    a, b = torch.randn(2, size, size, device=DEVICE)
    big, other = torch.zeros(2, 2**25, device=DEVICE)
    product = min(timed(lambda: a @ b)[0] for _ in range(7))
    copied = min(timed(lambda: other.copy_(big))[0] for _ in range(7))
    return 2 * size**3 / product / 1e9, 2 * big.nbytes / copied / 1e9


def timed(call) -> tuple:
    """Return the seconds of a call, to the end of what it started on a GPU, and its result."""
    if CUDA:
        torch.cuda.synchronize()
    start = time.perf_counter()
    result = call()
    if CUDA:
        torch.cuda.synchronize()
    return time.perf_counter() - start, result


def forward_flops(problem: Problem) -> int:
    """Count the operations of one forward pass over all samples."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        problem.network(problem.train.inputs)
    return counter.get_total_flops()


def compare(name: str, points: int, repeats: int, rate: float) -> pd.DataFrame:
    """Time all engines on one network, taking turns."""
    problem = Problem(name, points)
    samples = len(problem.train.targets)
    calls = {("Prospect", "frozen", None): prospect_engine(problem, "frozen")}
    if name != "mlp":
        calls["Prospect", "recompute", None] = prospect_engine(problem, "recompute")
    for size in (128, 256, 512, samples):
        calls["loss-landscapes", "frozen", size] = loss_landscapes_engine(problem, size)
    for size in (128, samples):
        calls["loss-landscape-3d", "frozen", size] = loss_landscape_3d_engine(problem, size)
    times = {key: [] for key in calls}
    for call in calls.values():
        call()
    for _ in range(repeats):
        for key, call in calls.items():
            times[key].append(timed(call)[0] / points**2)
    flops = forward_flops(problem)
    rows = []
    for key, taken in times.items():
        engine, batchnorm, batch = key
        median = statistics.median(taken)
        rows.append(
            {
                "network": name,
                "engine": engine,
                "version": __version__ if engine == "Prospect" else version(engine),
                "batchnorm": batchnorm,
                "batch": batch,
                "samples": samples,
                "milliseconds": 1e3 * median,
                "difference": largest_difference(problem, calls[key], batchnorm),
                "limit": flops / median / 1e9 / rate,
            }
        )
    return pd.DataFrame(rows).astype({"batch": "Int64"})


def surfaces(name: str, peer: float, points: int = 49) -> pd.DataFrame:
    """Compare adaptive with full surfaces of the default study; `peer` in seconds a point."""
    rows, study = [], read.study(None, {}, Path())
    for file in sorted((STUDY / name / "seed0" / "surfaces").glob("*.h5")):
        stored = grids.read(file)
        params = stored.attrs["params"]
        params["device"] = "auto"
        objective = objective_of(params)
        center = stored.attrs["center"]
        theta, fixed = centers.read(study.center(center, name, 0), objective.flat.blocks)
        objective.load(fixed)
        plane = torch.empty(2, len(theta))
        for vector, reference in zip(plane, stored.attrs["directions"], strict=True):
            direction, _ = references.split(reference)
            names = {"center": center, "direction": direction}
            vectors.read(study.path(paths.DIRECTION, name, 0, **names), reference, vector.numpy())
        axes = [coordinates.axis(stored.axes["alpha"][-1], points)] * 2
        along = objective, theta, plane

        def full(along=along, axes=axes):
            return evaluate(*along, coordinates.product(*axes), what=None)

        def few(along=along, axes=axes):
            return adaptive.surface(*along, axes, 0.01)

        objective.outputs(theta)
        taken, found = timed(few)
        if taken < 3:
            taken = statistics.median([taken, timed(few)[0], timed(few)[0]])
        whole, wanted = timed(full)
        log = wants_log(wanted.loss)
        truth = on_scale(wanted.loss, log)
        apart = np.abs(on_scale(found.loss, log) - truth).max() / np.ptp(truth)
        rows.append(
            {
                "network": name,
                "surface": file.stem,
                "scale": "log" if log else "linear",
                "side": points,
                "evaluated": int(found.evaluated.sum()),
                "seconds": taken,
                "seconds_full": whole,
                "seconds_peer": peer * points**2,
                "estimate": found.error_estimate,
                "error": apart,
            }
        )
    return pd.DataFrame(rows)


def main() -> None:
    """Run the comparisons and write their tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=Path("results/bench" if CUDA else "docs"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    rate, bandwidth = machine()
    where = torch.cuda.get_device_name() if CUDA else "one thread"
    print(f"{where}: {rate:.0f} GFLOP/s in matrix products, {bandwidth:.1f} GB/s copied")
    points = pd.concat(compare(name, POINTS[name], options.repeats, rate) for name in NETWORKS)
    show(points, options.folder / "evaluator.csv")
    peers = points[points["engine"] == "loss-landscapes"]
    best = peers.groupby("network")["milliseconds"].min() / 1000
    if not STUDY.exists():
        sys.exit(f"{STUDY} is not there: the surfaces of the default study come from `make`")
    show(
        pd.concat(surfaces(name, best[name]) for name in ("mlp", "resnet8")),
        options.folder / "surfaces.csv",
    )


def show(table: pd.DataFrame, path: Path) -> None:
    """Print a table and write it, with the three digits that times have."""
    print(table.to_string(index=False, float_format=lambda value: f"{value:.3g}"), end="\n\n")
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False, float_format="%.3g")


if __name__ == "__main__":
    main()
