"""An ensemble in one pass against its members one by one: time, peak memory, agreement.

64 perceptrons 64-64-64-10 on the digits, 30 epochs, and 8 residual nets of 8 channels. One thread;
both ways take turns in one run, after a warm-up, and the faster turn counts. Peak memory is what
training adds in a fresh process (Linux), after a warm-up with one member. Nothing is written.
"""

import argparse
import itertools
import re
import subprocess
import sys
import time
from pathlib import Path

import torch
from torch.nn import functional

from prospect.model import data, ensemble, networks, training
from prospect.model.cost import cost_of
from prospect.model.data import Data
from prospect.model.objective import BACKWARD_BYTES
from prospect.model.splits import Split
from prospect.model.weights import layout

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
MLP = {"architecture": "mlp", "hidden": [64, 64]}
RESNET = {"architecture": "resnet", "width": 8, "blocks": [1, 1, 1]}
SGD = {"name": "sgd", "lr": 0.05, "momentum": 0.9, "weight_decay": 5e-4}
WAYS = ("in one pass", "one by one")


def recipe(epochs: int, batch: int = 128) -> dict:
    """Return the recipe of the default study, for some epochs."""
    return {"epochs": epochs, "batch": batch, "optimizer": SGD}


def run(members: list, digits: Data, plan: dict, way: str) -> ensemble.Epochs:
    """Train the members in one of two ways; return the state at the end."""
    seeds = range(len(members))
    if way == "in one pass":
        passed = ensemble._in_one_pass(members, seeds, digits, plan, DEVICE, None)
        return ensemble.collect(passed)[0]
    alone = [
        ensemble.collect(ensemble._alone([member], [seed], digits, plan, DEVICE, None))[0]
        for member, seed in zip(members, seeds, strict=True)
    ]
    return ensemble.Epochs.joined(alone)


def race(spec: dict, count: int, digits: Data, plan: dict, turns: int = 2) -> dict:
    """Train in both ways by turns; return the state and the seconds of each."""
    members = ensemble.members(spec, digits, range(count))
    for way in WAYS:
        run(members, digits, recipe(1), way)
    found = {way: [] for way in WAYS}
    for _ in range(turns):
        for way in WAYS:
            start, used = time.perf_counter(), time.process_time()
            state = run(members, digits, plan, way)
            seconds = time.perf_counter() - start, time.process_time() - used
            found[way].append((seconds, state))
    return {way: min(turns, key=lambda turn: turn[0]) for way, turns in found.items()}


def report(title: str, found: dict) -> None:
    """Print times and agreement of both ways."""
    (one, together), (other, alone) = (found[way] for way in WAYS)
    print(f"{title}: in one pass {one[0]:.1f} s, one by one {other[0]:.1f} s ", end="")
    print(f"(CPU {one[1]:.1f} and {other[1]:.1f} s): {other[1] / one[1]:.2f} times faster")
    for name in ("loss", "test_loss", "accuracy", "test_accuracy"):
        apart = (together.row[name] - alone.row[name]).abs()
        print(f"  {name}: mean {alone.row[name].mean():.4g}, ", end="")
        print(f"apart at most {apart.max():.1e}, median {apart.median():.1e}")
    apart = (together.theta - alone.theta).abs().amax(1)
    print(f"  θ: apart at most {apart.max():.1e}, median of members {apart.median():.1e}")


def at_fixed_weights(count: int, digits: Data) -> None:
    """Print how far losses and gradients of a mini-batch are apart, in float32."""
    members = ensemble.members(MLP, digits, range(count))
    index = torch.stack([training.mini_batches(recipe(1), 1437, s, 1)[0] for s in range(count)])
    stack = ensemble.Stack(members, "cpu")
    inputs, targets = digits.train
    losses = ensemble._losses(stack.outputs(inputs[index]), targets[index]).mean(1)
    losses.sum().backward()
    apart_loss = apart = 0.0
    for m, network in enumerate(members):
        loss = functional.cross_entropy(network(inputs[index[m]]), targets[index[m]])
        loss.backward()
        apart_loss = max(apart_loss, (losses[m] - loss).abs().item())
        for name, parameter in network.named_parameters():
            difference = stack.parameters[name].grad[m] - parameter.grad
            apart = max(apart, difference.abs().max().item())
    print(f"at fixed weights, float32: losses {apart_loss:.1e} apart, gradients {apart:.1e}")


def in_float64(count: int, digits: Data) -> None:
    """Print how far the members are apart after 55 steps in float64."""
    splits = (Split(split.inputs.double(), split.targets) for split in (digits.train, digits.test))
    doubled, members = Data(*splits, 10), ensemble.members(MLP, digits, range(count))
    members = [member.double() for member in members]
    one, other = (run(members, doubled, recipe(5), way) for way in WAYS)
    print(f"55 steps, float64: θ {(one.theta - other.theta).abs().max():.1e} apart, ", end="")
    print(f"losses {(one.row['loss'] - other.row['loss']).abs().max():.1e}")


def memory(way: str, count: int) -> None:
    """Train in one way in this process; print the bytes that it adds to the peak."""
    digits = data.load({"name": "digits"})
    run(ensemble.members(MLP, digits, [0]), digits, recipe(1), way)

    def resident(line: str) -> int:
        (text,) = re.findall(rf"{line}:\s+(\d+) kB", Path("/proc/self/status").read_text())
        return 1024 * int(text)

    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = resident("VmRSS")
    run(ensemble.members(MLP, digits, range(count)), digits, recipe(2), way)
    print(resident("VmHWM") - before)


def convolutions(count: int = 8) -> None:
    """Print how much faster a step is together, against the multiplications of a mini-batch."""
    small, nets = (1, 8, 8), []
    for width, blocks, shape in (
        (4, [1, 1], small), (8, [1, 1, 1], small), (16, [1, 1, 1], small), (32, [1, 1], small),
        (8, [1, 1, 1], (3, 32, 32)), (16, [3, 3, 3], (3, 32, 32)),
    ):  # fmt: skip
        nets.append(({"architecture": "resnet", "width": width, "blocks": blocks}, shape))
    nets += [({"architecture": "vgg", "depth": 11, "width": 8}, (3, 32, 32))]
    for (spec, shape), batch in itertools.product(nets, (4, 16, 64, 256)):
        members = [networks.build(spec, shape, 10, seed) for seed in range(count)]
        inputs, targets = torch.randn(count, batch, *shape), torch.randint(10, (count, batch))
        products = batch * cost_of(members[0].eval(), inputs[0, :2]).products
        if products > 2**28:
            continue
        stack = ensemble.Stack([member.train() for member in members], "cpu")

        def together(stack=stack, inputs=inputs, targets=targets):
            ensemble._losses(stack.outputs(inputs), targets).mean(1).sum().backward()

        def alone(members=members, inputs=inputs, targets=targets):
            for member, own, wanted in zip(members, inputs, targets, strict=True):
                functional.cross_entropy(member(own), wanted).backward()

        seconds = {together: [], alone: []}
        for _ in range(4):
            for way, times in seconds.items():
                start = time.process_time()
                way()
                times.append(time.process_time() - start)
        gain = min(seconds[alone]) / min(seconds[together])
        print(f"{products / 2**25:6.2f} × 2^25: {gain:.2f} times faster", spec, shape, batch)


def main() -> None:
    """Print all of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--members", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--convolutions", action="store_true", help=convolutions.__doc__)
    parser.add_argument("--memory", choices=WAYS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    count, epochs = options.members, options.epochs
    if options.memory:
        memory(options.memory, count)
        return
    if options.convolutions:
        convolutions()
        return
    digits = data.load({"name": "digits"})
    report(f"{count} perceptrons, {epochs} epochs", race(MLP, count, digits, recipe(epochs)))
    small = recipe(1, batch=8)
    report(f"{count} perceptrons, 1 epoch, batch 8", race(MLP, count, digits, small))
    at_fixed_weights(count, digits)
    in_float64(count, digits)
    plan = recipe(epochs)
    together = ensemble.members_in_a_pass(ensemble.members(MLP, digits, [0]), digits, plan, DEVICE)
    parameters = layout(ensemble.members(MLP, digits, [0])[0])[-1].stop
    print(
        f"memory: at most {together} members in a pass ({BACKWARD_BYTES / 2**20:.0f} MiB); ", end=""
    )
    print(f"all weights once {4 * count * parameters / 2**20:.1f} MiB; peak adds ", end="")
    for way in WAYS:
        command = [sys.executable, __file__, "--memory", way, "--members", str(count)]
        added = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        print(f"{int(added) / 2**20:.0f} MiB {way}", end="; ")
    print()
    for batch in (128, 16):
        found = race(RESNET, 8, digits, recipe(2, batch))
        report(f"8 residual nets, 2 epochs, batch {batch}", found)


if __name__ == "__main__":
    main()
