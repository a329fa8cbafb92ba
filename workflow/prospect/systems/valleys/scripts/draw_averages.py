"""Draw the lines from averages to the SGD after them (rule ``draw_averages``)."""

from prospect.drawing.style import drawing
from prospect.records.tables import read_table
from prospect.systems.valleys.figures.averages import averages

with drawing(snakemake) as save:
    pairs, lines = map(read_table, snakemake.input.tables)
    save("averages", averages(pairs, lines, snakemake.params.style))
