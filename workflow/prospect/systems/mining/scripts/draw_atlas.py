"""Draw all shapes of the first seed of every network on one page (rule ``draw_atlas``)."""

from prospect.drawing.style import drawing
from prospect.records import grids
from prospect.records.tables import read_table
from prospect.systems.mining.figures.shapes import atlas

with drawing(snakemake) as save:
    shapes = read_table(snakemake.input.shapes)
    models = {}
    for network, rows in shapes[shapes["kind"] != "population"].groupby("network", sort=False):
        first = rows[rows["seed"] == rows["seed"].iloc[0]]
        models[network] = [(row, grids.read(row["file"])) for _, row in first.iterrows()]
    save("atlas", atlas(models, snakemake.params.style))
