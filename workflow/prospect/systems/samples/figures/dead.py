"""Which networks are off, in words: all their outputs are equal, whatever comes in."""

import pandas as pd


def dead_networks(table: pd.DataFrame) -> str:
    """Name the dead networks of a table with ``network``, ``seed`` and ``dead``, or say none."""
    rows = table[table["dead"].astype(bool)].drop_duplicates(["network", "seed"])
    names = [f"{row['network']} seed {row['seed']}" for _, row in rows.iterrows()]
    return f"dead: {', '.join(names)}" if names else "no network is dead"
