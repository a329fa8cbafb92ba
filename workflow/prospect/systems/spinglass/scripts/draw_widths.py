"""Draw solutions before and after alignment, against width (rule ``draw_widths``)."""

from prospect.drawing.style import drawing
from prospect.records.tables import read_table
from prospect.systems.spinglass.figures.widths import widths

with drawing(snakemake) as save:
    pairs, exponents = map(read_table, snakemake.input.results)
    save("widths", widths(pairs, exponents, snakemake.params.style))
