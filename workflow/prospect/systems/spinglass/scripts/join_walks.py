"""Say what walks remember and how they diffuse (rule ``join_walks``)."""

from prospect.base import files, stage
from prospect.records.tables import read_tables
from prospect.systems.spinglass.metropolis import exponents
from prospect.systems.spinglass.walks import memory

with stage.running(snakemake):
    given, (remembered, diffusion) = snakemake.input, snakemake.output
    files.write_texts(
        {
            remembered: files.as_text(memory(read_tables(given.walks))),
            diffusion: files.as_text(exponents(read_tables(given.metropolis))),
        }
    )
