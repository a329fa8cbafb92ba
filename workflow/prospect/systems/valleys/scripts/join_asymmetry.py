"""Join what all models say of the two sides of directions (rule ``join_asymmetry``)."""

from prospect.base import files, stage
from prospect.systems.valleys import tables

with stage.running(snakemake):
    output = snakemake.output
    table = tables.asymmetries(snakemake.input.sides)
    controls = tables.contrasts(table)
    files.write_texts(
        {
            output.asymmetry: files.as_text(table),
            output.controls: files.as_text(controls),
            output.trends: files.as_text(tables.trends(table)),
            output.findings: "\n".join(tables.findings(table, controls)) + "\n",
        }
    )
