"""Draw the population of every model: all curves and their shapes (rule ``draw_population``)."""

import pandas as pd

from prospect import figures, stage, store, tables

style = snakemake.params.style

with stage.running(snakemake), figures.styled(style):
    shapes = tables.read(snakemake.input.shapes)
    figure = figures.population(
        [store.read_grid(path) for path in snakemake.input.grids],
        pd.read_csv(snakemake.input.members),
        shapes[shapes["kind"] == "population"],
        style,
    )
    figures.save(figure, snakemake.output, "population", style["dpi"])
