"""Name every shape of the study in one table (rule ``name_shapes``)."""

from pathlib import Path

from prospect import files, patterns, stage, store, tables

with stage.running(snakemake):
    drawn = {Path(path).stem: patterns.read(path) for path in snakemake.input.patterns}
    outcomes = [store.read_progress(path)[0] for path in snakemake.input.mined]
    shapes, population = tables.name_grids(
        snakemake.input.grids, snakemake.params.stage, drawn, snakemake.input.tests, outcomes
    )
    summary = tables.summary(shapes, snakemake.wildcards.study)
    for output, text in (
        (snakemake.output.shapes, shapes.to_csv(index=False)),
        (snakemake.output.population, population.to_csv(index=False)),
        (snakemake.output.summary, summary),
    ):
        with files.atomic(output) as temporary:
            temporary.write_text(text)
