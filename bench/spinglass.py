"""Keep of the study `spinglass` what README.md shows (`make bench-spinglass`): docs/spinglass.*."""

import shutil
from pathlib import Path

from prospect.records.tables import read_table

FOLDER, DOCS = Path("results/spinglass"), Path("docs")
COLUMNS = ["id", "claim", "group", "units", "number", "low", "high", "side", "verdict"]
FIGURES = {"spectra": "spectra", "flatness": "flatness", "hierarchy": "hierarchy"}

if __name__ == "__main__":
    claims = read_table(FOLDER / "claims.csv")
    own = claims.loc[claims["system"] == "spinglass", COLUMNS]
    own.round(3).to_csv(DOCS / "spinglass.csv", index=False)
    for figure, name in FIGURES.items():
        shutil.copy(FOLDER / "figures" / "spinglass" / f"{figure}.png", DOCS / f"{name}.png")
