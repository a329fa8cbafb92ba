"""Draw the populations, those of one name of all models together (rule ``draw_populations``)."""

from prospect.drawing.style import drawing
from prospect.records import grids
from prospect.records.tables import read_table
from prospect.study import paths
from prospect.systems.mining.figures.shapes import population

with drawing(snakemake) as save:
    shapes = read_table(snakemake.input.shapes)
    shares = shapes[shapes["kind"] == "population"]
    members, bands = read_table(snakemake.input.members), read_table(snakemake.input.bands)
    names = dict.fromkeys(paths.item_of(path)[1] for path in snakemake.input.grids)
    for name in names:
        files = [path for path in snakemake.input.grids if paths.item_of(path)[1] == name]
        figure = population(
            [grids.read(path) for path in files],
            members[members["population"] == name],
            bands[bands["population"] == name],
            shares[shares["name"] == name],
            snakemake.params.style,
        )
        save(name, figure)
