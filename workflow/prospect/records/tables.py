"""Tidy tables of a study, as CSV.

A table's checksum (`base.seals`) is the name of its last column, which is empty. So every other
program reads all rows and columns as they are, which a line of comment would spoil, and the
checksum goes where the table goes, which a file beside it would not.
"""

from pathlib import Path

import pandas as pd

from prospect.base import seals

TEXTS = (
    *("network", "kind", "name", "center", "shape", "population"),
    *("directions", "source", "pattern", "wanted", "reason", "mining"),
    *("test_shape", "test_reason", "file", "test_file"),
)
VERDICTS = ("found", "test_found")


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a table; texts stay texts, also those that look like a number or like nothing.

    A network may be called ``8`` and a pattern ``nan``. Raises ProspectError where the file is not
    the one that was written there.
    """
    seals.check(path, "CSV")
    try:
        table = pd.read_csv(
            path, dtype=dict.fromkeys(TEXTS, "str"), keep_default_na=False, na_values=[""]
        ).iloc[:, :-1]
    except ValueError as error:
        raise seals.refusal(path, "CSV", error) from error
    for name in set(VERDICTS) & {*table.columns}:
        if {*map(type, table[name].dropna())} <= {bool}:  # elsewhere it is how many
            table[name] = table[name].astype("boolean")
    return table.fillna(dict.fromkeys(set(TEXTS) & {*table.columns}, ""))


def as_text(table: pd.DataFrame) -> str:
    """Return a table as the text of its file, with a blank for its checksum."""
    return table.assign(**{seals.BLANK: ""}).to_csv(index=False)
