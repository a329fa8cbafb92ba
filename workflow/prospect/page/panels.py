"""What a system brings to the page: panels of its own, and what it knows of curves and surfaces.

A system's ``panels.py`` holds one class derived from `Panels`; its ``system.py`` lists the files
that it reads (`prospect.study.systems.System.page_files`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd

from prospect.page.figures import Panel
from prospect.records.tables import read_table, read_tables


@dataclass(frozen=True)
class Known:
    """What a system knows of one curve, surface or population; what it does not know is left out.

    shape, wanted : the shape that was found and the one that was asked for
    found, reason : whether that counts as what was wanted, and if not, why
    confidence : of the shape, in thresholds
    test_shape, test_found, test_overlap : the same over the test samples
    overlap : with the drawing that was mined, a fraction
    drawing : int (K[, M]), −1 where the drawing is low, 1 where it is high, 0 where it is free
    basins, barriers : points of the shape, coordinates and loss each
    barrier : the height between two basins, in nats
    test_loss, test_accuracy : (K[, M]), the same grid over the test samples
    slope, curvature : at the center, in units of the direction, as gradient and Hessian say
    members : the shape of every curve of a population
    figure : the name of the study's figure that draws it
    """

    shape: str = ""
    wanted: str = ""
    found: bool | None = None
    reason: str = ""
    confidence: float | None = None
    overlap: float | None = None
    test_shape: str = ""
    test_found: bool | None = None
    test_overlap: float | None = None
    drawing: np.ndarray | None = None
    basins: Sequence[Sequence[float]] = ()
    barriers: Sequence[Sequence[float]] = ()
    barrier: float | None = None
    test_loss: np.ndarray | None = None
    test_accuracy: np.ndarray | None = None
    slope: float | None = None
    curvature: float | None = None
    members: Sequence[str] = ()
    figure: str = ""

    def said(self) -> dict[str, Any]:
        """Return what is known, by name."""
        values = vars(self).items()
        return {
            name: value
            for name, value in values
            if value is not None
            and (isinstance(value, (bool, np.ndarray)) or value not in ("", ()))
        }


class Panels:
    """What a system brings to the page, made from `files`: paths by the names it gave them.

    A study that is not finished has some of them, or none.
    """

    def __init__(self, files: Mapping[str, Sequence[str]]):
        self.files = files

    def rows(self, name: str) -> list[dict]:
        """Return the rows of the tables of one name, none where they are not there."""
        tables = map(read_table, self.files[name])
        return [row for table in tables for row in table.to_dict("records")]

    def table(self, name: str) -> pd.DataFrame:
        """Return the tables of one name as one, empty where they are not there."""
        return read_tables(self.files[name]) if self.files[name] else pd.DataFrame()

    def known(self) -> dict[str, Known]:
        """Return what it knows of curves, surfaces and populations, by their files."""
        return {}

    def panels(self) -> list[Panel]:
        """Return panels of its own, in their order."""
        return []


def of_system(name: str, files: Mapping[str, Sequence[str]]) -> Panels:
    """Return what a system brings, by the name of its folder."""
    module = import_module(f"prospect.systems.{name}.panels")
    (kind,) = (
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Panels) and value is not Panels
    )
    return kind(files)
