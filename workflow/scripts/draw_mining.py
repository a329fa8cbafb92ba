"""Draw the progress of mining every pattern (rule ``draw_mining``)."""

from prospect import figures, stage, store

style = snakemake.params.style

with stage.running(snakemake), figures.styled(style):
    runs = [store.read_progress(path) for path in snakemake.input.mined]
    figure = figures.mining(runs, style)
    figures.save(figure, snakemake.output, "mining", style["dpi"])
