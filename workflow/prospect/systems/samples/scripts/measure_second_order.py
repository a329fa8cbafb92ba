"""Measure what one more sample changes near trained networks (rule ``measure_second_order``)."""

from prospect.base import files, stage
from prospect.base.resume import resuming
from prospect.model.setting import after_epochs, setting_of
from prospect.records.parts import part_by_part
from prospect.systems.samples.second_order import second_order

with stage.running(snakemake), resuming(snakemake) as partial:
    params, output = snakemake.params.stage, snakemake.output
    own, seeds = params["second_order"], range(params["second_order"]["count"])
    setting, epochs = setting_of(params["name"], params), {params["training"]["epochs"]}
    states = after_epochs(setting, seeds, epochs, partial(f"{output[0]}.training"))
    tables = part_by_part(
        seeds, lambda seed: second_order(setting, states, own, seed), partial(output[0])
    )
    files.write_texts(
        {path: files.as_text(table) for path, table in zip(output, tables, strict=True)}
    )
