"""Draw the population of every model: all curves and their shapes (rule ``draw_population``)."""

import pandas as pd

from prospect.drawing.style import drawing
from prospect.records import grids
from prospect.records.tables import read_shapes
from prospect.systems.mining.figures.shapes import population

with drawing(snakemake) as save:
    shapes = read_shapes(snakemake.input.shapes)
    figure = population(
        [grids.read(path) for path in snakemake.input.grids],
        pd.read_csv(snakemake.input.members),
        pd.read_csv(snakemake.input.bands),
        shapes[shapes["kind"] == "population"],
        snakemake.params.style,
    )
    save("population", figure)
