"""Tidy tables of a study, as CSV."""

from pathlib import Path

import pandas as pd

TEXTS = (
    *("network", "kind", "name", "center", "shape", "population"),
    *("directions", "source", "pattern", "wanted", "reason", "mining"),
    *("test_shape", "test_reason", "file", "test_file"),
)
VERDICTS = ["found", "test_found"]  # true, false or missing


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a table; texts stay texts, also those that look like a number or like nothing.

    A network may be called ``8`` and a pattern ``nan``.
    """
    columns = pd.read_csv(path, nrows=0).columns
    texts = {name: "" for name in columns if name in TEXTS}
    table = pd.read_csv(
        path, dtype=dict.fromkeys(texts, "str"), keep_default_na=False, na_values=[""]
    ).fillna(texts)
    for name in table.columns.intersection(VERDICTS):
        if table[name].dtype != "int64":  # other tables count what was found
            table[name] = table[name].astype("boolean")
    return table
