"""Ask how many samples a model's curves and surfaces need (rule ``measure_samples_needed``)."""

from prospect.base import files, stage
from prospect.base.resume import resuming
from prospect.landscape.landscapes import Landscape
from prospect.records.parts import part_by_part
from prospect.systems.samples.items import measure

with stage.running(snakemake), resuming(snakemake) as partial:
    params, output = snakemake.params.stage, snakemake.output
    landscape = Landscape(params, stage.model(snakemake), snakemake.input)
    tables = part_by_part(
        params["items"],
        lambda key: measure(landscape, params["samples_needed"], key),
        partial(output[0]),
    )
    files.write_texts(
        {path: files.as_text(table) for path, table in zip(output, tables, strict=True)}
    )
