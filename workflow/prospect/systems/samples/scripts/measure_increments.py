"""Train perceptrons and measure what one more sample changes (rule ``measure_increments``)."""

from prospect.base import files, stage
from prospect.base.device import device_of
from prospect.base.resume import resuming
from prospect.model import data
from prospect.records.parts import part_by_part
from prospect.systems.samples.increments import first_samples, measure
from prospect.systems.samples.perceptrons import every

with stage.running(snakemake), resuming(snakemake) as partial:
    params, output = snakemake.params.stage, snakemake.output
    own, seeds = params["increments"], range(params["increments"]["count"])
    source = first_samples(data.load(params["dataset"]), own["samples"])
    device = device_of(params["device"])
    tables = part_by_part(
        every(own),
        lambda one: measure(one, source, own, seeds, device),
        partial(output[0]),
    )
    files.write_texts(
        {path: files.as_text(table) for path, table in zip(output, tables, strict=True)}
    )
