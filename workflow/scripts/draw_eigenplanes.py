"""Draw planes of random directions beside planes of eigenvectors (rule ``draw_eigenplanes``)."""

from prospect import figures, stage, store, tables

style = snakemake.params.style

with stage.running(snakemake), figures.styled(style):
    shapes = tables.read(snakemake.input.shapes).set_index("file", drop=False)
    surfaces = [(shapes.loc[path], store.read_grid(path)) for path in snakemake.input.grids]
    pairs = list(zip(surfaces[::2], surfaces[1::2], strict=True))
    figures.save(figures.eigenplanes(pairs, style), snakemake.output, "eigenplanes", style["dpi"])
