"""Measure how fast planes settle as samples are added (rule ``measure_convergence``)."""

from prospect.base import files, stage
from prospect.base.resume import resuming
from prospect.model.setting import after_epochs, setting_of
from prospect.records.parts import part_by_part
from prospect.systems.samples.convergence import converge

with stage.running(snakemake), resuming(snakemake) as partial:
    params, output = snakemake.params.stage, snakemake.output
    own, seeds = params["convergence"], range(params["convergence"]["count"])
    setting, epochs = setting_of(params["name"], params), {epoch for _, epoch in own["centers"]}
    states = after_epochs(setting, seeds, epochs, partial(f"{output[0]}.training"))
    tables = part_by_part(
        seeds, lambda seed: converge(setting, states, own, seed), partial(output[0])
    )
    files.write_texts(
        {path: files.as_text(table) for path, table in zip(output, tables, strict=True)}
    )
