"""Opening, attributes and hashes: what all HDF5 files share.

Every file is written to a temporary name and then renamed, so that what has its name is whole. No
time stamps inside: the same run writes the same bytes.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from prospect import __version__
from prospect.base.errors import ProspectError
from prospect.base.files import atomic


@contextmanager
def writing(path: str | Path) -> Iterator[h5py.File]:
    """Open a new file that takes its name when the block has succeeded."""
    with atomic(path) as temporary, h5py.File(temporary, "w") as file:
        yield file


@contextmanager
def reading(path: str | Path) -> Iterator[h5py.File]:
    """Open an HDF5 file; raises ProspectError where it is none."""
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise ProspectError(f"{path}: not a readable HDF5 file ({error})") from error
    with file:
        yield file


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
        attrs[key] = value.item() if isinstance(value, np.generic) else value
    return attrs


def sha256(vector: np.ndarray) -> str:
    """Return the hash of a vector's bytes."""
    return hashlib.sha256(np.ascontiguousarray(vector).data).hexdigest()
