"""Draw loss and metric of every training run (rule ``draw_training``)."""

from prospect.drawing.style import drawing
from prospect.drawing.training import training
from prospect.records.tables import read_table
from prospect.study import paths

with drawing(snakemake) as save:
    histories = {paths.model_of(path): read_table(path) for path in snakemake.input.histories}
    save("training", training(histories, snakemake.params.style, **snakemake.params.task))
