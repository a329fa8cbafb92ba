"""Draw how many samples curves and surfaces need (rule ``draw_samples_needed``)."""

from prospect.drawing.style import drawing
from prospect.records.tables import read_table
from prospect.systems.samples.figures import needed

with drawing(snakemake) as save:
    rows, sizes, curves = map(read_table, snakemake.input.tables)
    save("samples-needed", needed.needed(rows, sizes, curves, snakemake.params.style))
