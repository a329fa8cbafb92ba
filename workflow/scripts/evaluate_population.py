"""Evaluate many random directions at one center (rule ``evaluate_population``)."""

from prospect import stage
from prospect.landscapes import Landscapes

with stage.running(snakemake):
    params = snakemake.params.stage
    landscapes = Landscapes(params, dict(snakemake.wildcards), snakemake.input)
    landscapes.evaluate_population(
        params["population"], int(snakemake.wildcards.seed), snakemake.output[0]
    )
