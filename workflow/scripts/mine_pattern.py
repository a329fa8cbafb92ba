"""Mine the directions that show one pattern at one center (rule ``mine_pattern``)."""

from prospect import patterns, stage, store
from prospect.mining import mine
from prospect.objective import objective_of

with stage.running(snakemake):
    params, seed = snakemake.params.stage, int(snakemake.wildcards.seed)
    objective = objective_of(params)
    theta, _ = store.read_center(snakemake.input.start, objective.flat.blocks)
    mined = mine(
        objective,
        theta,
        patterns.read(snakemake.input.pattern),
        params["mining"],
        seed,
        free_origin=params["free_origin"],
    )
    store.write_directions(
        snakemake.output[0],
        mined.directions.cpu(),
        {"seed": seed, **snakemake.wildcards, **params["mining"]},
        origin=mined.origin.cpu() if params["free_origin"] else None,
        progress=mined.progress,
    )
