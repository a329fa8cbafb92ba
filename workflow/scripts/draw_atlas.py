"""Draw all shapes of the first seed of every network on one page (rule ``draw_atlas``)."""

from prospect import figures, stage, store, tables

style = snakemake.params.style

with stage.running(snakemake), figures.styled(style):
    shapes = tables.read(snakemake.input.shapes)
    models = {}
    for network, rows in shapes[shapes["kind"] != "population"].groupby("network", sort=False):
        first = rows[rows["seed"] == rows["seed"].iloc[0]]
        models[network] = [(row, store.read_grid(row["file"])) for _, row in first.iterrows()]
    figure = figures.atlas(models, style)
    figures.save(figure, snakemake.output, "atlas", style["dpi"])
