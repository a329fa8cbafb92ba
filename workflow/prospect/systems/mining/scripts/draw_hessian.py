"""Draw spectra, and curvatures of random directions (rule ``draw_hessian``)."""

from prospect.drawing.style import drawing
from prospect.records import hessians
from prospect.records.tables import read_table
from prospect.systems.mining.figures.curvature import curvatures, spectrum

with drawing(snakemake) as save:
    found = [hessians.read(path) for path in snakemake.input.hessians]
    densities = read_table(snakemake.input.densities)
    save("spectrum", spectrum(found, snakemake.params.style))
    save("curvature", curvatures(found, densities, snakemake.params.style))
