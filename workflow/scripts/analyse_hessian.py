"""Analyse a model's Hessian at some centers (rule ``analyse_hessian``)."""

import dataclasses
from pathlib import Path

from prospect import stage, store
from prospect.hessian import analyse
from prospect.landscapes import load_center
from prospect.objective import objective_of

with stage.running(snakemake):
    params, model = snakemake.params.stage, stage.model(snakemake)
    objective = objective_of(params)
    for output in snakemake.output:
        center = Path(output).stem
        theta = load_center(objective, snakemake.input[f"centers/{center}"])
        found = analyse(objective, theta, params["hessian"], model["seed"], center)
        attrs = model | {
            "center": center,
            "samples": len(objective.targets),
            "batchnorm": params["evaluation"]["batchnorm"] if objective.norms else "none",
            "theta_norm": theta.norm().item(),
            "params": params,
        }
        arrays = dataclasses.asdict(found) | {"mean": found.mean, "spread": found.spread}
        store.write_hessian(output, arrays, attrs)
