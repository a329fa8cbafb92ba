"""Judge mining: success, chance, and what the mined points are (rule ``judge_mining``)."""

from pathlib import Path

from prospect import files, patterns, stage, success, tables

with stage.running(snakemake):
    shapes = tables.read(snakemake.input.shapes)
    drawn = {Path(path).stem: patterns.read(path) for path in snakemake.input.patterns}
    of_mining = success.success_table(shapes)
    of_chance = success.chance_table(shapes)
    points = success.points_table(shapes, drawn)
    sentences = success.findings(of_mining, of_chance, points)
    for output, text in (
        (snakemake.output.success, of_mining.to_csv(index=False)),
        (snakemake.output.chance, of_chance.to_csv(index=False)),
        (snakemake.output.points, points.to_csv(index=False)),
        (snakemake.output.findings, "\n".join(sentences) + "\n"),
    ):
        with files.atomic(output) as temporary:
            temporary.write_text(text)
