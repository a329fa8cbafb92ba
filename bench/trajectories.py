"""Keep of the study `trajectories` what README.md shows (`make bench-trajectories`): docs/paths.*.

How much of a training run one plane explains, beside a random walk with steps of the same lengths:
means over seeds with 95 % intervals.
"""

import shutil
from pathlib import Path

import pandas as pd

from prospect.base import intervals
from prospect.records.tables import read_table

FOLDER, DOCS = Path("results/trajectories"), Path("docs")
COLUMNS = ("explained", "walk_best", "straightness", "walk_straightness", "farthest", "lower")


def paths(runs: pd.DataFrame, checkpoints: pd.DataFrame) -> pd.DataFrame:
    """Return a row a network: each column's mean over seeds, its interval as _low and _high.

    `farthest` is the largest share of a checkpoint's way from the center that leads out of the
    plane, `lower` the mean of the loss at the nearest points of the plane over that of the
    checkpoints, but for the last one, where both are one.
    """
    model = ["network", "seed"]
    own = runs[runs["surface"] == "path"].set_index(model)
    on_path = checkpoints[(checkpoints["surface"] == "path") & (checkpoints["displacement"] > 0)]
    ratios = on_path["projected_loss"] / on_path["loss"]
    own["farthest"] = on_path.groupby(model)["distance_share"].max()
    own["lower"] = ratios.groupby([on_path[name] for name in model]).mean()
    rows = []
    for network, table in own.groupby("network", sort=False):
        row = {"network": network, "networks": len(table)}
        for name in COLUMNS:
            found = intervals.mean(table[name].tolist())
            row |= dict(zip((name, f"{name}_low", f"{name}_high"), found, strict=True))
        rows.append(row)
    return pd.DataFrame(rows)


if __name__ == "__main__":
    tables = (read_table(FOLDER / name) for name in ("runs.csv", "trajectories.csv"))
    paths(*tables).round(4).to_csv(DOCS / "paths.csv", index=False)
    figures = FOLDER / "figures" / "trajectories"
    shutil.copy(figures / "sgd-seed0-path.png", DOCS / "path.png")
    shutil.copy(figures / "sgd-seed0-three.png", DOCS / "three.png")
