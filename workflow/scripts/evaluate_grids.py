"""Evaluate curves and surfaces of one model (all rules ``evaluate_*`` but the population's)."""

from pathlib import Path

from prospect import stage
from prospect.landscapes import Landscapes

with stage.running(snakemake):
    params = snakemake.params.stage
    model, files = stage.model(snakemake), snakemake.input
    landscapes = Landscapes(params, model, files, files.code)
    for output in map(Path, snakemake.output):
        landscapes.evaluate(params["items"][f"{output.parent.name}/{output.stem}"], str(output))
