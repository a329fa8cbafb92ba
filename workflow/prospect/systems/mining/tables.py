"""The tables of all shapes of a study, of the populations' curves, and of their bands."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from prospect.base import seals
from prospect.base.errors import ProspectError
from prospect.base.intervals import share
from prospect.base.references import split
from prospect.landscape.kinds import noise_in_words, source_of
from prospect.landscape.patterns import Pattern
from prospect.records import grids
from prospect.records.grids import REMAKE, Grid
from prospect.study import paths
from prospect.systems.mining import naming

SHAPES = [
    *("network", "seed", "kind", "name", "center", "directions", "source", "pattern", "wanted"),
    *("shape", "found", "reason", "test_shape", "test_found", "test_reason"),
    *("confidence", "truncated", "unresolved", "threshold", "basins", "barrier", "asymmetry"),
    *("curvature", "overlap", "test_overlap", "low_loss", "high_loss", "mining", "attempts"),
    *("gradients", "loss_center", "loss_unit", "accuracy_center", "learned"),
    *("batchnorm", "split", "samples"),
    *("evaluated", "error_estimate", "nonfinite", "window", "share", "share_low", "share_high"),
    *("curves", "basin_points", "barrier_points", "file", "test_file"),
]
ON_TEST = ("shape", "found", "reason", "overlap", "file")  # what a row says of the test samples
MINED = ("network", "seed", "center", "pattern")  # what names mined directions
MEMBERS = [
    *("network", "seed", "population", "center", "directions", "direction", "shape", "truncated"),
    *("confidence", "threshold", "basins", "barrier", "asymmetry", "curvature"),
    *("log_asymmetry", "plus_lower", "plus_below", "error_difference"),
]
QUANTILES = (5, 25, 50, 75, 95)  # percent
BANDS = ["network", "seed", "population", "alpha", *(f"loss_{percent}" for percent in QUANTILES)]


def name_all(
    files: Iterable[str],
    params: Mapping,
    patterns: Mapping[str, Pattern],
    tests: Iterable[str] = (),
    outcomes: Iterable[dict] = (),
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Name every curve, surface and population.

    `files` are the grids' paths and `tests` those of the same curves and surfaces over the test
    samples; `params` holds ``shapes``, ``asked`` and the ``trained`` centers; `outcomes` are the
    attributes of mined directions, and their ``file``. Returns three tables: shapes, a row per
    curve and surface and per shape seen in a population; the populations' curves, a row each; and
    their bands, a row per coordinate. Raises ProspectError for files that do not belong together.
    """
    read = {file: grids.read(file) for file in files}
    tested = {paths.without_test(file): file for file in tests}
    mined = {tuple(o[key] for key in MINED): o for o in outcomes}
    tau = naming.threshold_of(read.values(), params["shapes"])
    rows, members, bands = list[dict](), list[dict](), list[dict]()
    for file, grid in read.items():
        kind, name = paths.item_of(file)
        if kind == "population":
            curves = naming.name_members(grid, name, tau)
            members += curves
            bands += _bands(grid, name)
            rows += _shares(curves, grid, name, file)
            continue
        asked = params["asked"][paths.key_of(kind, name)]
        _check(file, grid, asked, patterns, mined)
        how = (asked, _drawn(grid, asked, patterns, mined), params["shapes"], tau)
        row = naming.name_grid(kind, name, grid, *how) | {"file": file}
        row |= _mining(grid, asked, mined)
        if file in tested:
            test = grids.read(tested[file])
            grids.check_same_place(file, grid, tested[file], test)
            again = naming.name_grid(kind, name, test, *how) | {"file": tested[file]}
            row |= {f"test_{key}": again[key] for key in ON_TEST if key in again}
        if row["mining"] == "not reached" and row["found"] is False:
            row["reason"] += "; mining did not reach its goal"
        rows.append(row)
    named = [row | _learned(row, read[row["file"]], params["trained"]) for row in rows]
    tables = (named, SHAPES), (members, MEMBERS), (bands, BANDS)
    shapes, population, quantiles = (pd.DataFrame(r, columns=names) for r, names in tables)
    return shapes, population, quantiles


def _learned(row: dict, grid: Grid, trained: Mapping[str, list[str]]) -> dict:
    """Say whether a network learned anything, at the centers where it is `trained`."""
    at_end = row["center"] in trained.get(row["network"], ())
    return {"learned": naming.learned(grid) if at_end else pd.NA}


def _check(file: str, grid: Grid, asked: Mapping, patterns: Mapping, mined: Mapping) -> None:
    """Raise ProspectError where a grid is about another place than asked, or was mined anew."""
    attrs = grid.attrs
    for name in ("center", "directions"):
        if attrs[name] != asked[name]:
            raise ProspectError(f"{file}: {name} {attrs[name]} and not {asked[name]}; {seals.MEND}")
    model = (attrs["network"], attrs["seed"], attrs["center"])
    for reference, there in zip(attrs["directions"], attrs["direction_sha256"], strict=True):
        name, number = split(reference)
        if (outcome := mined.get((*model, name))) is None:
            continue
        if outcome["sha256"][number] != there:
            raise ProspectError(f"{file}: not along {reference} of {outcome['file']}; {REMAKE}")
        if outcome["pattern_sha256"] != patterns[name].sha256:
            raise ProspectError(
                f"{outcome['file']}: mined for another drawing than {name} is now; {seals.MEND}"
            )


def _drawn(grid: Grid, asked: Mapping, patterns: Mapping, mined: Mapping[tuple, dict]):
    """Return the pattern of a grid that was mined as a whole, and its ceiling, else None."""
    name = asked["pattern"]
    if name is None:
        return None
    outcome = mined[grid.attrs["network"], grid.attrs["seed"], grid.attrs["center"], name]
    return patterns[name], outcome["mining"]["ceiling"]


def _mining(grid: Grid, asked: Mapping, mined: Mapping[tuple, dict]) -> dict:
    """Say how the mining of a grid's directions went, and what it cost."""
    center = (grid.attrs["network"], grid.attrs["seed"], grid.attrs["center"])
    names = sorted({split(reference)[0] for reference in asked["directions"]})
    found = [mined[*center, name] for name in names if (*center, name) in mined]
    if not found:
        return {"mining": ""}
    return {
        "mining": "reached" if all(outcome["reached"] for outcome in found) else "not reached",
        "attempts": max(outcome["attempts"] for outcome in found),
        "gradients": sum(outcome["gradients"] for outcome in found),
    }


def _bands(grid: Grid, population: str) -> list[dict]:
    """Return the quantiles of a population's losses, a row a coordinate."""
    model = {name: grid.attrs[name] for name in ("network", "seed")} | {"population": population}
    quantiles = np.nanpercentile(grid.values.loss, QUANTILES, axis=0)
    columns = dict(zip(BANDS[4:], quantiles, strict=True)) | {"alpha": grid.axes["alpha"]}
    return [model | row for row in pd.DataFrame(columns).to_dict("records")]


def _shares(curves: list[dict], grid: Grid, population: str, file: str) -> list[dict]:
    """Return a row for every shape of a population: its share with the 95 % Wilson interval."""
    rows, item = [], grid.attrs["params"]["item"]
    names = [curve["shape"] for curve in curves]
    for name in sorted(set(names), key=lambda name: (-names.count(name), name)):
        of_name = [curve for curve in curves if curve["shape"] == name]
        rows.append(
            naming.origin_of(grid)
            | {
                "kind": "population",
                "name": population,
                "directions": noise_in_words(item),
                "source": source_of(item),
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
            f"population {row.name}: {row.network} seed {row.seed}: {row.share:.1%} {row.shape} "
            f"(95 % interval {row.share_low:.1%} to {row.share_high:.1%})"
        )
    guessing = table[table["learned"].eq(False).fillna(False)]
    for row in guessing.drop_duplicates(["network", "seed", "center"]).itertuples():
        lines.append(
            f"learned nothing: {row.network} seed {row.seed} at center {row.center}: loss "
            f"{row.loss_center:.3g} {row.loss_unit}, accuracy {row.accuracy_center:.1%}, as by "
            "guessing"
        )
    lost = table.drop_duplicates("file")["nonfinite"].sum()
    if lost:
        lines.append(f"losses that are not finite: {lost} points, kept as NaN")
    lines.append(f"figures: results/{study}/figures, table: results/{study}/shapes.csv")
    lines.append(f"report: make report writes results/{study}/report.html")
    return "\n".join(lines) + "\n"
