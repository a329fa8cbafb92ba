"""Keep of the study `valleys` what README.md shows (`make bench-valleys`): docs/valleys.*.

Controls of growth against signs at radius 1 of the trained networks, means over networks and seeds
with 95 % intervals.
"""

import shutil
from pathlib import Path

import pandas as pd

from prospect.records.tables import read_table
from prospect.systems.valleys.tables import SIGNED, of_kind, over_networks

FOLDER, DOCS = Path("results/valleys"), Path("docs")
CONTROLS = ("same-cosine", "rest", "permuted", "smallest", "smallest-same-cosine")
KINDS = {"signed": SIGNED} | {name: ("control", name) for name in CONTROLS}


def controls(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row a network and kind of direction."""
    table = table[(table["center"] == "trained") & (table["radius"] == 1)]
    rows = []
    for network, own in table.groupby("network", sort=False):
        for direction, kind in KINDS.items():
            rows_of = of_kind(own, *kind)
            lead = over_networks(-100 * rows_of["error_difference"])
            said = {"network": network, "direction": direction}
            said |= {name: rows_of[name].mean() for name in ("sign_consistency", "overlap")}
            rows.append(said | dict(zip(("lead", "low", "high"), lead, strict=True)))
    return pd.DataFrame(rows)


if __name__ == "__main__":
    controls(read_table(FOLDER / "asymmetry.csv")).round(3).to_csv(
        DOCS / "valleys.csv", index=False
    )
    shutil.copy(FOLDER / "figures" / "valleys" / "signs.png", DOCS / "signs.png")
    shutil.copy(FOLDER / "figures" / "valleys" / "growth-or-signs.png", DOCS / "growth.png")
