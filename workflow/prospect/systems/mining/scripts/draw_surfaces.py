"""Draw every surface in 3D beside its contours (rule ``draw_surfaces``)."""

from prospect.drawing.style import drawing
from prospect.records import grids
from prospect.records.tables import read_table
from prospect.systems.mining.figures.shapes import surface

with drawing(snakemake) as save:
    shapes, style = read_table(snakemake.input.shapes), snakemake.params.style
    for _, rows in shapes[shapes["kind"] == "surface"].groupby("name", sort=False):
        found = [grids.read(file) for file in rows["file"]]
        together = found if style["common_limits"] else None
        for (_, row), grid in zip(rows.iterrows(), found, strict=True):
            figure = surface(row, grid, style, together)
            save(f"{row['network']}-seed{row['seed']}-{row['name']}", figure)
