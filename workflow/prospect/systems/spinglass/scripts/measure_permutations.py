"""Walk from networks to their permuted copies (rule ``measure_permutations``)."""

from prospect.base import files, stage
from prospect.base.resume import resuming
from prospect.model.setting import setting_of
from prospect.records.parts import part_by_part
from prospect.systems.spinglass.permutations import of_length

with stage.running(snakemake), resuming(snakemake) as partial:
    params, output = snakemake.params.stage, snakemake.output
    own, seeds = params["permutations"], range(params["permutations"]["count"])
    setting = setting_of(params["name"], params)
    tables = part_by_part(
        own["epochs"],
        lambda epochs: of_length(setting, epochs, seeds, own["moved"], own["draws"]),
        partial(output[0]),
    )
    files.write_texts(
        {path: files.as_text(table) for path, table in zip(output, tables, strict=True)}
    )
