"""Draw the ladder of bounds, what its steps cost, and where Theorem 1 fails (``draw_bounds``)."""

from prospect.drawing.style import drawing
from prospect.records.tables import read_table
from prospect.systems.samples.figures import bounds

with drawing(snakemake) as save:
    (table,), style = map(read_table, snakemake.input.tables), snakemake.params.style
    save("ladder", bounds.ladder(table, style))
    save("ladder-costs", bounds.costs(table, style))
    save("violation", bounds.violation(table, style))
