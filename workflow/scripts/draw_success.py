"""Draw how often every pattern was found, and at what cost (rule ``draw_success``)."""

import pandas as pd

from prospect import figures, stage

style = snakemake.params.style

with stage.running(snakemake), figures.styled(style):
    figure = figures.success(pd.read_csv(snakemake.input.success), style)
    figures.save(figure, snakemake.output, "success", style["dpi"])
