"""Tidy tables of a study, as CSV; their last column is the checksum's (`base.files.as_text`)."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from prospect.base import seals

TEXTS = (
    *("network", "kind", "name", "center", "shape", "population", "group"),
    *("directions", "source", "pattern", "wanted", "reason", "mining"),
    *("test_shape", "test_reason", "file", "test_file"),
    *("start", "matched", "scope", "outcome", "predictor", "given"),
    *("variation", "varied", "batchnorm_init"),
    *("alignment", "layer", "branch", "space", "null"),
    *("method", "reduction", "setting", "against", "direction", "measure"),
    *("surface", "run_network"),
)
VERDICTS = ["found", "test_found", "learned"]  # true, false or missing


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
    for name in table.columns.intersection(VERDICTS):
        if table[name].dtype != "int64":  # other tables count what was found
            table[name] = table[name].astype("boolean")
    return table.fillna(dict.fromkeys(set(TEXTS) & {*table.columns}, ""))


def read_tables(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Read tables of one kind, such as those of all models, as one."""
    return pd.concat([read_table(path) for path in paths], ignore_index=True)
