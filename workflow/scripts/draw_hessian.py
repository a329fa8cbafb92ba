"""Draw spectra, and curvatures of random directions (rule ``draw_hessian``)."""

from prospect import figures, stage, store

style = snakemake.params.style

with stage.running(snakemake), figures.styled(style):
    hessians = [store.read_hessian(path) for path in snakemake.input.hessians]
    for draw in (figures.spectrum, figures.curvature):
        figures.save(draw(hessians, style), snakemake.output, draw.__name__, style["dpi"])
