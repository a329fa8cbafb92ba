"""Keep of the study `valleys` what README.md shows (`make bench-valleys`): docs/valleys.*.

Controls of growth against signs at radius 1 of the trained networks, means over networks and seeds
with 95 % intervals.
"""

import shutil
from pathlib import Path

import pandas as pd

from prospect.records.tables import read_table
from prospect.systems.valleys.tables import over_networks

FOLDER, DOCS = Path("results/valleys"), Path("docs")
KINDS = [("noise", "gaussian", 1), ("control", "same-cosine", 0), ("control", "rest", 0)]
KINDS += [("control", "permuted", 0), ("control", "smallest", 0)]
KINDS += [("control", "smallest-same-cosine", 0)]


def controls(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row a network and kind of direction."""
    table = table[(table["center"] == "trained") & (table["radius"] == 1)]
    rows = []
    for network, own in table.groupby("network", sort=False):
        for family, name, signs in KINDS:
            of_kind = own[(own["family"] == family) & (own["name"] == name)]
            of_kind = of_kind[of_kind["signs"] == signs]
            lead = over_networks(of_kind.assign(lead=-100 * of_kind["error_difference"]), "lead")
            said = {"network": network, "direction": "signed" if family == "noise" else name}
            said |= {name: of_kind[name].mean() for name in ("sign_consistency", "overlap")}
            rows.append(said | dict(zip(("lead", "low", "high"), lead, strict=True)))
    return pd.DataFrame(rows)


if __name__ == "__main__":
    controls(read_table(FOLDER / "asymmetry.csv")).round(3).to_csv(
        DOCS / "valleys.csv", index=False
    )
    shutil.copy(FOLDER / "figures" / "valleys" / "signs.png", DOCS / "signs.png")
    shutil.copy(FOLDER / "figures" / "valleys" / "growth-or-signs.png", DOCS / "growth.png")
