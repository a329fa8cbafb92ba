"""Join the barriers to permuted copies, with their exponents (rule ``join_permutations``)."""

from prospect.base import files, stage
from prospect.records.tables import read_tables
from prospect.systems.spinglass.tables import permutation_exponents, permutation_units

with stage.running(snakemake):
    barriers, units, exponents = snakemake.output
    found = read_tables(snakemake.input.permutations)
    files.write_texts(
        {
            barriers: files.as_text(found),
            units: files.as_text(permutation_units(found)),
            exponents: files.as_text(permutation_exponents(found)),
        }
    )
