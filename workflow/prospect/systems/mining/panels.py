"""What mining brings to the page: names of shapes, the test samples, and the Hessian."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from prospect.base import references
from prospect.landscape import patterns
from prospect.landscape.patterns import HIGH, LOW, Pattern
from prospect.page import figures
from prospect.page.figures import Figure, Panel, Trace
from prospect.page.panels import Known, Panels
from prospect.records import grids, hessians

HESSIAN = "Along a random direction the loss bends as the mean of the Hessian's eigenvalues."


class MiningPanels(Panels):
    """Shapes, drawings and Hessians, of the files of `system.Mining.page_files`."""

    def known(self) -> dict[str, Known]:
        """Return what naming, test samples, drawings and the lens say, by the grid's file."""
        lens, members = self._lens(), self._members()
        drawings, tests = patterns.read_all(self.files["patterns"]), {*self.files["tests"]}
        found = {}
        for row in self.rows("shapes"):
            model = row["network"], row["seed"], row["name"]
            if row["kind"] == "population":
                found[row["file"]] = Known(members=members.get(model, ()))
                continue
            said = _naming(row) | _test(row, tests) | lens.get(model, {})
            found[row["file"]] = Known(**said, drawing=_drawing(row, drawings))
        return found

    def panels(self) -> list[Panel]:
        """Return how sure mining is, and what the Hessian says of random directions."""
        return [
            Panel(
                "mining", "Mining",
                "How often a pattern is found, each run with a network of its own.",
                self._success(),
            ),
            Panel("hessian", "Hessian", HESSIAN, [*self._spectra(), *self._densities()]),
        ]  # fmt: skip

    def _members(self) -> dict[tuple, list[str]]:
        """Return the shapes of the curves of every population, by network, seed and name."""
        found: dict[tuple, list[str]] = {}
        for row in self.rows("population"):
            model = row["network"], row["seed"], row["population"]
            found.setdefault(model, []).append(row["shape"])
        return found

    def _lens(self) -> dict[tuple, dict[str, float]]:
        """Return slope and curvature in units of the direction, by network, seed and curve."""
        return {
            (row["network"], row["seed"], row["name"]): {
                "slope": row["slope"] * row["norm"],
                "curvature": row["curvature"] * row["norm"] ** 2,
            }
            for row in self.rows("lens")
        }

    def _success(self) -> list[Figure]:
        """Draw how often every pattern was found, by network, with the interval."""
        table = self.table("success")
        if table.empty:
            return []
        traces = []
        for color, (network, rows) in enumerate(table.groupby("network", sort=False)):
            numbers = rows["share"], rows["share_low"], rows["share_high"]
            traces.append(figures.dots(rows["name"], *numbers, network, color))
        layout = {
            "yaxis": figures.axis("share of runs", range=[-0.03, 1.03]),
            "scattermode": "group",
        }
        text = "Share of the runs in which a pattern was found, with 95 % intervals (Wilson)."
        return [
            Figure("success", "Patterns found", text, "success", traces, layout, ["success.csv"])
        ]

    def _spectra(self) -> list[Figure]:
        """Draw the spectral densities, a line a seed, a step of a slider a network and center."""
        steps: dict[str, list] = {}
        for path in self.files["hessians"]:
            arrays, attrs = hessians.read(path)
            at, density = arrays["density_at"], arrays["density"]
            shown = density > density.max() * 1e-8
            lines = steps.setdefault(f"{attrs['network']}, {attrs['center']}", [])
            color = len(lines)
            name = f"seed {attrs['seed']}"
            lines.append(figures.line(at[shown], density[shown], name, color, dash=color))
        layout = {
            "xaxis": figures.axis("eigenvalue"),
            "yaxis": figures.axis("spectral density", log=True),
        }
        text = "Density of the Hessian's eigenvalues, by stochastic Lanczos quadrature."
        figure = Figure(
            "spectrum", "Spectra", text, "spectrum", (), layout, ["hessian.csv"], [*steps.items()],
            "network and center",
        )  # fmt: skip
        return [figure] if steps else []

    def _densities(self) -> list[Figure]:
        """Draw curvatures of random directions, seen and predicted, a step a Hessian."""
        table = self.table("densities")
        if table.empty:
            return []
        steps = []
        for (network, seed, center), rows in table.groupby(
            ["network", "seed", "center"], sort=False
        ):
            middle = (rows["low"] + rows["high"]).to_numpy() / 2
            bars: Trace = {
                "type": "bar",
                "x": middle,
                "y": rows["seen"].to_numpy(),
                "name": "measured",
            }
            bars |= {"color": 0, "width": (rows["high"] - rows["low"]).to_numpy()}
            predicted = figures.line(middle, rows["predicted"], "predicted", 1)
            steps.append((f"{network}, seed {seed}, {center}", [bars, predicted]))
        layout = {
            "xaxis": figures.axis("curvature along a random direction"),
            "yaxis": figures.axis("density"),
        }
        text = (
            "Curvatures of random directions against their distribution as the trace predicts it."
        )
        return [
            Figure(
                "curvature", "Random directions", text, "curvature", (), layout,
                ["hessian.csv", "densities.csv"], steps, "network and center",
            )
        ]  # fmt: skip


def _naming(row: Mapping) -> dict[str, Any]:
    """Return what the naming says of a curve or surface."""
    model = f"{row['network']}-seed{row['seed']}"
    curve = row["kind"] == "curve"
    figure = f"curves/{model}" if curve else f"surfaces/{model}-{row['name']}"
    return {
        **{name: row[name] for name in ("shape", "wanted", "reason", "test_shape")},
        **{name: _verdict(row[name]) for name in ("found", "test_found")},
        **{
            name: _number(row[name])
            for name in ("confidence", "overlap", "test_overlap", "barrier")
        },
        "basins": json.loads(row["basin_points"]),
        "barriers": json.loads(row["barrier_points"]) if curve else (),
        "figure": figure,
    }


def _number(value: float) -> float | None:
    return None if pd.isna(value) else value


def _verdict(value: bool) -> bool | None:
    return None if pd.isna(value) else bool(value)


def _test(row: Mapping, tests: set[str]) -> dict[str, np.ndarray]:
    """Return losses and accuracies over the test samples where they were evaluated."""
    if row["test_file"] not in tests:
        return {}
    values = grids.read(row["test_file"]).values
    return {"test_loss": values.loss, "test_accuracy": values.accuracy}


def _drawing(row: Mapping, drawings: Mapping[str, Pattern]) -> np.ndarray | None:
    """Return where the drawing that was mined as a whole is low, −1, and where it is high, 1."""
    pattern, axes = drawings.get(row["pattern"]), grids.read(row["file"]).axes.values()
    if pattern is None or pattern.dimensions != len(axes):
        return None
    if not references.is_mined_origin(row["center"], pattern.name):
        pattern = pattern.without_center()  # the loss at 0 is what it is
    marks = pattern.nearest(*axes)
    return (marks == HIGH).astype(int) - (marks == LOW).astype(int)
