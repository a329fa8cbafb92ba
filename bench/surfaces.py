"""Adaptive surfaces: what they cost, how far off they say they are, and how far off they are.

The truth is a surface of which every point was evaluated, in float32, with all samples and
BatchNorm recomputed: a study's own where it has no tolerance, else it is evaluated here. It may
have fewer points along its axes, all of which the adaptive one has; then these are compared. The
seconds of a full surface and of the best peer are those of all points by the table of evaluate.py,
which must be of the same machine.

A table a surface and one a network are written to docs/, or to results/bench where there is a GPU.
"""

import argparse
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from engines import CUDA, STUDIES, study_of, timed
from evaluate import show, write

from prospect.landscape import adaptive, coordinates
from prospect.landscape.evaluate import evaluate
from prospect.landscape.landscapes import Landscape
from prospect.landscape.scale import on_scale, wants_log
from prospect.records import grids
from prospect.records.losses import Losses
from prospect.study import paths, stages
from prospect.study.resolve import Study

SIDE = 49  # points along both axes
TOLERANCE = 0.01
SHORT = 3.0  # seconds: what takes less is timed three times


class Surface:
    """A surface of a study's first model, as its job evaluates it."""

    def __init__(self, study: Study, network: str, name: str):
        seed, params = study.seeds[0], stages.surface_params(study, network, name)
        (item,) = params["items"].values()
        files = stages.surface_inputs(study, network, seed, name)
        model = {"study": study.name, "network": network, "seed": seed}
        landscape = Landscape(params, model, files)
        theta = landscape.go_to(item["center"])
        along, _, _ = landscape.along(item, theta)
        self.where = landscape.objective, theta, along
        self.axes = [coordinates.axis(item["window"], SIDE)] * 2
        self.file = study.path(paths.SURFACE, network, seed, surface=name)

    def adaptive(self) -> Losses:
        """Evaluate as few points as `TOLERANCE` takes."""
        return adaptive.surface(*self.where, self.axes, TOLERANCE, what=self.file)

    def truth(self) -> np.ndarray:
        """Return the losses (K, K) at every point, or at every second, third … of both axes."""
        stored = grids.read(self.file).values
        if stored.evaluated.all():
            return stored.loss
        points = coordinates.product(*self.axes)
        return evaluate(*self.where, points, what=self.file).loss.reshape(SIDE, SIDE)


def measured(surface: Surface) -> dict:
    """Return what an adaptive surface costs, and its errors as fractions of the range."""
    objective, theta, _ = surface.where
    objective.outputs(theta)
    seconds, found = timed(surface.adaptive)
    if seconds < SHORT:
        seconds = statistics.median([seconds, *(timed(surface.adaptive)[0] for _ in range(2))])
    truth = surface.truth()
    log, step = wants_log(truth), (SIDE - 1) // (len(truth) - 1)
    wanted = on_scale(truth, log)
    apart = on_scale(found.loss.reshape(SIDE, SIDE)[::step, ::step], log) - wanted
    return {
        "scale": "log" if log else "linear",
        "side": SIDE,
        "evaluated": int(found.evaluated.sum()),
        "approximate": found.approximate,
        "seconds": seconds,
        "estimate": found.error_estimate,
        "error": np.abs(apart).max() / np.ptp(wanted),
        "compared": truth.size,
    }


def seconds_of(points: pd.DataFrame, network: str) -> dict:
    """Return the seconds of all points of a surface, in full and of the best peer, where known."""
    own = points[points["network"] == network]
    whose = own["engine"].where(own["engine"] == "Prospect", "peer")
    seconds = own.groupby([whose, "batchnorm"])["milliseconds"].min() * SIDE**2 / 1000
    full = seconds.get(("Prospect", "recompute"), seconds.get(("Prospect", "frozen"), np.nan))
    return {
        "seconds_full": full,
        "seconds_peer": seconds.get(("peer", "frozen"), np.nan),
        "seconds_peer_recompute": seconds.get(("peer", "recompute"), np.nan),
    }


def surfaces(study: Study, only: list[str] | None) -> Iterator[tuple[str, str]]:
    """Yield network and name of a study's surfaces whose files are there."""
    for network in study.networks:
        for name in study.surfaces_of(network, study.seeds[0]):
            file = study.path(paths.SURFACE, network, study.seeds[0], surface=name)
            if (only is None or network in only) and Path(file).exists():
                yield network, name


def errors(found: pd.DataFrame) -> pd.DataFrame:
    """Return a row a network: the fewest and most points evaluated exactly, the largest errors."""
    return found.groupby("network", sort=False, as_index=False).agg(
        surfaces=("surface", "size"),
        fewest=("evaluated", "min"),
        most=("evaluated", "max"),
        estimate=("estimate", "max"),
        error=("error", "max"),
    )


def main() -> None:
    """Measure all surfaces and write their table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", nargs="*", help="all by default")
    parser.add_argument("--folder", type=Path, default=Path("results/bench" if CUDA else "docs"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    table = options.folder / "evaluator.csv"
    if not table.exists():
        sys.exit(f"{table} is not there: it comes from bench/evaluate.py")
    points, rows = pd.read_csv(table), []
    for study in map(study_of, STUDIES):
        for network, name in surfaces(study, options.networks):
            found = measured(Surface(study, network, name))
            rows.append({"network": network, "surface": name} | found | seconds_of(points, network))
            show(pd.DataFrame(rows[-1:]))
    if not rows:
        sys.exit("no surface is there: they come from `make bench-surfaces`")
    write(pd.DataFrame(rows), options.folder / "surfaces.csv")
    write(errors(pd.DataFrame(rows)), options.folder / "errors.csv")


if __name__ == "__main__":
    main()
