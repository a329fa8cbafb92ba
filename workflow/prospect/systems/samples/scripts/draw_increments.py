"""Draw what one more sample changes, by width and depth (rule ``draw_increments``)."""

from prospect.drawing.style import drawing
from prospect.records.tables import read_table
from prospect.systems.samples.figures import increments

with drawing(snakemake) as save:
    style = snakemake.params.style
    rows, curves, _, _, published = map(read_table, snakemake.input.tables)
    save("increments", increments.increments(rows, curves, style))
    save("levels", increments.levels(rows, style))
    save("published", increments.published(rows, published, style))
