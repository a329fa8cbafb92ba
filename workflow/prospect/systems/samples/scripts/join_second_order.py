"""Join what all networks say of one more sample (rule ``join_second_order``)."""

from prospect.base import files, stage
from prospect.records.tables import read_tables

with stage.running(snakemake):
    table = read_tables(snakemake.input.second_order)
    files.write_texts({snakemake.output[0]: files.as_text(table)})
