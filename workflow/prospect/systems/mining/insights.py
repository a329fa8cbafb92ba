"""What Hessians and lens say of a whole study, as tables and sentences."""

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd

from prospect.landscape.curvature import share_above
from prospect.records import hessians
from prospect.records.tables import read_tables

CLOSE = 0.05  # measured and predicted curvature agree where they differ by at most this fraction
BINS = 60  # of a density of curvatures


def hessian_table(files: Iterable[str], shapes: pd.DataFrame) -> pd.DataFrame:
    """Return a row for every Hessian: its numbers, and what they predict of random directions.

    ``mean`` and ``spread`` of uᵀHu are predicted by trace and norm, ``seen_mean`` and
    ``seen_spread`` those of the sampled directions; ``z`` counts the standard errors between the
    means. ``rising`` is the share of directions with uᵀHu > 0 that extreme eigenvalues, trace and
    norm predict. At the center of a population,
    ``v_basin`` is the share of curves that rise by more than τ inside the window, which the
    quadratic model predicts, and ``seen_v_basin`` the share of v-basins.
    """
    rows = []
    for file in files:
        found, attrs = hessians.read(file)
        seen, parameters = found["curvatures"], int(found["parameters"])
        error = math.hypot(seen.std(ddof=1) / math.sqrt(len(seen)), found["trace_sem"] / parameters)
        row = {name: attrs[name] for name in ("network", "seed", "center", "samples", "batchnorm")}
        row |= {
            "smallest": found["eigenvalues"][0],
            "largest": found["eigenvalues"][-1],
            "trace": found["trace"],
            "trace_sem": found["trace_sem"],
            "squares": found["squares"],
            "squares_sem": found["squares_sem"],
            "mean": found["mean"],
            "spread": found["spread"],
            "seen_mean": seen.mean(),
            "seen_spread": seen.std(ddof=1),
            "z": (seen.mean() - found["mean"]) / error if error else 0.0,
            "rising": share_above(found, [0.0])[0],
            "seen_rising": (seen > 0).mean(),
            "directions": len(seen),
        }
        model = (shapes["network"] == row["network"]) & (shapes["seed"] == row["seed"])
        population = shapes[model & (shapes["kind"] == "population")]
        at_center = population["center"] == row["center"]
        population = population[at_center & (population["directions"] == "gaussian")]
        if len(population):
            first = population.iloc[0]
            population = population[population["name"] == first["name"]]
            needed = 2 * first["threshold"] / (first["window"] * attrs["theta_norm"]) ** 2
            row["v_basin"] = share_above(found, [needed])[0]
            row["seen_v_basin"] = population.loc[population["shape"] == "v-basin", "share"].sum()
        rows.append(row)
    return pd.DataFrame(rows)


def density_table(files: Iterable[str]) -> pd.DataFrame:
    """Return the density of uᵀHu over random directions: seen in bins, and predicted.

    A row a bin from ``low`` to ``high``; predicted by extreme eigenvalues, trace and norm
    (`share_above`), the mean over the bin.
    """
    tables = []
    for file in files:
        found, attrs = hessians.read(file)
        seen, mean, spread = found["curvatures"], float(found["mean"]), float(found["spread"])
        ends = min(seen.min(), mean - 4 * spread), max(seen.max(), mean + 4 * spread)
        density, edges = np.histogram(seen, BINS, ends, density=True)
        bins = {"low": edges[:-1], "high": edges[1:], "seen": density}
        bins["predicted"] = -np.diff(share_above(found, edges)) / np.diff(edges)
        names = {name: attrs[name] for name in ("network", "seed", "center")}
        tables.append(pd.DataFrame(names | bins))
    return pd.concat(tables, ignore_index=True)


def lens_table(files: Iterable[str], shapes: pd.DataFrame) -> pd.DataFrame:
    """Join the models' lenses with the shapes of their curves.

    ``curvature_seen`` is the second difference over one step of the curve's grid, in nats per
    squared unit of length like the others.
    """
    lens = read_tables(files)
    curves = shapes.loc[
        shapes["kind"] == "curve", ["network", "seed", "name", "shape", "curvature"]
    ]
    curves = curves.rename(columns={"curvature": "curvature_seen"})
    joined = lens.merge(curves, on=["network", "seed", "name"], how="left")
    return joined.assign(curvature_seen=joined["curvature_seen"] / joined["norm"] ** 2)


def findings(table: pd.DataFrame, lens: pd.DataFrame | None) -> list[str]:
    """Say what was found, a sentence with its numbers each."""
    sentences = []
    for (network, center), rows in table.groupby(["network", "center"], sort=False):
        sentences.append(
            f"{network}, {center}: the eigenvalues reach from {rows['smallest'].min():.3g} to "
            f"{rows['largest'].max():.3g}, but along a random direction the curvature is "
            f"{_range(rows['seen_mean'])} on average (predicted by the trace: "
            f"{_range(rows['mean'])}, at most {rows['z'].abs().max():.1f} standard errors apart)."
        )
        sentences.append(
            f"{network}, {center}: {_share(rows['seen_rising'])} of the random directions bend "
            f"upwards; the extreme eigenvalues, with trace and norm for all others, predict "
            f"{_share(rows['rising'])}."
        )
        if rows.get("v_basin", pd.Series(dtype=float)).notna().any():
            sentences.append(
                f"{network}, {center}: {_share(rows['seen_v_basin'])} of the population are "
                f"v-basins; the quadratic model makes it {_share(rows['v_basin'])}."
            )
    if lens is not None and len(lens):
        close = (lens["curvature_ratio"] - 1).abs() <= CLOSE
        measured = lens["curvature_measured"].notna()
        sentences.append(
            f"Close to the center {close.sum()} of {measured.sum()} curves bend as the Hessian "
            f"says, within {CLOSE:.0%}."
        )
        for reason, rows in lens[~measured].groupby("reason"):
            sentences.append(
                f"The curvature of {len(rows)} of {len(lens)} curves cannot be measured: {reason}."
            )
        ratio = (lens["curvature_seen"] / lens["curvature"])[lens["curvature"] > 0]
        if len(ratio):
            sentences.append(
                f"Over one step of the grid, curves that bend upwards bend {ratio.median():.1f} "
                "times as much as the Hessian says (median): kinks, which it leaves out, and "
                "higher orders add to it."
            )
        finite = lens["radius"][np.isfinite(lens["radius"])]
        if len(finite):
            sentences.append(
                f"The quadratic model is off by a tenth from |α| = {finite.median():.2g} on "
                f"(median of {len(finite)} curves)."
            )
    return sentences


def _range(values: pd.Series) -> str:
    low, high = values.min(), values.max()
    return f"{low:.3g}" if f"{low:.3g}" == f"{high:.3g}" else f"{low:.3g} to {high:.3g}"


def _share(values: pd.Series) -> str:
    low, high = f"{values.min():.1%}", f"{values.max():.1%}"
    return low if low == high else f"{low} to {high}"
