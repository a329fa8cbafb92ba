"""Make the directions of one model that need no mining (rule ``make_directions``)."""

import torch

from prospect.base import stage
from prospect.landscape.directions import make
from prospect.landscape.kinds import kind_of, target_of
from prospect.model.objective import objective_of
from prospect.records import centers, hessians, vectors

with stage.running(snakemake):
    params, given = snakemake.params.stage, snakemake.input
    seed = stage.model(snakemake)["seed"]
    objective = objective_of(params)
    blocks = objective.flat.blocks
    for names, output in snakemake.output.items():
        center, name = names.split("/")
        spec = params["directions"][name]
        theta = centers.go_to(objective, given[f"centers/{center}"])
        target = None
        if place := target_of(spec):
            target, _ = centers.read(given[f"targets/{'/'.join(place)}"], blocks)
        if kind_of(spec) == "hessian":
            index = spec["hessian"]["index"]
            target = torch.from_numpy(hessians.read_eigenvector(given[f"hessian/{center}"], index))
        vector = make(spec, name, objective, theta, seed, target)
        vectors.write(output, vector[None], {"seed": seed, "center": center, **spec})
