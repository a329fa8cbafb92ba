"""Find many solutions, and look whether they are a tree (rule ``measure_solutions``)."""

from prospect.base import stage
from prospect.base.resume import resuming
from prospect.model.setting import setting_of
from prospect.records.parts import write_tables
from prospect.systems.spinglass.sets import measured

with stage.running(snakemake), resuming(snakemake) as partial:
    params, output = snakemake.params.stage, snakemake.output
    own, setting = params["solutions"], setting_of(params["name"], params)
    sizes = own["count"], own["forks"], own["branches"], own["draws"]
    training = [partial(f"{output[0]}.training{seed}") for seed in range(own["sets"])]
    write_tables(
        snakemake,
        range(own["sets"]),
        lambda seed: measured(setting, seed, *sizes, training[seed]),
        partial(output[0]),
    )
