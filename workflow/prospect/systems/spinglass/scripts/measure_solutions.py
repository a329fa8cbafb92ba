"""Find many solutions, and look whether they are a tree (rule ``measure_solutions``)."""

from prospect.base import files, stage
from prospect.base.resume import resuming
from prospect.model.setting import setting_of
from prospect.records.parts import part_by_part
from prospect.systems.spinglass.sets import measured

with stage.running(snakemake), resuming(snakemake) as partial:
    params, output = snakemake.params.stage, snakemake.output
    own, setting = params["solutions"], setting_of(params["name"], params)
    sizes = own["count"], own["forks"], own["branches"], own["draws"]
    training = [partial(f"{output[0]}.training{seed}") for seed in range(own["sets"])]
    tables = part_by_part(
        range(own["sets"]),
        lambda seed: measured(setting, seed, *sizes, training[seed]),
        partial(output[0]),
    )
    files.write_texts(
        {path: files.as_text(table) for path, table in zip(output, tables, strict=True)}
    )
