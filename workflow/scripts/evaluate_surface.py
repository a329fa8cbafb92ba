"""Evaluate one surface (rule ``evaluate_surface``)."""

from prospect import stage
from prospect.landscapes import Landscapes

with stage.running(snakemake):
    params = snakemake.params.stage
    model, files = stage.model(snakemake), snakemake.input
    landscapes = Landscapes(params, model, files, files.code)
    landscapes.evaluate(params["surface"], snakemake.output[0])
