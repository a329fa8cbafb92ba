"""Draw the rate at which planes settle (rule ``draw_convergence``)."""

from prospect.drawing.style import drawing
from prospect.records.tables import read_table
from prospect.systems.samples.figures import convergence

with drawing(snakemake) as save:
    sizes, planes = map(read_table, snakemake.input.tables)
    style = snakemake.params.style
    save("convergence", convergence.convergence(sizes, planes, style))
    save("formula", convergence.formula(sizes, style))
    save("planes", convergence.planes(planes, style))
