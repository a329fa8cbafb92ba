"""Draw both demonstrations of the theory (rule ``draw_theory``)."""

from prospect.drawing.style import drawing
from prospect.records.tables import read_table
from prospect.systems.valleys.figures.theory import theory

with drawing(snakemake) as save:
    softmax, relu = (read_table(path) for path in (snakemake.input.softmax, snakemake.input.relu))
    save("theory", theory(softmax, relu, snakemake.params.style))
