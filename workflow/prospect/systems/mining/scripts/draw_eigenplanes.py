"""Draw planes of random directions beside planes of eigenvectors (rule ``draw_eigenplanes``)."""

from prospect.drawing.style import drawing
from prospect.records import grids
from prospect.records.tables import read_table
from prospect.systems.mining.figures.curvature import eigenplanes

with drawing(snakemake) as save:
    shapes = read_table(snakemake.input.shapes).set_index("file", drop=False)
    surfaces = [(shapes.loc[path], grids.read(path)) for path in snakemake.input.grids]
    pairs = list(zip(surfaces[::2], surfaces[1::2], strict=True))
    save("eigenplanes", eigenplanes(pairs, snakemake.params.style))
