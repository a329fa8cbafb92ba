"""Join what Hessians and lens say of the study (rule ``join_lens``)."""

from prospect import files, insights, stage, tables

with stage.running(snakemake):
    shapes = tables.read(snakemake.input.shapes)
    hessians = insights.hessian_table(snakemake.input.hessians, shapes)
    lens = insights.lens_table(snakemake.input.lenses, shapes) if snakemake.input.lenses else None
    sentences = insights.findings(hessians, lens)
    for output, text in (
        (snakemake.output.hessian, hessians.to_csv(index=False)),
        (snakemake.output.lens, "name\n" if lens is None else lens.to_csv(index=False)),
        (snakemake.output.findings, "\n".join(sentences) + "\n"),
    ):
        with files.atomic(output) as temporary:
            temporary.write_text(text)
