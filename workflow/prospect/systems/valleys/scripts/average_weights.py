"""Average weights, and look along the line to the SGD after it (rule ``average_weights``)."""

from prospect.base import files, stage
from prospect.base.resume import resuming
from prospect.model.setting import recipe_of, setting_of
from prospect.records.parts import part_by_part
from prospect.systems.valleys.averages import averages

with stage.running(snakemake), resuming(snakemake) as partial:
    params, output = snakemake.params.stage, snakemake.output
    own, seeds = params["averages"], range(params["averages"]["pairs"])
    recipe = recipe_of(params["training"], own) | {"schedule": "constant"}
    setting = setting_of(params["name"], params | {"training": recipe})
    after = own["rate_after"], own["epochs_after"]
    tables = part_by_part(
        own["weight_decays"],
        lambda decay: averages(setting, seeds, own["start"], *after, [decay]),
        partial(output[0]),
    )
    files.write_texts(
        {path: files.as_text(table) for path, table in zip(output, tables, strict=True)}
    )
