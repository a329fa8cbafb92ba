"""Follow training runs over one surface (rule ``measure_trajectories``)."""

from prospect.base import files, stage
from prospect.base.resume import resuming
from prospect.landscape.landscapes import Landscape
from prospect.landscape.runs import Run, follow
from prospect.records.parts import part_by_part
from prospect.study import paths

with stage.running(snakemake), resuming(snakemake) as partial:
    params, given = snakemake.params.stage, snakemake.input
    landscape = Landscape(params, stage.model(snakemake), given)
    runs = []
    for name, checkpoints in given.items():
        if name.startswith("runs/"):
            network, seed, _ = paths.checkpoint_of(checkpoints[0])
            runs.append(
                Run(network, seed, {paths.checkpoint_of(path)[2]: path for path in checkpoints})
            )
    tables = part_by_part(
        runs, lambda run: follow(landscape, params["item"], run), partial(snakemake.output[0])
    )
    for output, found in zip(snakemake.output, tables, strict=True):
        files.write_texts({output: files.as_text(found)})
