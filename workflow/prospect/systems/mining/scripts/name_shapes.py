"""Name every shape of the study in one table (rule ``name_shapes``)."""

from prospect.base import files, stage
from prospect.landscape import patterns
from prospect.records import vectors
from prospect.systems.mining import tables

with stage.running(snakemake):
    given, output = snakemake.input, snakemake.output
    shapes, members, bands = tables.name_all(
        given.grids,
        snakemake.params.stage,
        patterns.read_all(given.patterns),
        given.tests,
        [vectors.read_progress(path)[0] | {"file": path} for path in given.mined],
    )
    files.write_texts(
        {
            output.shapes: files.as_text(shapes),
            output.population: files.as_text(members),
            output.bands: files.as_text(bands),
            output.summary: tables.summary(shapes, snakemake.wildcards.study),
        }
    )
