"""Measure surfaces of 50,000 samples: their cost, the error that is stated and the true one.

Directions and networks are those of the study `large`, which is made first
(``snakemake --configfile bench/many_samples.yaml --until make_directions mine_pattern``). Seconds
are those of the CPU. The truth are all samples at some of the points; the cost is held against that
of the same surface of 1,437 samples.
"""

import argparse
import re
import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from prospect.landscape import coordinates, many_samples
from prospect.landscape.evaluate import evaluate
from prospect.landscape.landscapes import Landscape
from prospect.landscape.scale import on_scale, wants_log
from prospect.study import read, stages, text
from prospect.study.resolve import Study

CONFIG = "bench/many_samples.yaml"
DIGITS = 1437  # the training samples that the others are made of
SIDE = {"mlp": 25, "resnet8": 13}  # of the true grid, whose points are among those of the surface


def place(study: Study, network: str, surface: str, split: str, samples: int | None):
    """Return objective, θ and directions of a surface, and its axis."""
    params = stages.surface_params(study, network, surface)
    (item,) = params["items"].values()
    params["evaluation"] |= {"split": split, "samples": samples}
    model = {"study": study.name, "network": network, "seed": 0}
    landscape = Landscape(params, model, stages.surface_inputs(study, network, 0, surface))
    theta = landscape.go_to(item["center"])
    along, _, _ = landscape.along(item, theta)
    return (landscape.objective, theta, along), coordinates.axis(item["window"], item["points"])


def measure(study: Study, network: str, surface: str, split: str, tolerance: float) -> dict:
    """Return a row of the table."""
    where, axis = place(study, network, surface, split, None)
    few, _ = place(study, network, surface, split, DIGITS)
    seconds, found = {}, {}
    for name, there in (("few", few), ("many", where)):
        there[0].outputs(there[1])
        start = time.process_time()
        found[name] = many_samples.surface(*there, [axis, axis], tolerance)
        seconds[name] = time.process_time() - start
    some = np.linspace(0, len(axis) - 1, SIDE[network]).round().astype(int)
    truth = evaluate(*where, coordinates.product(axis[some], axis[some]), what=None)
    here = found["many"]
    log = wants_log(here.loss)

    numbers = [int(text.replace(",", "")) for text in re.findall(r"[\d,]*\d", here.approximation)]
    few_samples, _, middle = (*numbers, 0, 0, 0)[:3]

    def apart(values) -> np.ndarray:
        loss = values.loss.reshape(len(axis), len(axis))[np.ix_(some, some)].ravel()
        difference = np.abs(on_scale(loss, log) - on_scale(truth.loss, log))
        return difference / np.ptp(on_scale(here.loss, log))

    return {
        "network": network,
        "surface": surface,
        "split": split,
        "samples": where[0].samples,
        "scale": "log" if log else "linear",
        "side": len(axis),
        "tolerance": tolerance,
        "subsample": few_samples,
        "middle": middle,
        "evaluated": int(here.evaluated.sum()),
        "seconds": seconds["many"],
        "seconds_few": seconds["few"],
        "estimate": here.error_estimate,
        "error": apart(here).max(),
        "median": np.median(apart(here)),
        "error_few": apart(found["few"]).max(),
    }


def main() -> None:
    """Measure the surfaces of a network, and put them into the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("network", choices=SIDE)
    parser.add_argument("--split", choices=("train", "test"), default="train")
    parser.add_argument("surfaces", nargs="+")
    parser.add_argument("--tolerance", type=float, default=0.01)
    parser.add_argument("--table", type=Path, default=Path("docs/many.csv"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    study = read.study([CONFIG], text.load(Path(CONFIG)), Path())
    keys = ["network", "surface", "split", "tolerance"]
    for surface in options.surfaces:
        row = measure(study, options.network, surface, options.split, options.tolerance)
        known = pd.read_csv(options.table) if options.table.exists() else pd.DataFrame()
        table = pd.concat([known, pd.DataFrame([row])]).drop_duplicates(keys, keep="last")
        table.sort_values(keys).to_csv(options.table, index=False, float_format="%.6g")


if __name__ == "__main__":
    main()
