"""Tidy tables of a study, as CSV."""

import pandas as pd

TEXTS = (
    *("directions", "source", "pattern", "wanted", "reason", "mining"),
    *("test_shape", "test_reason", "test_file"),
)


def read_shapes(path: str) -> pd.DataFrame:
    """Read the table of shapes; empty texts stay texts."""
    table = pd.read_csv(path, dtype={"found": "boolean", "test_found": "boolean"})
    return table.assign(**{name: table[name].fillna("").astype(str) for name in TEXTS})


def as_text(table: pd.DataFrame) -> str:
    """Return a table as the text of its file."""
    return table.to_csv(index=False)
