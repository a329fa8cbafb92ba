"""Evaluate curves and surfaces of one model (all rules ``evaluate_*`` but the population's)."""

from prospect.base import stage
from prospect.base.resume import resuming
from prospect.landscape.curves_and_surfaces import evaluate_grid
from prospect.landscape.landscapes import Landscape

with stage.running(snakemake), resuming(snakemake) as partial:
    params = snakemake.params.stage
    landscape = Landscape(params, stage.model(snakemake), snakemake.input)
    for item, output in zip(params["items"].values(), snakemake.output, strict=True):
        shards = snakemake.input.get("shards", ())
        evaluate_grid(landscape, item, output, partial(output), shards)
