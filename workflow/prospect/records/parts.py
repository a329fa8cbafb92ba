"""Tables that are made part by part, so that a job that was stopped goes on after the last one."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import pandas as pd

from prospect.base.resume import Partial

Part = TypeVar("Part")


def part_by_part(
    parts: Iterable[Part], make: Callable[[Part], Sequence[pd.DataFrame]], partial: Partial
) -> list[pd.DataFrame]:
    """Make the tables of all parts; return each table with the rows of all parts.

    Parts that are finished are kept in `partial`. `make` gives the same number of tables for every
    part, and parts have texts of their own, by which they are known.
    """
    finished = (partial.load() or {"parts": {}})["parts"]
    order = []
    for part in parts:
        order.append(str(part))
        if str(part) not in finished:
            finished[str(part)] = [table.to_dict("records") for table in make(part)]
            partial.keep({"parts": finished})
    of_parts = [finished[name] for name in order]
    return [
        pd.DataFrame([row for rows in table for row in rows])
        for table in zip(*of_parts, strict=True)
    ]
