"""Draw loss and accuracy of every training run (rule ``draw_training``)."""

from pathlib import Path

import pandas as pd

from prospect import figures, stage

style = snakemake.params.style

with stage.running(snakemake), figures.styled(style):
    histories = {}
    for path in map(Path, snakemake.input.histories):
        network, seed = path.parts[-3:-1]
        histories[network, int(seed.removeprefix("seed"))] = pd.read_csv(path)
    figure = figures.training(histories, style)
    figures.save(figure, snakemake.output, "training", style["dpi"])
