"""Draw the two sides of directions, and the controls (rule ``draw_asymmetry``)."""

from prospect.drawing.style import drawing
from prospect.records import grids
from prospect.records.tables import read_table
from prospect.systems.valleys.figures import asymmetry

with drawing(snakemake) as save:
    given, style = snakemake.input, snakemake.params.style
    table = read_table(given.asymmetry)
    curves = [grids.read(file) for file in given.grids]
    centers = list(dict.fromkeys(grid.attrs["center"] for grid in curves))
    first, last = (
        [grid for grid in curves if grid.attrs["center"] == center]
        for center in (centers[0], centers[-1])
    )
    save("signs", asymmetry.signs(last, "error", 2.0, style))
    save("losses", asymmetry.signs(last, "loss", 1.0, style))
    save("initialisation", asymmetry.signs(first, "loss", 1.0, style))
    save("ratio", asymmetry.ratio(table, style))
    save("directions", asymmetry.directions(table, style))
    save("growth-or-signs", asymmetry.growth_or_signs(table, style))
