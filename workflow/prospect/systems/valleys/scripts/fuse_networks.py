"""Train pairs of networks on halves of the training set, and fuse them (rule ``fuse_networks``)."""

from prospect.base import files, stage
from prospect.base.resume import resuming
from prospect.model.setting import recipe_of, setting_of
from prospect.records.parts import part_by_part
from prospect.systems.valleys.fusion import fusion

with stage.running(snakemake), resuming(snakemake) as partial:
    params, (output,) = snakemake.params.stage, snakemake.output
    own, seeds = params["fusion"], range(params["fusion"]["pairs"])
    recipe = recipe_of(params["training"], own)
    setting = setting_of(params["name"], params | {"training": recipe})
    (pairs,) = part_by_part(
        own["starts"],
        lambda start: [fusion(setting, seeds, [start], own["compared"], own["pretraining"])],
        partial(output),
    )
    files.write_texts({output: files.as_text(pairs)})
