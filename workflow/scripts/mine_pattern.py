"""Mine the directions that show one pattern at one center (rule ``mine_pattern``)."""

from prospect import patterns, stage, store
from prospect.landscapes import load_center
from prospect.mining import mine
from prospect.objective import objective_of

with stage.running(snakemake):
    params, seed = snakemake.params.stage, int(snakemake.wildcards.seed)
    free = params["free_origin"]
    objective = objective_of(params)
    theta = load_center(objective, snakemake.input.start)
    pattern = patterns.read(snakemake.input.pattern)
    mined = mine(objective, theta, pattern, params["mining"], seed, free_origin=free)
    stage.log.info("%s", mined.outcome)
    store.write_directions(
        snakemake.output[0],
        mined.directions.cpu(),
        {**stage.model(snakemake), "center": snakemake.wildcards.center, "pattern": pattern.name}
        | {"mining": params["mining"] | pattern.wishes}
        | mined.outcome,
        origin=mined.origin.cpu() if free else None,
        buffers={name: tensor.cpu() for name, tensor in objective.fixed().items()},
        progress=mined.progress,
    )
