"""Opening, attributes and hashes: what all HDF5 files share.

Files hold plain arrays of their own, attributes that say where they come from, and `CONTENT`, the
checksum that is compared before HDF5 reads a file (`base.seals`). No time stamps inside: the same
run writes the same bytes.
"""

import hashlib
import io
import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np

from prospect import __version__
from prospect.base import files, seals
from prospect.base.errors import ProspectError

CONTENT = "content"
BROKEN = (OSError, KeyError, ValueError, TypeError, RuntimeError, MemoryError)


@contextmanager
def writing(path: str | Path) -> Iterator[h5py.File]:
    """Open a new file that is written when the block has succeeded."""
    image = io.BytesIO()
    with h5py.File(image, "w") as file:
        yield file
        file.attrs[CONTENT] = seals.BLANK
    files.write(path, image.getvalue())


@contextmanager
def reading(path: str | Path) -> Iterator[h5py.File]:
    """Open an HDF5 file; raises ProspectError where it is not the one that was written there.

    The same where the block that reads it does not find what it wants.
    """
    seals.check(path, "HDF5")
    try:
        with h5py.File(path, "r") as file:
            _refuse_strange(file)
            yield file
    except BROKEN as error:
        raise seals.refusal(path, "HDF5", error) from error


def _refuse_strange(group: h5py.Group) -> None:
    """Raise ValueError where there is anything but arrays that lie in the file, in flat folders.

    Links, data in other files and packed data could make us read what nobody meant, or fill the
    memory.
    """
    for name in group:
        link = group.get(name, getlink=True)
        item = group[name] if isinstance(link, h5py.HardLink) else None
        if isinstance(item, h5py.Group) and group.name == "/":
            _refuse_strange(item)
        elif not (isinstance(item, h5py.Dataset) and _is_plain(item)):
            raise ValueError(f"'{name}' is no plain array")


def _is_plain(data: h5py.Dataset) -> bool:
    """Whether an array of numbers or texts lies in the file as it is."""
    known = data.dtype.kind in "biuf" or h5py.check_string_dtype(data.dtype)
    elsewhere = data.external or data.is_virtual or data.chunks
    # a file may promise numbers that are not there, as many as it likes
    there = data.id.get_storage_size() >= data.size * data.dtype.itemsize
    return bool(known and there and not elsewhere)


def write_attrs(file: h5py.File, attrs: Mapping[str, Any], json_names: Collection[str]) -> None:
    """Write attributes and the version; those with `json_names` as JSON, with sorted keys.

    Raises TypeError for a list or a mapping under another name.
    """
    for key, value in sorted(attrs.items()):
        if key in json_names:
            value = json.dumps(value, sort_keys=True)
        elif not isinstance(value, (str, int, float, bool, np.number)):
            raise TypeError(f"attribute '{key}' is a {type(value).__name__}; name it in json_names")
        file.attrs[key] = value
    file.attrs["version"] = __version__


def read_attrs(file: h5py.File, json_names: Collection[str]) -> dict[str, Any]:
    """Read attributes as plain values."""
    attrs = {}
    for key, value in file.attrs.items():
        if key in json_names:
            value = json.loads(value)
        elif not isinstance(value, (str, np.generic)):
            raise TypeError(f"attribute '{key}' is no plain value")
        attrs[key] = value.item() if isinstance(value, np.generic) else value
    attrs.pop(CONTENT, None)
    return attrs


def sha256(vector: np.ndarray) -> str:
    """Return the hash of a vector's bytes."""
    return hashlib.sha256(np.ascontiguousarray(vector).data).hexdigest()


class Center(NamedTuple):
    """A center that a file must belong to: where it lies, and the hash of θ there."""

    path: str | Path
    sha256: str

    @classmethod
    def of(cls, path: str | Path, theta: np.ndarray) -> "Center":
        """Name the center of a file and its θ (P,)."""
        return cls(path, sha256(theta))

    def check(self, path: str | Path, attrs: Mapping[str, Any]) -> None:
        """Raise ProspectError where a file with these attributes was made at another θ."""
        if attrs.get("center_sha256") != self.sha256:
            raise ProspectError(
                f"{path}: made at other weights than those of {self.path} now; {seals.MEND}"
            )
