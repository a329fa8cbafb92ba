"""Make the directions of one model that need no mining (rule ``make_directions``)."""

from pathlib import Path

import torch

from prospect import checkpoints, stage, store
from prospect.directions import make
from prospect.landscapes import load_center
from prospect.objective import objective_of

with stage.running(snakemake):
    params, seed = snakemake.params.stage, int(snakemake.wildcards.seed)
    objective = objective_of(params)
    for output in map(Path, snakemake.output):
        center, name = output.parent.name, output.stem
        spec = params["directions"][name]
        theta = load_center(objective, snakemake.input[f"centers/{center}"])
        target = None
        if "to" in spec:
            path = snakemake.input[f"targets/{spec.get('of', 'self')}/{spec['to']}"]
            target, _ = checkpoints.read(path, objective.flat.blocks)
        if "hessian" in spec:
            file, index = snakemake.input[f"hessian/{center}"], spec["hessian"]["index"]
            target = torch.from_numpy(store.read_eigenvector(file, index))
        vector = make(spec, name, objective, theta, seed, target)
        store.write_directions(output, vector[None], {"seed": seed, "center": center, **spec})
