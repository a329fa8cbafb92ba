"""Draw every surface in 3D beside its contours (rule ``draw_surfaces``)."""

from prospect.drawing.style import drawing
from prospect.records import grids
from prospect.records.tables import read_table
from prospect.systems.mining.figures.shapes import surface

with drawing(snakemake) as save:
    shapes = read_table(snakemake.input.shapes)
    for _, row in shapes[shapes["kind"] == "surface"].iterrows():
        figure = surface(row, grids.read(row["file"]), snakemake.params.style)
        save(f"{row['network']}-seed{row['seed']}-{row['name']}", figure)
