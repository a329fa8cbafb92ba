"""Tune the federated methods, compare them, and tell who has which samples."""

from prospect.base import files, stage
from prospect.records.tables import read_tables
from prospect.systems.valleys import gains, tuning

with stage.running(snakemake):
    rounds = read_tables(snakemake.input.rounds)
    scores = gains.scores(rounds)
    chosen = gains.chosen(scores)
    tables = [gains.rounds_of(chosen, rounds), scores, gains.gains(chosen)]
    tables.append(tuning.partitions(snakemake.params.stage))
    texts = map(files.as_text, tables)
    files.write_texts(dict(zip(snakemake.output, texts, strict=True)))
