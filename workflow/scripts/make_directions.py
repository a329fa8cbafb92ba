"""Make the directions of one model that need no mining (rule ``make_directions``)."""

import torch

from prospect.base import stage
from prospect.base.device import origin
from prospect.base.resume import resuming
from prospect.landscape.directions import check, make
from prospect.landscape.kinds import kind_of, target_of
from prospect.landscape.trajectories import principal_direction
from prospect.model.objective import objective_of
from prospect.records import centers, hessians, vectors
from prospect.records.hdf5 import Center

with stage.running(snakemake), resuming(snakemake):
    params, given = snakemake.params.stage, snakemake.input
    model, objective = stage.model(snakemake), objective_of(params)
    blocks = objective.flat.blocks
    for names, output in snakemake.output.items():
        center, name = names.split("/")
        spec = params["directions"][name]
        theta = centers.go_to(objective, given[f"centers/{center}"])
        at = Center.of(given[f"centers/{center}"], theta.numpy())
        target = None
        if target_of(spec):
            target, _ = centers.read(given[f"targets/{name}"], blocks)
        if kind_of(spec) == "hessian":
            file, index = given[f"hessian/{center}"], spec["hessian"]["index"]
            target = torch.from_numpy(hessians.read_eigenvector(file, index, at))
        if kind_of(spec) == "pca":
            path = centers.read_path(given[f"runs/{name}"], blocks)
            target = principal_direction(path, theta, spec["pca"])
        vector = make(spec, name, objective, theta, model["seed"], target)
        check(vector, f"directions.{name}", spec, center)
        attrs = model | origin(objective.flat.weights.device) | spec
        attrs |= {"center": center, "direction": name, "center_sha256": at.sha256}
        attrs |= {"params": params | {"directions": {name: spec}}}
        vectors.write(output, vector[None], attrs)
