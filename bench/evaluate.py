"""Time a point: Prospect's evaluator against its peers and the machine's limit, in one process.

The engines are those of engines.py, one thread on a CPU. All evaluate the same grid in turns, the
first of which warms them up, and the medians of the others are compared. Peers have batches of
several sizes. Differences are those to a float64 module of PyTorch alone, as fractions of the loss.
`limit` is the share of the machine's rate in matrix products.

The table is printed and written to docs/, from where `make docs` takes that of the README. Where
there is a GPU everything runs there, and the table goes to results/bench.
"""

import argparse
import statistics
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path

import engines
import numpy as np
import pandas as pd
import torch
from engines import CUDA, DEVICE, STUDIES, Call, Problem, timed
from torch.utils.flop_counter import FlopCounterMode

from prospect import __version__

SIZES = {  # of a peer's batches, beside all samples
    "loss-landscapes": (engines.loss_landscapes_on, (32, 128, 512)),
    "loss-landscape-3d": (engines.loss_landscape_3d_on, (128,)),
}
POINTS = {"mlp": 21, "resnet8": 9, "mlp-wide": 9, "mlp-batchnorm": 9}  # along both axes
FEW = 2  # where a point takes a tenth of a second and more
if CUDA:
    POINTS, FEW = dict.fromkeys(POINTS, 49), 9
COMPARED = 4  # points where values are compared with float64


def calls_of(problem: Problem) -> dict[tuple, Call]:
    """Return all engines by name, what BatchNorm does, and size of a batch."""
    policies = ("frozen", "recompute") if problem.norms else ("frozen",)
    calls: dict[tuple, Call] = {}
    for policy in policies:
        calls["Prospect", policy, None] = engines.prospect(problem, policy)
        for name, (engine, sizes) in SIZES.items():
            for size in (*sizes, problem.samples):
                calls[name, policy, size] = engine(problem, policy, size)
    return calls


def largest_difference(reference: Callable, found: tuple, batchnorm: str) -> float:
    """Return the largest difference to float64 at some points, as a fraction of the loss there."""
    losses, rows, columns = found
    rng = np.random.default_rng(0)
    index = rng.integers(0, len(rows), (COMPARED, 2))
    wanted = [reference(rows[i], columns[i, j], batchnorm) for i, j in index]
    return np.abs(losses[tuple(index.T)] / wanted - 1).max()


def matrix_rate() -> float:
    """Measure this run's rate in matrix products, GFLOP/s."""
    size = 8192 if CUDA else 1024
    a, b = torch.randn(2, size, size, device=DEVICE)
    return 2 * size**3 / min(timed(lambda: a @ b)[0] for _ in range(7)) / 1e9


def forward_flops(problem: Problem) -> int:
    """Count the operations of one forward pass over all samples."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        problem.network(problem.train.inputs)
    return counter.get_total_flops()


def compare(name: str, problem: Problem, turns: int, rate: float) -> pd.DataFrame:
    """Time all engines on one network, taking turns."""
    calls = calls_of(problem)
    times, found = {key: [] for key in calls}, {}
    for turn in range(turns + 1):
        for key, call in calls.items():
            taken, found[key] = timed(call)
            if turn:
                times[key].append(taken / len(problem.axis) ** 2)
    flops, reference, rows = forward_flops(problem), cache(problem.reference), []
    for (engine, batchnorm, batch), taken in times.items():
        seconds, losses = statistics.median(taken), found[engine, batchnorm, batch]
        rows.append(
            {
                "network": name,
                "engine": engine,
                "version": __version__ if engine == "Prospect" else version(engine),
                "batchnorm": batchnorm,
                "batch": batch,
                "samples": problem.samples,
                "milliseconds": 1e3 * seconds,
                "difference": largest_difference(reference, losses, batchnorm),
                "limit": flops / seconds / 1e9 / rate,
            }
        )
    return pd.DataFrame(rows).astype({"batch": "Int64"})


def main() -> None:
    """Run the comparisons and write their table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--networks", nargs="*", help="all by default")
    parser.add_argument("--folder", type=Path, default=Path("results/bench" if CUDA else "docs"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    rate = matrix_rate()
    where = torch.cuda.get_device_name() if CUDA else "one thread"
    print(f"{where}: {rate:.0f} GFLOP/s in matrix products")
    tables = []
    for study in map(engines.study_of, STUDIES):
        for name in study.networks:
            if options.networks is None or name in options.networks:
                problem = Problem(study, name, POINTS.get(name, FEW))
                tables.append(compare(name, problem, options.turns, rate))
                show(tables[-1])
    write(pd.concat(tables), options.folder / "evaluator.csv")


def show(table: pd.DataFrame) -> None:
    """Print a table."""
    print(table.to_string(index=False, float_format=lambda value: f"{value:.3g}"), flush=True)


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a table with the three digits that times have."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False, float_format="%.3g")


if __name__ == "__main__":
    main()
