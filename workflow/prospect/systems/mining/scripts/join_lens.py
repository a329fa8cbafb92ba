"""Join what Hessians and lens say of the study (rule ``join_lens``)."""

import pandas as pd

from prospect.base import files, stage
from prospect.records.tables import read_table
from prospect.systems.mining import insights

with stage.running(snakemake):
    given, output = snakemake.input, snakemake.output
    shapes = read_table(given.shapes)
    hessians = insights.hessian_table(given.hessians, shapes)
    lens = insights.lens_table(given.lenses, shapes) if given.lenses else None
    nothing = pd.DataFrame(columns=["name"])
    files.write_texts(
        {
            output.hessian: files.as_text(hessians),
            output.densities: files.as_text(insights.density_table(given.hessians)),
            output.lens: files.as_text(nothing if lens is None else lens),
            output.findings: "\n".join(insights.findings(hessians, lens)) + "\n",
        }
    )
