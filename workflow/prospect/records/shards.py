"""Shards: losses at a block of a grid's points, each block evaluated by a job of its own."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from prospect.records import hdf5, losses
from prospect.records.hdf5 import Center
from prospect.records.losses import Losses


def block(count: int, shard: int, shards: int) -> slice:
    """Return which of `count` things in a row are a shard's, as even as can be.

    >>> [block(10, shard, 4) for shard in range(4)]
    [slice(0, 2, None), slice(2, 5, None), slice(5, 7, None), slice(7, 10, None)]
    """
    return slice(count * shard // shards, count * (shard + 1) // shards)


def write(path: str | Path, values: Losses, attrs: Mapping) -> None:
    """Write the losses of a shard, with the center that they are of."""
    with hdf5.writing(path) as file:
        losses.write(file, values)
        file.attrs["center_sha256"] = attrs["center_sha256"]


def read(paths: Sequence[str | Path], center: Center) -> Losses:
    """Read all shards of a grid, one after the other, (G,).

    Raises ProspectError where one was made at another center.
    """
    parts = []
    for path in paths:
        with hdf5.reading(path) as file:
            parts.append(losses.read(file))
            attrs = hdf5.read_attrs(file, ())
        center.check(path, attrs)
    return Losses.joined(parts)
