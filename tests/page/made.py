"""Pages of studies that no network was trained for: grids of closed forms, and what is wanted."""

from pathlib import Path

import numpy as np
import pandas as pd

from prospect.base import files
from prospect.page.make import page
from prospect.records import claims, grids
from prospect.records.grids import Grid
from prospect.records.losses import Losses

STYLE = {"palette": "colorblind", "colormap": "viridis", "format": ["pdf"]}
STYLE |= {"elevation": 35, "azimuth": -60}
AXIS = np.linspace(-1, 1, 21)
NOTHING: dict[str, list[str]] = {
    name: [] for name in ("grids", "histories", "claims", "trajectories")
}


def bowl(scale=1.0):
    """Losses (K, M) of a bowl whose lowest point is aside, so that α and β are not alike."""
    alpha, beta = np.meshgrid(AXIS, AXIS[:-4], indexing="ij")
    return scale * ((alpha - 0.3) ** 2 + 3 * (beta + 0.2) ** 2 + 0.5)


def write_surface(path, loss, network="mlp", seed=0, axis=AXIS):
    """Write a surface of losses (K, M), every third point of which is evaluated."""
    evaluated = np.zeros(loss.shape, dtype=bool)
    evaluated.flat[::3] = True
    values = Losses(loss, loss / 10, loss / 20, loss / 30, evaluated, float(loss[10, 10]), 0.5)
    axes = {"alpha": axis[: loss.shape[0]], "beta": axis[: loss.shape[1]]}
    attrs = {
        "network": network, "seed": seed, "center": "trained", "dataset": "digits",
        "split": "train", "samples": 100, "batchnorm": "none", "directions": ["a", "b"],
        "direction_norms": [1.0, 2.0],
    }  # fmt: skip
    grids.write(path, Grid(axes, values, attrs))


def write_history(path):
    """Write a history of four epochs."""
    epochs = np.arange(4)
    table = pd.DataFrame({"epoch": epochs, "loss": 2.0 / (1 + epochs), "accuracy": epochs / 4})
    files.write_texts({path: files.as_text(table)})


def write_claims(path, *rows):
    """Write claims; a row is what differs from a claim that holds."""
    usual = dict.fromkeys(claims.COLUMNS, "") | {
        "system": "s", "id": "a", "claim": "It is so", "units": 4, "number": 0.5, "low": 0.4,
        "high": 0.6, "side": "above 0.3", "verdict": "holds", "table": "t.csv",
    }  # fmt: skip
    table = pd.DataFrame([usual | row for row in rows], columns=claims.COLUMNS)
    files.write_texts({path: files.as_text(table)})


def write_trajectories(folder):
    """Write the path of a run over the surface ``bowl``, and return its tables."""
    of = {"network": "mlp", "seed": 0, "surface": "bowl", "run_network": "mlp", "run_seed": 1}
    epochs = np.arange(4)
    path = {"epoch": epochs, "alpha": epochs / 4, "beta": -epochs / 8, "loss": 4.0 - epochs}
    path |= {"projected_loss": 3.5 - epochs, "distance_share": 0.1 * epochs}
    tables = [pd.DataFrame(of | path), pd.DataFrame([of | {"explained": 0.9, "walk_best": 0.8}])]
    files_of = [f"{folder}/trajectories.csv", f"{folder}/runs.csv"]
    files.write_texts(dict(zip(files_of, map(files.as_text, tables), strict=True)))
    return files_of


def made(folder: Path, study="s", metric="accuracy", **own):
    """Make the page of some files, and return where it is."""
    words = {"unit": "nats", "metric": metric, "command": "make"}
    text = page(study, NOTHING | own, {}, STYLE, words)
    path = folder / "atlas.html"
    path.write_text(text, encoding="utf-8")
    return path
