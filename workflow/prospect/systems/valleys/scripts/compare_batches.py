"""Look along the line through solutions of small and large batches (rule ``compare_batches``)."""

from prospect.base import files, stage
from prospect.base.resume import resuming
from prospect.model.setting import recipe_of, setting_of
from prospect.records.parts import part_by_part
from prospect.systems.valleys.batches import MATCHED, batches

with stage.running(snakemake), resuming(snakemake) as partial:
    params, output = snakemake.params.stage, snakemake.output
    own, seeds = params["batches"], range(params["batches"]["pairs"])
    recipe = recipe_of(params["training"], own)
    setting = setting_of(params["name"], params | {"training": recipe})
    tables = part_by_part(
        MATCHED,
        lambda matched: batches(setting, seeds, own["sizes"], own["rates"], matched, own["loss"]),
        partial(output[0]),
    )
    files.write_texts(
        {path: files.as_text(table) for path, table in zip(output, tables, strict=True)}
    )
