"""Histories of training, its paths over surfaces, and claims as the page shows them."""

from collections.abc import Iterable

from prospect.records.tables import read_table
from prospect.study import paths

PATH = ("epoch", "alpha", "beta", "loss", "projected_loss", "distance_share")
OF_RUN = ("explained", "walk_best")
CURVES = ("epoch", "loss", "accuracy", "test_loss", "test_accuracy")


def histories(files: Iterable[str]) -> list[dict]:
    """Return the course of every training run: losses in nats and accuracies by epoch."""
    found = []
    for path in files:
        (network, seed), table = paths.model_of(path), read_table(path)
        columns = {name: table[name].to_numpy(float) for name in CURVES if name in table}
        found.append({"network": network, "seed": seed, "file": path} | columns)
    return found


def trajectories(*files: str) -> list[dict]:
    """Return the paths of training runs over surfaces, from the tables of checkpoints and runs.

    A dict a run: the ``surface`` and its model, the run's own, `PATH` by checkpoint, and `OF_RUN`.
    Losses at the checkpoints themselves and at their feet in the plane; distances from it as shares
    of those from the center. Nothing where the tables are not both there.
    """
    if len(files) < 2:
        return []
    checkpoints, runs = map(read_table, files)
    names = ["network", "seed", "surface", "run_network", "run_seed"]
    found, checkpoints_of = [], checkpoints.groupby(names, sort=False)
    for run in runs.to_dict("records"):
        path = checkpoints_of.get_group(tuple(run[name] for name in names))
        said = {name: run[name] for name in (*names, *OF_RUN)}
        found.append(said | {name: path[name].to_numpy(float) for name in PATH})
    return found


def claims(files: Iterable[str]) -> list[dict]:
    """Return the rows of the tables of claims."""
    rows = [row for path in files for row in read_table(path).to_dict("records")]
    return [
        {
            name: "" if isinstance(value, float) and value != value else value
            for name, value in row.items()
        }
        | {name: row[name] for name in ("number", "low", "high")}
        for row in rows
    ]
