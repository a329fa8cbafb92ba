"""Compare the two sides of many directions of one model (rules ``measure_asymmetry_*``)."""

import pandas as pd

from prospect.base import files, stage
from prospect.base.resume import resuming
from prospect.landscape.landscapes import Landscape
from prospect.records import centers, grids
from prospect.systems.valleys.asymmetry import measure

with stage.running(snakemake), resuming(snakemake) as partial:
    params, output = snakemake.params.stage, snakemake.output
    model = stage.model(snakemake)
    landscape = Landscape(params, model, snakemake.input)
    start, _ = centers.read(snakemake.input.start, landscape.objective.flat.blocks)
    names = {"network": model["network"], "seed": model["seed"]}
    options, rows = params["asymmetry"], []
    for center in options["centers"]:
        grid, found = measure(landscape, center, start, options, partial(output[center]))
        grids.write(output[center], grid)
        rows += [names | {"center": center} | row for row in found]
    files.write_texts({output.sides: files.as_text(pd.DataFrame(rows))})
