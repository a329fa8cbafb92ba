"""Evaluate many random directions at one center (rule ``evaluate_population``)."""

from prospect.base import stage
from prospect.base.resume import resuming
from prospect.landscape.landscapes import Landscape
from prospect.landscape.populations import evaluate_population

with stage.running(snakemake), resuming(snakemake) as partial:
    params, (output,) = snakemake.params.stage, snakemake.output
    landscape = Landscape(params, stage.model(snakemake), snakemake.input)
    shards = snakemake.input.get("shards", ())
    evaluate_population(landscape, params["population"], output, partial(output), shards)
