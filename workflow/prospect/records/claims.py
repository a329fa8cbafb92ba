"""Claims of the papers as data, held against the tables of a study.

Every system has a ``claims.yaml``: a list of claims, each with

id, claim, source : its name, the claim in our words, where it is said
table : the table of the study where our numbers stand
where : which rows count: a value, or a list of values, by column
value : the column of the number; with ``is``, whether it is one of these values, with ``within``,
    whether it lies between these two; then with ``at-least`` or ``at-most``, whether the share of
    such rows of a unit is; with ``draws``, it is a share of so many draws, which that column says
by : the columns whose values have a row each in ``claims.csv``
side : ``above``, ``below`` or ``between``, and the number or numbers that the claim stands for

A unit is a network and seed. Its rows are averaged; the interval is that over units, each of which
counts once. Of shares of draws it stays within 0 and 1, and where all draws of all units agree it
is that of the draws. A claim that something exists (``above: 0``) holds with the first one that is
found, and cannot fail.
"""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from prospect.base.errors import ProspectError, hint
from prospect.base.intervals import Interval, mean, share_of_draws, share_over_units
from prospect.records.tables import read_table

COLUMNS = ["system", "id", "claim", "source", "group", "units", "number", "low", "high", "side"]
COLUMNS += ["verdict", "table"]
UNIT = ["network", "seed"]
SIDES = {"above": (lambda at: (at, np.inf)), "below": (lambda at: (-np.inf, at)), "between": tuple}


@dataclass(frozen=True)
class Claim:
    """A claim of a paper, and where our number stands; see the module's text."""

    id: str
    claim: str
    source: str
    table: str
    value: Mapping
    side: Mapping
    where: Mapping = field(default_factory=dict)
    by: tuple[str, ...] = ()
    file: str = ""

    @property
    def claimed(self) -> tuple[float, float]:
        """Return the ends of the side that the claim stands for."""
        ((name, at),) = self.side.items()
        low, high = SIDES[name](at)
        return float(low), float(high)

    @property
    def side_in_words(self) -> str:
        """Say the side, as ``above 0.9``."""
        ((name, at),) = self.side.items()
        return f"{name} {' and '.join(map(str, at)) if isinstance(at, list) else at}"


def read(path: str | Path) -> list[Claim]:
    """Read the claims of a system; raises ProspectError where one is not complete."""
    claims = []
    try:
        entries = yaml.safe_load(Path(path).read_text(encoding="utf-8")) or []
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ProspectError(f"{path}: not a readable YAML file ({error})") from error
    if not isinstance(entries, list):
        raise ProspectError(f"{path}: no list of claims")
    for number, entry in enumerate(entries, start=1):
        try:
            claim = Claim(**entry | {"by": tuple(entry.get("by", ())), "file": str(path)})
            _ = claim.claimed
        except (AttributeError, TypeError, ValueError, KeyError) as error:
            raise ProspectError(f"{path}: claim {number} is not right: {error}") from error
        claims.append(claim)
    return claims


def judge(system: str, claims: Iterable[Claim], tables: Mapping[str, Path]) -> list[dict]:
    """Return rows of ``claims.csv``; `tables` are those that the study has, by name.

    The verdict follows from the interval alone: ``holds`` where all of it is on the claimed side,
    ``fails`` where all of it is on the other, ``undecided`` else, and ``not tested`` where the
    study has no such rows.
    """
    rows = []
    for claim in claims:
        said = {"system": system, "id": claim.id, "claim": claim.claim, "source": claim.source}
        said |= {"side": claim.side_in_words, "table": claim.table}
        found = _numbers(claim, tables[claim.table]) if claim.table in tables else []
        for group, units, interval in found:
            numbers = {"group": group, "units": units, **interval._asdict()}
            rows.append(said | numbers | {"verdict": verdict(interval, claim.claimed)})
        if not found:
            rows.append(said | {"group": "", "units": 0, "verdict": "not tested"})
    return rows


def verdict(interval: Interval, claimed: tuple[float, float]) -> str:
    """Return what an interval says of a claimed side.

    >>> verdict(Interval(0.5, 0.4, 0.6), (0.3, 1.0)), verdict(Interval(0.5, 0.4, 0.6), (0.7, 1.0))
    ('holds', 'fails')
    """
    low, high = claimed
    if low < interval.low and interval.high < high:
        return "holds"
    if interval.high <= low or high <= interval.low:
        return "fails"
    return "undecided"


def _numbers(claim: Claim, path: Path) -> list[tuple[str, int, Interval]]:
    """Return group, number of units and interval, for every group of rows that count."""
    table = read_table(path)
    named = {
        *UNIT,
        *claim.where,
        *claim.by,
        claim.value["column"],
        claim.value.get("draws", "seed"),
    }
    for column in sorted(named - {*table.columns}):
        raise ProspectError(
            f"{claim.file}: claim '{claim.id}': {claim.table} has no column '{column}'; "
            f"{hint(column, table.columns)}"
        )
    for column, values in claim.where.items():
        table = table[table[column].isin(values if isinstance(values, list) else [values])]
    table = table.assign(value=_values(table[claim.value["column"]], claim.value))
    table = table.dropna(subset=["value"])
    groups = table.groupby(list(claim.by), sort=False) if claim.by else [((), table)]
    return [
        (" ".join(map(str, names)), *_over_units(rows, claim.value))
        for names, rows in groups
        if len(rows)
    ]


def _values(column: pd.Series, how: Mapping) -> pd.Series:
    """Return the values of rows, or whether they are as the claim says."""
    if "is" in how:
        return column.isin(how["is"])
    return column.between(*how["within"]) if "within" in how else column


def _over_units(rows: pd.DataFrame, how: Mapping) -> tuple[int, Interval]:
    """Return the number of units, and the interval of the mean over them."""
    truths = set(map(str, rows["value"].unique())) <= {"True", "False"}
    units = rows.assign(value=rows["value"].astype(float)).groupby(UNIT)["value"].mean()
    for name, met in (("at-least", units.ge), ("at-most", units.le)):
        if name in how:
            units = met(how[name]).astype(float)
    values = units.tolist()
    if "draws" in how:
        return len(values), share_of_draws(values, int(rows[how["draws"]].sum()))
    return len(values), share_over_units(values) if truths else mean(values)


def in_words(table: pd.DataFrame) -> str:
    """Return a table of claims as lines of text, a claim each."""
    lines = []
    for row in table.to_dict("records"):
        number, low, high = (f"{row[name]:.3g}" for name in ("number", "low", "high"))
        numbers = f"{number} [{low}, {high}]" if row["units"] else ""
        group = f" ({row['group']})" if isinstance(row["group"], str) and row["group"] else ""
        lines.append(f"{row['verdict']:10}  {numbers:28}  {row['side']:18}  {row['claim']}{group}")
    return "\n".join(lines)


if __name__ == "__main__":  # make claims
    for file in sys.argv[1:]:
        print(f"{file}\n{in_words(read_table(file))}\n")
