"""Compare independent solutions of many widths, aligned and not (rule ``measure_widths``)."""

import itertools

from prospect.base import files, stage
from prospect.base.resume import resuming
from prospect.model.setting import setting_of
from prospect.records.parts import part_by_part
from prospect.systems.spinglass.widths import widths

with stage.running(snakemake), resuming(snakemake) as partial:
    params, (output,) = snakemake.params.stage, snakemake.output
    own, seeds = params["widths"], range(params["widths"]["count"])
    setting, samples = setting_of(params["name"], params), params["evaluation"]["samples"]

    def _of_length(epochs):
        return setting._replace(training=setting.training | {"epochs": epochs})

    (table,) = part_by_part(
        itertools.product(own["epochs"], own["widths"]),
        lambda part: [widths(_of_length(part[0]), part[1], seeds, samples)],
        partial(output),
    )
    files.write_texts({output: files.as_text(table)})
