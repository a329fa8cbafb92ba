"""Draw every surface in 3D beside its contours (rule ``draw_surfaces``)."""

from prospect import figures, stage, store, tables

style = snakemake.params.style

with stage.running(snakemake), figures.styled(style):
    shapes = tables.read(snakemake.input.shapes)
    for _, row in shapes[shapes["kind"] == "surface"].iterrows():
        figure = figures.surface(row, store.read_grid(row["file"]), style)
        name = f"{row['network']}-seed{row['seed']}-{row['name']}"
        figures.save(figure, snakemake.output, name, style["dpi"])
