"""Draw the curves of every model side by side (rule ``draw_curves``)."""

from prospect.drawing.style import drawing
from prospect.records import grids
from prospect.records.tables import read_table
from prospect.systems.mining.figures.shapes import curves

with drawing(snakemake) as save:
    shapes = read_table(snakemake.input.shapes)
    for (network, seed), rows in shapes[shapes["kind"] == "curve"].groupby(["network", "seed"]):
        items = [(row, grids.read(row["file"])) for _, row in rows.iterrows()]
        save(f"{network}-seed{seed}", curves(items, snakemake.params.style))
