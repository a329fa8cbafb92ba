"""Shapes of a whole study as tidy tables."""

import json
import math
import re
from collections.abc import Iterable
from functools import partial

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from prospect import shapes, store
from prospect.losses import Grid
from prospect.patterns import HIGH, LOW, Pattern

CURVE_NAME = re.compile(r"flat|(v|w|vvv|\d+v)-(basin|side|peak|outer)")
SURFACE_NAME = re.compile("|".join(shapes.SURFACE_NAMES) + r"|pits-\d+")

COLUMNS = [
    *("network", "seed", "kind", "name", "center", "directions", "source", "pattern", "wanted"),
    *("shape", "found", "reason", "test_shape", "test_found", "test_reason"),
    *("confidence", "truncated", "unresolved", "threshold", "basins", "barrier", "asymmetry"),
    *("curvature", "overlap", "test_overlap", "low_loss", "high_loss", "mining", "attempts"),
    *("gradients", "loss_center", "accuracy_center", "batchnorm", "split", "samples", "evaluated"),
    *("error_estimate", "nonfinite", "window", "share", "share_low", "share_high", "curves"),
    *("basin_points", "barrier_points", "file", "test_file"),
]
ON_TEST = ("shape", "found", "reason", "overlap", "file")  # what a row says of the test samples

MINED = ("network", "seed", "center", "pattern")  # what names mined directions
MEMBER_COLUMNS = [
    *("network", "seed", "direction", "shape", "truncated", "confidence", "threshold", "basins"),
    *("barrier", "asymmetry", "curvature"),
]


def name_grids(
    files: Iterable[str],
    params: dict,
    patterns: dict[str, Pattern],
    tests: Iterable[str] = (),
    outcomes: Iterable[dict] = (),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Name every curve, surface and population.

    `files` are the grids' paths, ``…/curves/{name}.h5``, ``…/surfaces/{name}.h5`` or
    ``…/population.h5``, and `tests` those of the same curves and surfaces over the test samples,
    in ``…/test/``; `params` holds ``shapes``, ``asked`` and ``ceiling``; `outcomes` are the
    attributes of mined directions. Returns the table of shapes, a row per curve and surface and per
    shape seen in a population, and the table of the populations' curves, a row each.
    """
    grids = {file: store.read_grid(file) for file in files}
    tested = {_without_test(file): file for file in tests}
    mined = {tuple(o[key] for key in MINED): o for o in outcomes}
    params = params | {"threshold": _threshold(grids.values(), params["shapes"])}
    rows: list[dict] = []
    members: list[dict] = []
    for file, grid in grids.items():
        if "direction" in grid.axes:
            curves = _name_population(grid, params["threshold"])
            members += curves
            rows += _shares(curves, grid, file)
        else:
            kind, name = file.removesuffix(".h5").split("/")[-2:]
            asked = params["asked"][f"{kind}/{name}"]
            judge = partial(_name_grid, kind[:-1], name, asked, params, patterns)
            row = judge(grid, file) | _mining(grid, asked, mined)
            if file in tested:
                again = judge(store.read_grid(tested[file]), tested[file])
                row |= {f"test_{key}": again[key] for key in ON_TEST if key in again}
            if row["mining"] == "not reached" and row["found"] is False:
                row["reason"] += "; mining did not reach its goal"
            rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS), pd.DataFrame(members, columns=MEMBER_COLUMNS)


def _threshold(grids: Iterable[Grid], options: dict) -> float:
    """Return the one threshold τ of a study: the largest that any of its grids asks for."""
    asked = [
        shapes.threshold(
            options["persistence"],
            math.log(grid.attrs["classes"]),
            options["z"],
            grid.losses.difference_sem,
            grid.losses.loss - grid.losses.center_loss,
        )
        for grid in grids
    ]
    return max(asked, default=math.nan)


def _without_test(file: str) -> str:
    """Return the path of the grid that one over the test samples goes with."""
    *folders, test, kind, name = file.split("/")
    assert test == "test"
    return "/".join([*folders, kind, name])


def _mining(grid: Grid, asked: dict, mined: dict[tuple, dict]) -> dict:
    """Say how the mining of a grid's directions went, and what it cost."""
    center = (grid.attrs["network"], grid.attrs["seed"], grid.attrs["center"])
    names = sorted({reference.split(".")[0] for reference in asked["directions"]})
    found = [mined[*center, name] for name in names if (*center, name) in mined]
    if not found:
        return {"mining": ""}
    return {
        "mining": "reached" if all(outcome["reached"] for outcome in found) else "not reached",
        "attempts": max(outcome["attempts"] for outcome in found),
        "gradients": sum(outcome["gradients"] for outcome in found),
    }


def _origin(grid: Grid) -> dict:
    """Return what a row says of where its numbers come from."""
    attrs = grid.attrs
    return {
        "network": attrs["network"],
        "seed": attrs["seed"],
        "center": attrs["center"],
        "loss_center": grid.losses.center_loss,
        "accuracy_center": grid.losses.center_accuracy,
        "batchnorm": attrs["batchnorm"],
        "split": attrs["split"],
        "samples": attrs["samples"],
        "evaluated": int(grid.losses.evaluated.sum()),
        "error_estimate": grid.losses.error_estimate,
        "nonfinite": attrs["nonfinite"],
        "window": grid.axes["alpha"][-1],
    }


def _name_grid(
    kind: str,
    name: str,
    asked: dict,
    params: dict,
    patterns: dict[str, Pattern],
    grid: Grid,
    file: str,
) -> dict:
    """Return the row of a curve or surface."""
    axes, loss = list(grid.axes.values()), grid.losses.loss
    threshold = params["threshold"]
    row = _origin(grid) | {
        "kind": kind,
        "name": name,
        "directions": " ".join(asked["directions"]),
        "source": asked["source"],
        "file": file,
        "pattern": asked["pattern"] or "",
        "wanted": name if _is_wanted(kind, name) else "",
    }
    if kind == "curve":
        shape = shapes.name_curve(*axes, loss, threshold, grid.losses.center_loss)
        row |= {
            "asymmetry": shape.asymmetry,
            "curvature": shape.curvature,
            "barrier_points": json.dumps(shape.barriers),
        }
    else:
        shape = shapes.name_surface(*axes, loss, threshold)
        row |= {"unresolved": shape.unresolved}
    row |= _numbers(shape) | {"basin_points": json.dumps(shape.basins)}
    drawn = patterns.get(asked["pattern"])
    if drawn is not None and drawn.dimensions == len(axes):
        if asked["center"] != drawn.name:  # at a checkpoint the loss at 0 is what it is
            drawn = drawn.without_center()
        ceiling = drawn.wishes.get("ceiling", params["ceiling"])
        marks = drawn.nearest(*axes)
        row |= {
            "overlap": drawn.overlap(axes, loss, ceiling),
            "low_loss": np.nanmean(loss[marks == LOW]),
            "high_loss": np.nanmean(loss[marks == HIGH]),
        }
    return row | _verdict(row, params["shapes"]["overlap"])


def _numbers(shape: shapes.CurveShape | shapes.SurfaceShape) -> dict:
    """Return what rows of all kinds say of a shape."""
    return {
        "shape": shape.name,
        "truncated": shape.truncated,
        "confidence": shape.confidence,
        "threshold": shape.threshold,
        "basins": len(shape.basins),
        "barrier": shape.barrier,
    }


def _is_wanted(kind: str, name: str) -> bool:
    grammar = CURVE_NAME if kind == "curve" else SURFACE_NAME
    return grammar.fullmatch(name) is not None


def _verdict(row: dict, least_overlap: float) -> dict:
    """Say whether what was wanted is there, and if not, why."""
    reasons = []
    if row["wanted"]:
        if row["shape"] != row["wanted"]:
            reasons.append(f"the shape is {row['shape']}")
        if row["kind"] == "curve" and row["pattern"] and row["truncated"]:
            reasons.append("mined, but the window shows no wall")
    elif "overlap" in row:
        if row["overlap"] < least_overlap:
            reasons.append(f"overlap {row['overlap']:.3f} is below {least_overlap}")
    else:
        return {"found": pd.NA, "reason": ""}
    found = not reasons
    if row.get("unresolved"):
        reasons.append("unresolved: on every second point the name is another one")
    return {"found": found, "reason": "; ".join(reasons)}


def _name_population(grid: Grid, threshold: float) -> list[dict]:
    """Return a row for every curve of a population."""
    alpha = grid.axes["alpha"]
    rows = []
    for number, loss in enumerate(grid.losses.loss):
        shape = shapes.name_curve(alpha, loss, threshold, grid.losses.center_loss)
        rows.append(
            {
                "network": grid.attrs["network"],
                "seed": grid.attrs["seed"],
                "direction": number,
                **_numbers(shape),
                "asymmetry": shape.asymmetry,
                "curvature": shape.curvature,
            }
        )
    return rows


def share(found: int, of: int) -> dict:
    """Return a share with its 95 % Wilson interval."""
    interval = binomtest(found, of).proportion_ci(method="wilson")
    return {"share": found / of, "share_low": interval.low, "share_high": interval.high}


def _shares(curves: list[dict], grid: Grid, file: str) -> list[dict]:
    """Return a row for every shape of a population: its share with the 95 % Wilson interval."""
    rows = []
    names = [curve["shape"] for curve in curves]
    for name in sorted(set(names), key=lambda name: (-names.count(name), name)):
        of_name = [curve for curve in curves if curve["shape"] == name]
        rows.append(
            _origin(grid)
            | {
                "kind": "population",
                "name": "population",
                "directions": grid.attrs["params"]["item"]["noise"],
                "source": "noise",
                "mining": "",
                "curves": len(curves),
                "pattern": "",
                "wanted": "",
                "shape": name,
                "found": pd.NA,
                "reason": "",
                "confidence": np.median([curve["confidence"] for curve in of_name]),
                "truncated": any(curve["truncated"] for curve in of_name),
                "threshold": curves[0]["threshold"],
                "basins": of_name[0]["basins"],
                "file": file,
            }
            | share(len(of_name), len(curves))
        )
    return rows


def read(path: str) -> pd.DataFrame:
    """Read the table of shapes; empty texts stay texts."""
    texts = ["directions", "source", "pattern", "wanted", "reason", "mining"]
    texts += ["test_shape", "test_reason", "test_file"]
    table = pd.read_csv(path, dtype={"found": "boolean", "test_found": "boolean"})
    return table.assign(**{name: table[name].fillna("").astype(str) for name in texts})


def summary(table: pd.DataFrame, study: str) -> str:
    """Say in a few lines how many shapes were found as wanted, which were not, what lies where."""
    lines = []
    for kind in ("curve", "surface"):
        judged = table[(table["kind"] == kind) & table["found"].notna()]
        found = judged["found"].astype(bool)
        lines.append(f"{kind}s: {found.sum()} of {len(judged)} found as wanted")
        for row in judged[~found].itertuples():
            lines.append(f"  not found: {row.network} seed {row.seed} {row.name}: {row.reason}")
        tested = judged[judged["test_found"].notna()]
        if len(tested):
            count = tested["test_found"].astype(bool).sum()
            lines.append(f"  mined ones on the test samples: {count} of {len(tested)}")
    for row in table[table["kind"] == "population"].itertuples():
        lines.append(
            f"population: {row.network} seed {row.seed}: {row.share:.1%} {row.shape} "
            f"(95 % interval {row.share_low:.1%} to {row.share_high:.1%})"
        )
    lost = table.drop_duplicates("file")["nonfinite"].sum()
    if lost:
        lines.append(f"losses that are not finite: {lost} points, kept as NaN")
    lines.append(f"figures: results/{study}/figures, table: results/{study}/shapes.csv")
    lines.append(f"report: make report writes results/{study}/report.html")
    return "\n".join(lines) + "\n"
