"""Networks of the papers on small images: what they reach, and which shapes are found.

Reads the results of config/studies/small-images.yaml. Writes docs/images.csv, from which `make
docs` makes the table of the README, and docs/images.png, the study's atlas.
"""

import shutil
from pathlib import Path

import pandas as pd

from prospect.records.tables import read_table

STUDY = Path("results/small-images")
OUT = Path("docs")


def reached() -> pd.DataFrame:
    """Return a row a network: mean accuracies of training and test samples after training."""
    rows = []
    for file in sorted(STUDY.glob("*/seed*/history.csv")):
        last = read_table(file).iloc[-1]
        accuracies = {name: last[name] for name in ("accuracy", "test_accuracy")}
        rows.append({"network": file.parts[-3]} | accuracies)
    return pd.DataFrame(rows).groupby("network").mean()


def images(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row a curve or surface and network: in how many of its runs it was as wanted."""
    table = table[table["kind"].isin(["curve", "surface"])]
    rows = []
    for (name, network), own in table.groupby(["name", "network"], sort=False):
        rows.append({
            "name": name,
            "network": network,
            "runs": len(own),
            "found": int(own["found"].sum()),
            "found_on_test": own["test_found"].astype("Int64").sum(min_count=1),
            "shapes": ", ".join(dict.fromkeys(own["shape"])),
        })  # fmt: skip
    accuracies = reached().round(3)
    return pd.DataFrame(rows).join(accuracies, on="network")


if __name__ == "__main__":
    images(read_table(STUDY / "shapes.csv")).to_csv(OUT / "images.csv", index=False)
    shutil.copy(STUDY / "figures" / "atlas.png", OUT / "images.png")
