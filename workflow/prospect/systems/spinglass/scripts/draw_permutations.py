"""Draw the way to permuted copies (rule ``draw_permutations``)."""

from prospect.drawing.style import drawing
from prospect.records.tables import read_table, read_tables
from prospect.systems.spinglass.figures.permutations import permutations

with drawing(snakemake) as save:
    barriers, _, exponents = map(read_table, snakemake.input.results)
    segments = read_tables(snakemake.input.segments)
    save("permutations", permutations(barriers, exponents, segments, snakemake.params.style))
