"""Join the averages and lines of all networks (rule ``join_averages``)."""

from prospect.base import files, stage
from prospect.systems.valleys.pairs import joined

with stage.running(snakemake):
    given, (pairs, lines) = snakemake.input, snakemake.output
    files.write_texts(
        {
            pairs: files.as_text(joined(given.averages)),
            lines: files.as_text(joined(given.averages_lines)),
        }
    )
