"""Say how fast what was retrained settles (rule ``join_retraining``)."""

from prospect.base import files, stage
from prospect.records.tables import read_tables
from prospect.systems.samples.rates import exponents, slopes_table

with stage.running(snakemake):
    table, output = read_tables(snakemake.input.retraining), snakemake.output
    found = exponents(table), slopes_table(table)
    files.write_texts({path: files.as_text(rows) for path, rows in zip(output, found, strict=True)})
