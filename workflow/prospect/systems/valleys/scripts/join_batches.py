"""Join the pairs and lines of all networks (rule ``join_batches``)."""

from prospect.base import files, stage
from prospect.systems.valleys.pairs import batches_table, joined

with stage.running(snakemake):
    given, (pairs, lines) = snakemake.input, snakemake.output
    files.write_texts(
        {
            pairs: files.as_text(batches_table(joined(given.batches))),
            lines: files.as_text(joined(given.batches_lines)),
        }
    )
