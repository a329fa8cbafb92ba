"""Compare networks of all settings in pairs and by ranks (rule ``join_ruggedness``)."""

from prospect.base import files, stage
from prospect.records.tables import read_tables
from prospect.systems.spinglass.ruggedness import paired
from prospect.systems.spinglass.tables import rank_units, ranks

with stage.running(snakemake):
    networks, pairs, of_all, of_units = snakemake.output
    found = read_tables(snakemake.input.ruggedness)
    reference = snakemake.params.stage["reference"]
    files.write_texts(
        {
            networks: files.as_text(found),
            pairs: files.as_text(paired(found, reference)),
            of_all: files.as_text(ranks(found)),
            of_units: files.as_text(rank_units(found)),
        }
    )
