"""Tables that are made part by part, so that a job that was stopped goes on after the last one.

And so that jobs share them: a shard is some of the parts, in a file of its own.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from prospect.base import files
from prospect.base.resume import Partial
from prospect.records import hdf5
from prospect.records.shards import block

Part = TypeVar("Part")
Finished = Mapping[str, list]  # by part: of each of its tables the rows, in plain values


def part_by_part(
    parts: Iterable[Part], make: Callable[[Part], Sequence[pd.DataFrame]], partial: Partial
) -> list[pd.DataFrame]:
    """Make the tables of all parts; return each table with the rows of all parts.

    Parts that are finished are kept in `partial`. `make` gives the same number of tables for every
    part, and parts have texts of their own, by which they are known.
    """
    return _tables(_finished(parts, make, partial))


def write_tables(
    snakemake,
    parts: Iterable[Part],
    make: Callable[[Part], Sequence[pd.DataFrame]],
    partial: Partial,
) -> None:
    """Write the tables of all parts to a job's outputs, each to one; see `part_by_part`.

    A job that is a shard, with a number among its wildcards, writes its block of the parts instead.
    A job that has shards among its inputs reads what they made, and makes nothing.
    """
    every, shards = list(parts), getattr(snakemake.input, "shards", [])
    if (shard := snakemake.wildcards.get("shard")) is not None:
        own = block(len(every), int(shard), snakemake.params.shards)
        _write(snakemake.output[0], _finished(every[own], make, partial))
        return
    finished = _read(shards) if shards else _finished(every, make, partial)
    named = zip(snakemake.output, _tables(finished), strict=True)
    files.write_texts({path: files.as_text(table) for path, table in named})


def _finished(
    parts: Iterable[Part], make: Callable[[Part], Sequence[pd.DataFrame]], partial: Partial
) -> Finished:
    """Make the parts that are not finished; return all in their order."""
    finished = (partial.load() or {"parts": {}})["parts"]
    order = []
    for part in parts:
        order.append(str(part))
        if str(part) not in finished:
            finished[str(part)] = [table.to_dict("records") for table in make(part)]
            partial.keep({"parts": finished})
    return {name: finished[name] for name in order}


def _tables(finished: Finished) -> list[pd.DataFrame]:
    """Join the tables of parts."""
    return [
        pd.DataFrame([row for rows in table for row in rows])
        for table in zip(*finished.values(), strict=True)
    ]


def _write(path: str | Path, finished: Finished) -> None:
    with hdf5.writing(path) as file:
        file["parts"] = np.frombuffer(json.dumps(finished).encode(), dtype=np.uint8)


def _read(paths: Iterable[str | Path]) -> Finished:
    """Read the parts of all shards, one after the other."""
    finished: dict[str, list] = {}
    for path in paths:
        with hdf5.reading(path) as file:
            finished |= json.loads(file["parts"][:].tobytes())
    return finished
