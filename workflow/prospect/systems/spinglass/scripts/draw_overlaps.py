"""Draw spectra and orders of the loss on spheres (rule ``draw_overlaps``)."""

from prospect.drawing.style import drawing
from prospect.records.tables import read_table
from prospect.systems.spinglass.figures.overlaps import orders, spectra

with drawing(snakemake) as save:
    of_all, _, degrees = map(read_table, snakemake.input.results)
    save("spectra", spectra(degrees, snakemake.params.style))
    save("orders", orders(of_all, snakemake.params.style))
