"""Keep of the study `samples` what README.md shows (`make bench-samples`): docs/samples.*.

How many samples planes through a network need, and whether the formula that says so holds: means
over networks with 95 % intervals.
"""

import shutil
from pathlib import Path

import pandas as pd

from prospect.base import intervals
from prospect.records.tables import read_table

FOLDER, DOCS = Path("results/samples"), Path("docs")
COLUMNS = ("ratio", "needed", "needed_most", "error", "pilot_ratio")


def planes(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row a center and radius: each column's mean, and its interval as _low and _high."""
    rows = []
    for (center, radius), own in table.groupby(["center", "radius"], sort=False):
        row = {"center": center, "radius": radius, "networks": len(own)}
        row |= {name: own[name].iloc[0] for name in ("samples", "accuracy", "pilot_samples")}
        for name in COLUMNS:
            found = intervals.mean(own[name].tolist())
            row |= dict(zip((name, f"{name}_low", f"{name}_high"), found, strict=True))
        rows.append(row)
    return pd.DataFrame(rows)


if __name__ == "__main__":
    planes(read_table(FOLDER / "planes.csv")).round(3).to_csv(DOCS / "samples.csv", index=False)
    shutil.copy(FOLDER / "figures" / "samples" / "convergence.png", DOCS / "rates.png")
