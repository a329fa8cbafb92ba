"""Climb the ladder of bounds for every perceptron (rule ``measure_bounds``)."""

from prospect.base import files, stage
from prospect.base.device import device_of
from prospect.base.resume import resuming
from prospect.model import data
from prospect.records.parts import part_by_part
from prospect.systems.samples.bounds import bounds, ladder_table, plan
from prospect.systems.samples.perceptrons import recipe

with stage.running(snakemake), resuming(snakemake) as partial:
    params, (output,) = snakemake.params.stage, snakemake.output
    own, source, device = params["bounds"], data.load(params["dataset"]), params["device"]
    training, seeds, scales = recipe(own, epochs=own["epochs"]), range(own["count"]), plan(own)
    (table,) = part_by_part(
        scales,
        lambda one: [
            ladder_table(
                bounds(
                    str(one), source, training, *one, seeds, scales[one], own["samples"],
                    device_of(device),
                )
            )
        ],
        partial(output),
    )  # fmt: skip
    files.write_texts({output: files.as_text(table)})
