"""Draw measured against predicted curvature of every curve (rule ``draw_lens``)."""

import pandas as pd

from prospect.drawing.style import drawing
from prospect.systems.mining.figures.curvature import lens

with drawing(snakemake) as save:
    save("lens", lens(pd.read_csv(snakemake.input.lens), snakemake.params.style))
