"""Draw what recipes change of the two sides of noise (rule ``draw_variations``)."""

from prospect.drawing.style import drawing
from prospect.records.tables import read_table
from prospect.systems.valleys.figures.variations import variations

with drawing(snakemake) as save:
    (table,) = map(read_table, snakemake.input.tables)
    save("variations", variations(table, snakemake.params.style))
