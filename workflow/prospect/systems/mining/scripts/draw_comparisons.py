"""Draw every surface of all networks and seeds side by side (rule ``draw_comparisons``)."""

from pathlib import Path

from prospect.drawing.style import drawing
from prospect.records import grids
from prospect.records.tables import read_table
from prospect.systems.mining.figures.comparison import comparison

with drawing(snakemake) as save:
    shapes = read_table(snakemake.input.shapes)
    for name in dict.fromkeys(Path(path).stem for path in snakemake.output):
        rows = shapes[(shapes["kind"] == "surface") & (shapes["name"] == name)]
        items = [(row, grids.read(row["file"])) for _, row in rows.iterrows()]
        save(name, comparison(items, snakemake.params.style))
