"""Join the training runs over all surfaces (rule ``join_trajectories``)."""

from prospect.base import files, stage
from prospect.records.tables import read_tables

with stage.running(snakemake):
    given = snakemake.input.checkpoints, snakemake.input.runs
    for output, found in zip(snakemake.output, map(read_tables, given), strict=True):
        files.write_texts({output: files.as_text(found)})
