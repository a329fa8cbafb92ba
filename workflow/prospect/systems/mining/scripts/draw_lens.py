"""Draw measured against predicted curvature of every curve (rule ``draw_lens``)."""

from prospect.drawing.style import drawing
from prospect.records.tables import read_table
from prospect.systems.mining.figures.curvature import lens

with drawing(snakemake) as save:
    save("lens", lens(read_table(snakemake.input.lens), snakemake.params.style))
