"""Draw the lines through solutions of small and large batches (rule ``draw_batches``)."""

from prospect.drawing.style import drawing
from prospect.records.tables import read_table
from prospect.systems.valleys.figures.batches import batches

with drawing(snakemake) as save:
    pairs, lines = map(read_table, snakemake.input.tables)
    save("batches", batches(pairs, lines, snakemake.params.style))
