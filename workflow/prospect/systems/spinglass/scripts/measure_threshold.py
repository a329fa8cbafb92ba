"""Look at the landscape across the interpolation threshold (rule ``measure_threshold``)."""

import itertools

from prospect.base import files, stage
from prospect.base.resume import resuming
from prospect.model.setting import setting_of
from prospect.records.parts import part_by_part
from prospect.systems.spinglass.threshold import recipe_of, threshold

with stage.running(snakemake), resuming(snakemake) as partial:
    params, (output,) = snakemake.params.stage, snakemake.output
    own, seeds = params["threshold"], range(params["threshold"]["count"])

    def _measured(cell):
        width, samples = cell
        recipe = recipe_of(params["training"], samples, own["steps"])
        setting = setting_of(params["name"], params | {"training": recipe})
        return [threshold(setting, width, seeds, own["radius"], own["circles"])]

    cells = itertools.product(own["widths"], own["train"])
    (table,) = part_by_part(cells, _measured, partial(output))
    files.write_texts({output: files.as_text(table)})
