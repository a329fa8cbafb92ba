"""Mining against the published settings of multi-point optimisation, from two finished studies.

Reads the results of config/studies/mining.yaml, which spends up to 16,000 gradient evaluations of
128 samples on a drawing, and of config/studies/published.yaml, which spends exactly 16,000. Prints
what both found and draws their surfaces of the first seed, on one scale of colours.
"""

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd

from prospect import store, tables

mpl.use("agg")
import matplotlib.pyplot as plt

STUDIES = {"published": Path("results/published"), "Prospect": Path("results/mining")}
OUT = Path("results/bench")
NETWORK = "mlp128"
LOWEST, HALF, HIGHEST = 0.05, 1.5, 45.0  # nats; a low cell is one below half the ceiling


def compare(studies: dict[str, Path]) -> pd.DataFrame:
    """Return a row a drawing: of both studies how many were found, median overlap and cost."""
    columns = {}
    for name, folder in studies.items():
        table = pd.read_csv(folder / "success.csv")
        table = table[(table["network"] == NETWORK) & (table["kind"] == "surface")]
        table = table.set_index("name")
        columns[f"found, {name}"] = table["found"].astype(str) + " of " + table["runs"].astype(str)
        columns[f"overlap, {name}"] = table["overlap"].round(2)
        columns[f"gradients, {name}"] = table["gradients"].astype(int)
    return pd.DataFrame(columns)


def draw(studies: dict[str, Path], drawings: list[str]) -> plt.Figure:
    """Draw the first seed's surfaces: drawings side by side, studies below each other."""
    figure, axes = plt.subplots(
        len(studies), len(drawings), figsize=(1.25 * len(drawings), 1.4 * len(studies)),
        layout="constrained",
    )  # fmt: skip
    norm = mpl.colors.LogNorm(LOWEST, HIGHEST)
    for row, (study, folder) in zip(axes, studies.items(), strict=True):
        table = tables.read(folder / "shapes.csv")
        table = table[(table["network"] == NETWORK) & (table["seed"] == 0)].set_index("name")
        for axis, name in zip(row, drawings, strict=True):
            grid = store.read_grid(table.loc[name, "file"])
            alpha, beta = grid.axes.values()
            loss = np.clip(grid.losses.loss.T, LOWEST, HIGHEST)
            mesh = axis.pcolormesh(alpha, beta, loss, norm=norm, shading="gouraud", rasterized=True)
            axis.contour(alpha, beta, loss, [HALF], colors="white", linewidths=0.8)
            axis.set(aspect="equal", xticks=[], yticks=[])
            axis.set_title(f"{name} {table.loc[name, 'overlap']:.2f}", size=8)
        row[0].set_ylabel(study, size=9)
    figure.colorbar(mesh, ax=axes, label=f"loss [nats], line at {HALF}", fraction=0.02, pad=0.01)
    return figure


if __name__ == "__main__":
    found = compare(STUDIES)
    OUT.mkdir(parents=True, exist_ok=True)
    found.to_csv(OUT / "mining.csv")
    draw(STUDIES, list(found.index)).savefig(OUT / "mining.png", dpi=150)
    print(found.to_string())
