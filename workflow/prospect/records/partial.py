"""Progress of a long evaluation in ``<output>.partial``, beside the output.

Snakemake deletes the declared outputs of a failed job; this file it does not know, so a job that
starts again goes on where the last one stopped, if everything is still the same.
"""

import json
import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from prospect import __version__
from prospect.base.errors import ProspectError
from prospect.records import hdf5, losses
from prospect.records.losses import Losses

log = logging.getLogger("prospect")


class Partial:
    """What is known so far of one output; `identity` is what the numbers depend on."""

    def __init__(self, output: str | Path, identity: dict, every: float = 10.0):
        self.path = Path(f"{output}.partial")
        self.identity = json.dumps(identity | {"version": __version__}, sort_keys=True)
        self.every, self.saved = every, time.monotonic()

    def load(self) -> Losses | None:
        """Return what is there already, None where there is nothing that fits."""
        return self._read(losses.read)

    def load_rows(self) -> dict[int, np.ndarray]:
        """Return by its number what `save` kept of every point."""

        def rows(file: h5py.File) -> dict[int, np.ndarray]:
            return dict(zip(file["numbers"][:].tolist(), file["rows"][:], strict=True))

        return self._read(rows) or {}

    def _read(self, part: Callable[[h5py.File], Any]) -> Any:
        if not self.path.exists():
            return None
        try:
            with hdf5.reading(self.path) as file:
                if file.attrs["identity"] == self.identity:
                    return part(file)
            why = "it is of other parameters, inputs or code"
        except ProspectError as error:
            why = str(error).removeprefix(f"{self.path}: ").rpartition(";")[0]
        log.info("%s: progress is not used, %s", self.path, why)
        return None

    def save(self, values: Losses, rows: Callable[[], Mapping[int, np.ndarray]] = dict) -> None:
        """Keep what is there, at most every few seconds; `rows` gives what is kept of points."""
        if time.monotonic() - self.saved < self.every:
            return
        with hdf5.writing(self.path) as file:
            losses.write(file, values)
            if kept := rows():
                file["numbers"], file["rows"] = list(kept), np.stack(list(kept.values()))
            file.attrs["identity"] = self.identity
        self.saved = time.monotonic()

    def done(self) -> None:
        """Delete the file: the output is whole."""
        self.path.unlink(missing_ok=True)
