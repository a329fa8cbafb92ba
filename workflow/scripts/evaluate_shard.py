"""Evaluate one shard of a surface or population (rules ``evaluate_*_shard``)."""

from prospect.base import stage
from prospect.base.resume import resuming
from prospect.landscape import curves_and_surfaces, populations
from prospect.landscape.landscapes import Landscape

with stage.running(snakemake), resuming(snakemake) as partial:
    params, (output,) = snakemake.params.stage, snakemake.output
    landscape = Landscape(params, stage.model(snakemake), snakemake.input)
    which = int(snakemake.wildcards.shard), params["shards"]
    if "population" in params:
        item = params["population"]
        populations.evaluate_shard(landscape, item, output, partial(output), *which)
    else:
        (item,) = params["items"].values()
        curves_and_surfaces.evaluate_shard(landscape, item, output, partial(output), *which)
