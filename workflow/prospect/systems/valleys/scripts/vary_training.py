"""Train by other recipes and look along noise about what they find (rule ``vary_training``)."""

from prospect.base import files, stage
from prospect.base.resume import resuming
from prospect.model.setting import setting_of
from prospect.records.parts import part_by_part
from prospect.systems.valleys.variations import plan, vary

with stage.running(snakemake), resuming(snakemake) as partial:
    params, (output,) = snakemake.params.stage, snakemake.output
    own = params["variations"]
    variations = plan(setting_of(params["name"], params), own)
    seeds, count = range(own["pairs"]), own["count"]
    (rows,) = part_by_part(variations, lambda one: [vary(one, seeds, count)], partial(output))
    files.write_texts({output: files.as_text(rows)})
