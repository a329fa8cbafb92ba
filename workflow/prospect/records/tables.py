"""Tidy tables of a study, as CSV."""

from pathlib import Path

import pandas as pd

TEXTS = (
    *("network", "kind", "name", "center", "shape", "population"),
    *("directions", "source", "pattern", "wanted", "reason", "mining"),
    *("test_shape", "test_reason", "file", "test_file"),
)


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a table; texts stay texts, also those that look like a number or like nothing.

    A network may be called ``8`` and a pattern ``nan``.
    """
    types = dict.fromkeys(TEXTS, "str") | {"found": "boolean", "test_found": "boolean"}
    columns = pd.read_csv(path, nrows=0).columns
    table = pd.read_csv(
        path,
        dtype={name: types[name] for name in columns if name in types},  # type: ignore[arg-type]
        keep_default_na=False,
        na_values=[""],
    )
    return table.fillna({name: "" for name in columns if name in TEXTS})


def as_text(table: pd.DataFrame) -> str:
    """Return a table as the text of its file."""
    return table.to_csv(index=False)
