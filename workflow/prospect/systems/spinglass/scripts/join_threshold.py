"""Join the maps of all recipes (rule ``join_threshold``)."""

from prospect.base import files, stage
from prospect.records.tables import read_tables

with stage.running(snakemake):
    (output,) = snakemake.output
    files.write_texts({output: files.as_text(read_tables(snakemake.input.threshold))})
