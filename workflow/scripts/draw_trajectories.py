"""Draw training runs over their surfaces, and how far from them (rule ``draw_trajectories``)."""

from prospect.drawing.style import drawing
from prospect.drawing.trajectories import trajectories
from prospect.records import grids
from prospect.records.tables import read_table
from prospect.study import paths

with drawing(snakemake) as save:
    tables = read_table(snakemake.input.checkpoints), read_table(snakemake.input.runs)
    for path in snakemake.input.surfaces:
        grid, (_, name) = grids.read(path), paths.item_of(path)
        model = {key: grid.attrs[key] for key in ("network", "seed")} | {"surface": name}
        own = [table[(table[list(model)] == list(model.values())).all(axis=1)] for table in tables]
        figure = trajectories(grid, *own, snakemake.params.style)
        save(f"{model['network']}-seed{model['seed']}-{name}", figure)
