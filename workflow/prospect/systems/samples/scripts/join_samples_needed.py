"""Join what all models need, and say it in sentences (rule ``join_samples_needed``)."""

from prospect.base import files, stage
from prospect.records.tables import read_tables
from prospect.systems.samples.tables import advice

with stage.running(snakemake):
    given, (*paths, said) = snakemake.input, snakemake.output
    of_models = given.samples_needed, given.samples_needed_sizes, given.samples_needed_curves
    tables = [read_tables(files_of) for files_of in of_models]
    own = snakemake.params.stage["samples_needed"]
    lines = advice(tables[0], own["accuracy"], own["pilot"])
    texts = {path: files.as_text(table) for path, table in zip(paths, tables, strict=True)}
    files.write_texts(texts | {said: "\n".join(lines) + "\n"})
