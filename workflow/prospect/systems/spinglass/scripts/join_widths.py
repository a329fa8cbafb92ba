"""Join the pairs of solutions of all widths, with exponents (rule ``join_widths``)."""

from prospect.base import files, stage
from prospect.records.tables import read_tables
from prospect.systems.spinglass.tables import width_exponents, width_pairs

with stage.running(snakemake):
    pairs, exponents = snakemake.output
    found = read_tables(snakemake.input.widths)
    ranges = snakemake.params.stage["ranges"]
    files.write_texts(
        {
            pairs: files.as_text(width_pairs(found)),
            exponents: files.as_text(width_exponents(found, ranges)),
        }
    )
