"""Join the planes of all networks (rule ``join_convergence``)."""

from prospect.base import files, stage
from prospect.records.tables import read_tables

with stage.running(snakemake):
    given, output = snakemake.input, snakemake.output
    tables = map(read_tables, (given.convergence, given.planes))
    files.write_texts(
        {path: files.as_text(table) for path, table in zip(output, tables, strict=True)}
    )
