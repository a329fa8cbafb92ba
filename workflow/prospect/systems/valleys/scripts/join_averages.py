"""Join the averages and lines of all networks (rule ``join_averages``)."""

from prospect.base import files, stage
from prospect.records.tables import read_tables

with stage.running(snakemake):
    given, (pairs, lines) = snakemake.input, snakemake.output
    files.write_texts(
        {
            pairs: files.as_text(read_tables(given.averages)),
            lines: files.as_text(read_tables(given.averages_lines)),
        }
    )
