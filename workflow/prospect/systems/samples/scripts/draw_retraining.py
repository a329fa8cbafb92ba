"""Draw what settles as samples are added, as panels and moving (rule ``draw_retraining``)."""

from prospect.base import files
from prospect.drawing.style import drawing
from prospect.records.tables import read_table
from prospect.systems.samples.figures import retraining

with drawing(snakemake) as save:
    style = snakemake.params.style
    table, planes, surfaces, corners, exponents, _ = map(read_table, snakemake.input.tables)
    shown = sorted(set(table["k"]))
    save("retraining", retraining.retraining(table, planes, exponents, style))
    save("settling", retraining.settling(surfaces, corners, shown, style))
    moving = retraining.settling_animation(surfaces, corners, style)
    files.write(snakemake.output.animation, retraining.as_gif(moving, style))
