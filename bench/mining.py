"""Mining: how often patterns are found, and drawings against published settings.

Reads the results of config/studies/mining.yaml, which spends up to 16,000 gradient evaluations of
128 samples on a drawing, and of config/studies/published.yaml, which spends exactly 16,000. Writes
docs/mining.csv and docs/drawings.csv, from which `make docs` makes the tables of the README, and
docs/mining.png, the drawings of the first seed on one scale of colours.
"""

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd

from prospect.records import grids
from prospect.records.tables import read_table

mpl.use("agg")
import matplotlib.pyplot as plt

STUDIES = {"published": Path("results/published"), "Prospect": Path("results/mining")}
OUT = Path("docs")
NETWORK = "mlp128"  # what drawings are mined on
LOWEST, HALF, HIGHEST = 0.05, 1.5, 45.0  # nats; a low cell is one below half the ceiling
COUNTS = ["runs", "found", "found_on_test", "gradients", "gradients_most"]


def mined(folder: Path) -> pd.DataFrame:
    """Read a study's table of success, with whole numbers as such."""
    return (
        read_table(folder / "success.csv")
        .round({"gradients": 0})
        .astype(dict.fromkeys(COUNTS, "Int64"))
    )


def shapes(folder: Path) -> pd.DataFrame:
    """Return a row a pattern and network: how often its shape was found, and at what cost."""
    table = mined(folder)
    return table.loc[table["network"] != NETWORK, ["name", "network", *COUNTS]]


def drawings(studies: dict[str, Path]) -> pd.DataFrame:
    """Return a row a study and drawing: how often it was found, median overlap and cost."""
    table = pd.concat(mined(folder).assign(settings=name) for name, folder in studies.items())
    table = table[(table["network"] == NETWORK) & (table["kind"] == "surface")]
    columns = ["settings", "name", "runs", "found", "found_on_test", "overlap", "gradients"]
    return table[columns].round({"overlap": 2})


def draw(studies: dict[str, Path], names: list[str]) -> plt.Figure:
    """Draw the first seed's surfaces: drawings side by side, studies below each other."""
    figure, axes = plt.subplots(
        len(studies), len(names), figsize=(1.25 * len(names), 1.4 * len(studies)),
        layout="constrained",
    )  # fmt: skip
    norm = mpl.colors.LogNorm(LOWEST, HIGHEST)
    for row, (study, folder) in zip(axes, studies.items(), strict=True):
        table = read_table(folder / "shapes.csv")
        table = table[(table["network"] == NETWORK) & (table["seed"] == 0)].set_index("name")
        for axis, name in zip(row, names, strict=True):
            grid = grids.read(table.loc[name, "file"])
            alpha, beta = grid.axes.values()
            loss = np.clip(grid.values.loss.T, LOWEST, HIGHEST)
            mesh = axis.pcolormesh(alpha, beta, loss, norm=norm, shading="gouraud", rasterized=True)
            axis.contour(alpha, beta, loss, [HALF], colors="white", linewidths=0.8)
            axis.set(aspect="equal", xticks=[], yticks=[])
            axis.set_title(f"{name} {table.loc[name, 'overlap']:.2f}", size=8)
        row[0].set_ylabel(study, size=9)
    figure.colorbar(mesh, ax=axes, label=f"loss [nats], line at {HALF}", fraction=0.02, pad=0.01)
    return figure


def main() -> None:
    """Write both tables and the picture."""
    found = {"mining": shapes(STUDIES["Prospect"]), "drawings": drawings(STUDIES)}
    for name, table in found.items():
        print(table.to_string(index=False), end="\n\n")
        table.to_csv(OUT / f"{name}.csv", index=False)
    draw(STUDIES, list(found["drawings"]["name"].unique())).savefig(OUT / "mining.png", dpi=150)


if __name__ == "__main__":
    main()
