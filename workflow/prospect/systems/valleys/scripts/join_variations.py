"""Join the variations of all networks, held against the recipe's (rule ``join_variations``)."""

from prospect.base import files, stage
from prospect.records.tables import read_tables
from prospect.systems.valleys.variations import variations_table

with stage.running(snakemake):
    rows = variations_table(read_tables(snakemake.input.variations))
    files.write_texts({snakemake.output[0]: files.as_text(rows)})
