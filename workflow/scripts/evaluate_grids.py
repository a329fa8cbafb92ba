"""Evaluate curves and surfaces of one model (all rules ``evaluate_*`` but the population's)."""

from prospect.base import stage
from prospect.landscape.curves_and_surfaces import evaluate_grid
from prospect.landscape.landscapes import Landscape

with stage.running(snakemake):
    params, files = snakemake.params.stage, snakemake.input
    landscape = Landscape(params, stage.model(snakemake), files, files.code)
    for item, output in zip(params["items"].values(), snakemake.output, strict=True):
        evaluate_grid(landscape, item, output)
