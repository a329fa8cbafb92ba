"""Peak memory of evaluating a surface of a large network, in parameter vectors.

A wide multi-layer perceptron, few samples. Everything counts that the job adds to a process that
has imported what it needs: the network, θ, the directions, and all that is held for a while.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch

from prospect.base.resume import Partial
from prospect.landscape.curves_and_surfaces import evaluate_grid
from prospect.landscape.landscapes import Landscape
from prospect.model import checkpoints, networks
from prospect.model.weights import flatten, layout
from prospect.records import vectors
from prospect.records.hdf5 import sha256


def prepare(folder: str, network: dict) -> None:
    """Write a checkpoint and two directions, and print the number of parameters."""
    module = networks.build(network, (1, 8, 8), 10, seed=0)
    blocks, state = layout(module), module.state_dict()
    parameters = blocks[-1].stop
    attrs = {"center_sha256": sha256(flatten(state, blocks).numpy())}
    checkpoints.write(f"{folder}/center.safetensors", state, {})
    for number in range(2):
        vector = np.random.default_rng(number).standard_normal((1, parameters), np.float32)
        vectors.write(f"{folder}/{number}.h5", vector / 100, attrs)
    print(parameters)


def evaluate(folder: str, network: dict, points: int) -> None:
    """Evaluate the surface as its job does; print the bytes that it adds, and seconds."""
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    files = {"centers/c": f"{folder}/center.safetensors"}
    files |= {f"directions/c/{number}": f"{folder}/{number}.h5" for number in range(2)}
    params = {
        "network": network,
        "dataset": {"name": "digits"},
        "device": "cpu",
        "evaluation": {"split": "train", "samples": 50, "batchnorm": "recompute", "batch": 4096},
    }
    item = {"center": "c", "directions": ["0", "1"], "window": 1.0, "points": points}
    model = {"study": "memory", "network": "wide", "seed": 0}
    landscape = Landscape(params, model, files)
    output = f"{folder}/out.h5"
    evaluate_grid(
        landscape, item | {"tolerance": 0.01, "arithmetic": "auto"}, output, Partial(output, {})
    )
    added = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(1024 * added, time.perf_counter() - start)


def main() -> None:
    """Measure in fresh processes, so that nothing but the job itself counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=int, default=9950, help="units of two hidden layers")
    parser.add_argument("--points", type=int, default=21, help="points along both axes")
    parser.add_argument("--part", choices=("prepare", "evaluate"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    network = {"architecture": "mlp", "hidden": [options.width, options.width]}
    if options.part == "prepare":
        return prepare(options.folder, network)
    if options.part == "evaluate":
        return evaluate(options.folder, network, options.points)

    with tempfile.TemporaryDirectory() as folder:

        def run(part: str) -> list[float]:
            command = [sys.executable, *sys.argv, "--part", part, "--folder", folder]
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            return [float(number) for number in output.split()]

        (parameters,) = run("prepare")
        added, seconds = run("evaluate")
    print(
        f"{parameters / 1e6:.1f} million parameters, {options.points} × {options.points} points: "
        f"peak {added / 4 / parameters:.2f} parameter vectors, {seconds:.0f} s"
    )


if __name__ == "__main__":
    main()
