"""Measure how the Hessians of perceptrons converge (rule ``measure_hessians``)."""

import itertools

from prospect.base import files, stage
from prospect.base.device import device_of
from prospect.base.resume import resuming
from prospect.model import data
from prospect.records.parts import part_by_part
from prospect.systems.samples.hessians import hessians
from prospect.systems.samples.perceptrons import every, recipe

with stage.running(snakemake), resuming(snakemake) as partial:
    params, (output,) = snakemake.params.stage, snakemake.output
    own, source, device = params["hessians"], data.load(params["dataset"]), params["device"]
    source = source._replace(train=source.train.subset(own["samples"], seed=0))
    training = recipe(own, epochs=own["epochs"])
    (table,) = part_by_part(
        itertools.product(every(own), range(own["count"])),
        lambda part: [
            hessians(
                str(part[0]), part[0].network, source, training, [part[1]], own["sizes"],
                orders=own["orders"], device=device_of(device),
            )
        ],
        partial(output),
    )  # fmt: skip
    files.write_texts({output: files.as_text(table)})
