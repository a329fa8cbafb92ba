"""What panels are called."""

from textwrap import fill

import pandas as pd

from prospect.base.references import is_mined_origin


def title_of(row: pd.Series) -> str:
    """Name a panel: the shape, what was wanted where that is another one, and what is amiss."""
    return _shape_of(row) + "; learned nothing" * learned_nothing(row)


def learned_nothing(row: pd.Series) -> bool:
    """Whether a row is about a trained network that does no better than guessing."""
    return pd.notna(row["learned"]) and not row["learned"]


def _shape_of(row: pd.Series) -> str:
    name = row["shape"]
    if row["wanted"] and row["wanted"] != name:
        return f"{name} (wanted {row['wanted']})"
    if not row["wanted"] and pd.notna(row["overlap"]):
        return f"{row['name']}, overlap {row['overlap']:.2f}"
    return name if row["wanted"] else f"{row['name']}: {name}"


def where_of(center: str, pattern: str) -> str:
    """Name a center: an origin that was mined bears the name of its pattern."""
    return "own origin" if is_mined_origin(center, pattern) else center


def narrow(title: str) -> str:
    """Break a title that is too long for a small panel."""
    return fill(title, 20, break_on_hyphens=False)
