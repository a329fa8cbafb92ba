"""Draw the curves of every model side by side (rule ``draw_curves``)."""

from prospect.drawing.style import drawing
from prospect.records import grids
from prospect.records.tables import read_table
from prospect.systems.mining.figures.shapes import curves

with drawing(snakemake) as save:
    shapes, style = read_table(snakemake.input.shapes), snakemake.params.style
    shapes = shapes[shapes["kind"] == "curve"]
    found = {file: grids.read(file) for file in shapes["file"]}
    together = list(found.values()) if style["common_limits"] else None
    for (network, seed), rows in shapes.groupby(["network", "seed"]):
        items = [(row, found[row["file"]]) for _, row in rows.iterrows()]
        save(f"{network}-seed{seed}", curves(items, style, together))
