"""Draw the curves of every model side by side (rule ``draw_curves``)."""

from prospect import figures, stage, store, tables

style = snakemake.params.style

with stage.running(snakemake), figures.styled(style):
    shapes = tables.read(snakemake.input.shapes)
    for (network, seed), rows in shapes[shapes["kind"] == "curve"].groupby(["network", "seed"]):
        items = [(row, store.read_grid(row["file"])) for _, row in rows.iterrows()]
        figure = figures.curves(items, style)
        figures.save(figure, snakemake.output, f"{network}-seed{seed}", style["dpi"])
