"""Evaluate many random directions at one center (rule ``evaluate_population``)."""

from prospect.base import stage
from prospect.landscape.landscapes import Landscape
from prospect.landscape.populations import evaluate_population

with stage.running(snakemake):
    params, files = snakemake.params.stage, snakemake.input
    landscape = Landscape(params, stage.model(snakemake), files, files.code)
    evaluate_population(landscape, params["population"], snakemake.output[0])
