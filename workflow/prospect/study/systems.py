"""The systems that are there, and what each must bring.

A system is a folder in ``prospect/systems``. Its ``system.py`` holds one class derived from
`System`; `PARTS` are the files beside it.
"""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import ClassVar

from prospect.study import paths
from prospect.study.checks import Checks
from prospect.study.resolve import Study

FOLDER = Path(__file__).parents[1] / "systems"
PARTS = (
    *("system.py", "schema.yaml", "rules.smk", "claims.yaml", "tables.py", "panels.py"),
    *("figures", "scripts", "report"),
)


class System:
    """What one paper asks for: sections of the config, their checks, and its results.

    sections : the config's sections that belong to it
    for_any_task : those that want no classes
    """

    sections: ClassVar[tuple[str, ...]] = ()
    for_any_task: ClassVar[tuple[str, ...]] = ()

    def __init__(self, study: Study):
        self.study = study

    @classmethod
    def check(cls, config: Mapping, checks: Checks) -> None:
        """Check what the schema of its sections cannot; fails through `checks`."""

    @property
    def wanted(self) -> bool:
        """Whether the study asks for it: whether one of its sections is there."""
        return any(self.study.config[section] for section in self.sections)

    def has(self, section: str) -> bool:
        """Whether the study has a section."""
        return self.study.config[section] is not None

    def networks(self, section: str) -> list[str]:
        """List the networks that a section is done for."""
        return self.study.config[section].get("networks", self.study.networks)

    def table(self, name: str) -> str:
        """Return the path of a table or text of the study."""
        return paths.TABLE.format(study=self.study.name, table=name)

    def tables(self) -> list[str]:
        """List the tables of the study that its claims may be held against."""
        raise NotImplementedError

    def targets(self) -> list[str]:
        """List the files that a finished study has of it."""
        raise NotImplementedError

    def page_files(self) -> dict[str, list[str]]:
        """List the files that its panels on the page are made from, by the names that they read."""
        return {}


def folders() -> list[Path]:
    """List the systems' folders."""
    return sorted(file.parent for file in FOLDER.glob("*/system.py"))


@cache
def classes() -> dict[str, type[System]]:
    """Return the systems' classes by the name of their folder."""
    found = {}
    for folder in folders():
        module = import_module(f"prospect.systems.{folder.name}.system")
        (found[folder.name],) = (
            value
            for value in vars(module).values()
            if isinstance(value, type) and issubclass(value, System) and value is not System
        )
    return found


def wanted(study: Study) -> dict[str, System]:
    """Return the systems that a study asks for, by name."""
    systems = {name: system(study) for name, system in classes().items()}
    return {name: system for name, system in systems.items() if system.wanted}
