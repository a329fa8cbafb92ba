"""Draw how Hessians converge (rule ``draw_hessians``)."""

from prospect.drawing.style import drawing
from prospect.records.tables import read_table
from prospect.systems.samples.figures.hessians import hessians

with drawing(snakemake) as save:
    (table,) = map(read_table, snakemake.input.tables)
    save("hessians", hessians(table, snakemake.params.style))
