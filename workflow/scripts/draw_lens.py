"""Draw measured against predicted curvature of every curve (rule ``draw_lens``)."""

import pandas as pd

from prospect import figures, stage

style = snakemake.params.style

with stage.running(snakemake), figures.styled(style):
    figure = figures.lens(pd.read_csv(snakemake.input.lens), style)
    figures.save(figure, snakemake.output, "lens", style["dpi"])
