"""Analyse the Hessian at one center (rule ``analyse_hessian``)."""

import dataclasses

from prospect import stage, store
from prospect.hessian import analyse
from prospect.landscapes import load_center
from prospect.objective import objective_of

with stage.running(snakemake):
    params, model = snakemake.params.stage, stage.model(snakemake)
    objective = objective_of(params)
    theta = load_center(objective, snakemake.input.center)
    found = analyse(objective, theta, params["hessian"], model["seed"], "hessian")
    attrs = model | {
        "center": snakemake.wildcards.center,
        "samples": len(objective.targets),
        "batchnorm": params["evaluation"]["batchnorm"] if objective.norms else "none",
        "theta_norm": theta.norm().item(),
        "params": params,
    }
    arrays = dataclasses.asdict(found) | {"mean": found.mean, "spread": found.spread}
    store.write_hessian(snakemake.output[0], arrays, attrs)
