"""Draw midpoints over epochs, and what they go with (rule ``draw_fusion``)."""

from prospect.drawing.style import drawing
from prospect.records.tables import read_table
from prospect.systems.valleys.figures.fusion import agreement, fusion

with drawing(snakemake) as save:
    pairs, correlations, _ = map(read_table, snakemake.input.tables)
    save("fusion", fusion(pairs, snakemake.params.style))
    save("agreement", agreement(pairs, correlations, snakemake.params.style))
