"""Draw the map across the interpolation threshold (rule ``draw_threshold``)."""

from prospect.drawing.style import drawing
from prospect.records.tables import read_table
from prospect.systems.spinglass.figures.threshold import threshold

with drawing(snakemake) as save:
    (table,) = map(read_table, snakemake.input.results)
    first = table["network"].iloc[0]
    save("threshold", threshold(table[table["network"] == first], snakemake.params.style))
