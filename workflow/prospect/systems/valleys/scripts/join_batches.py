"""Join the pairs and lines of all networks (rule ``join_batches``)."""

from prospect.base import files, stage
from prospect.records.tables import read_tables
from prospect.systems.valleys.pairs import batches_table

with stage.running(snakemake):
    given, (pairs, lines) = snakemake.input, snakemake.output
    files.write_texts(
        {
            pairs: files.as_text(batches_table(read_tables(given.batches))),
            lines: files.as_text(read_tables(given.batches_lines)),
        }
    )
