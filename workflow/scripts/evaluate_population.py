"""Evaluate many random directions at one center (rule ``evaluate_population``)."""

from prospect import stage
from prospect.landscapes import Landscapes

with stage.running(snakemake):
    params = snakemake.params.stage
    model, files = stage.model(snakemake), snakemake.input
    landscapes = Landscapes(params, model, files, files.code)
    landscapes.evaluate_population(params["population"], snakemake.output[0])
