"""Evaluate the curves of one model (rule ``evaluate_curves``)."""

from pathlib import Path

from prospect import stage
from prospect.landscapes import Landscapes

with stage.running(snakemake):
    params = snakemake.params.stage
    model, files = stage.model(snakemake), snakemake.input
    landscapes = Landscapes(params, model, files, files.code)
    for output in snakemake.output:
        landscapes.evaluate(params["curves"][Path(output).stem], output)
