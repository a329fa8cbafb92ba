"""Mine the directions that show one pattern at one center (rule ``mine_pattern``)."""

from prospect.base import stage
from prospect.base.device import origin
from prospect.base.resume import resuming
from prospect.landscape import patterns
from prospect.model.objective import objective_of
from prospect.records import centers, vectors
from prospect.records.hdf5 import sha256
from prospect.systems.mining.mine import in_proportion, mine

with stage.running(snakemake), resuming(snakemake) as partial:
    params, model = snakemake.params.stage, stage.model(snakemake)
    free = params["free_origin"]
    objective = objective_of(params)
    theta = centers.go_to(objective, snakemake.input.start)
    pattern = patterns.read(snakemake.input.pattern)
    wishes = in_proportion(params["mining"], objective.scale)
    how = {"free_origin": free, "partial": partial(snakemake.output[0])}
    mined = mine(objective, theta, pattern, wishes, model["seed"], **how)
    stage.log.info("%s", mined.outcome)
    attrs = model | origin(objective.flat.weights.device) | mined.outcome
    attrs |= {"center": snakemake.wildcards.center, "center_sha256": sha256(theta.numpy())}
    attrs |= {"pattern": pattern.name, "pattern_sha256": pattern.sha256}
    vectors.write(
        snakemake.output[0],
        mined.directions.cpu(),
        attrs | {"mining": wishes, "params": params, "loss_unit": objective.task.unit},
        origin=mined.origin.cpu() if free else None,
        buffers={name: tensor.cpu() for name, tensor in objective.fixed().items()},
        progress=mined.progress,
    )
