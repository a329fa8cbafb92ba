"""Evaluate one surface (rule ``evaluate_surface``)."""

from prospect import stage
from prospect.landscapes import Landscapes

with stage.running(snakemake):
    params = snakemake.params.stage
    landscapes = Landscapes(params, dict(snakemake.wildcards), snakemake.input)
    landscapes.evaluate(params["surface"], snakemake.output[0])
