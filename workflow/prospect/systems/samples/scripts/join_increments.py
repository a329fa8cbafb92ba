"""Say how increments go with width and depth, here and as published (rule ``join_increments``)."""

from prospect.base import files, stage
from prospect.records.tables import read_tables
from prospect.systems.samples import tables

with stage.running(snakemake):
    rows, output = read_tables(snakemake.input.increments), snakemake.output
    dataset = snakemake.params.stage["dataset"]["name"]
    found = tables.trends(rows), tables.steps(rows), tables.compared(rows, dataset)
    files.write_texts(
        {path: files.as_text(table) for path, table in zip(output, found, strict=True)}
    )
