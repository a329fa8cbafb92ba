"""Judge mining: success, chance, and what the mined points are (rule ``judge_mining``)."""

from prospect.base import files, stage
from prospect.landscape import patterns
from prospect.records.tables import read_table
from prospect.systems.mining import chance, solutions, success

with stage.running(snakemake):
    shapes, output = read_table(snakemake.input.shapes), snakemake.output
    of_mining = success.success_table(shapes)
    of_chance = chance.chance_table(shapes)
    points = solutions.mined_points(shapes, patterns.read_all(snakemake.input.patterns))
    sentences = success.findings(of_mining)
    sentences += chance.findings(of_chance) + solutions.findings(points)
    files.write_texts(
        {
            output.success: files.as_text(of_mining),
            output.chance: files.as_text(of_chance),
            output.mined: files.as_text(points),
            output.findings: "\n".join(sentences) + "\n",
        }
    )
