"""Analyse a model's Hessian at some centers (rule ``analyse_hessian``)."""

import dataclasses

from prospect.base import stage
from prospect.base.device import origin
from prospect.base.resume import resuming
from prospect.landscape.hessian import analyse
from prospect.model.objective import objective_of
from prospect.records import centers, hessians
from prospect.records.hdf5 import sha256

with stage.running(snakemake), resuming(snakemake) as partial:
    params, model = snakemake.params.stage, stage.model(snakemake)
    objective = objective_of(params)
    for center, output in snakemake.output.items():
        theta = centers.go_to(objective, snakemake.input[f"centers/{center}"])
        how = params["hessian"], model["seed"], center, partial(output)
        found = analyse(objective, theta, *how)
        attrs = model | {
            **origin(objective.flat.weights.device),
            "center": center,
            "center_sha256": sha256(theta.numpy()),
            "samples": objective.samples,
            "batchnorm": objective.norms.policy,
            "theta_norm": theta.norm().item(),
            "params": params,
        }
        arrays = dataclasses.asdict(found) | {"mean": found.mean, "spread": found.spread}
        hessians.write(output, arrays, attrs)
