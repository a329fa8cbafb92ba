"""Histories of training and the table of claims as the page shows them."""

from collections.abc import Iterable

from prospect.records.tables import read_table
from prospect.study import paths

CURVES = ("epoch", "loss", "accuracy", "test_loss", "test_accuracy")


def histories(files: Iterable[str]) -> list[dict]:
    """Return the course of every training run: losses in nats and accuracies by epoch."""
    found = []
    for path in files:
        (network, seed), table = paths.model_of(path), read_table(path)
        columns = {name: table[name].to_numpy(float) for name in CURVES if name in table}
        found.append({"network": network, "seed": seed, "file": path} | columns)
    return found


def claims(files: Iterable[str]) -> list[dict]:
    """Return the rows of the tables of claims."""
    rows = [row for path in files for row in read_table(path).to_dict("records")]
    return [
        {
            name: "" if isinstance(value, float) and value != value else value
            for name, value in row.items()
        }
        | {name: row[name] for name in ("number", "low", "high")}
        for row in rows
    ]
