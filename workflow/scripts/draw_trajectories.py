"""Draw training runs over their surfaces, and how far from them (rule ``draw_trajectories``)."""

from collections import defaultdict

from prospect.drawing.style import drawing
from prospect.drawing.trajectories import trajectories
from prospect.records import grids
from prospect.records.tables import read_table
from prospect.study import paths

with drawing(snakemake) as save:
    tables, style = list(map(read_table, snakemake.input.tables)), snakemake.params.style
    surfaces = defaultdict(list)
    for path in snakemake.input.surfaces:
        surfaces[paths.item_of(path)[1]].append(grids.read(path))
    for name, found in surfaces.items():
        together = found if style["common_limits"] else None
        for grid in found:
            model = {key: grid.attrs[key] for key in ("network", "seed")} | {"surface": name}
            own = [
                table[(table[list(model)] == list(model.values())).all(axis=1)] for table in tables
            ]
            figure = trajectories(grid, *own, style, together)
            save(f"{model['network']}-seed{model['seed']}-{name}", figure)
