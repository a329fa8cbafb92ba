"""What the checks of all sections share: a config, names that are known, and how to fail."""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NoReturn

from prospect.base import references, tasks
from prospect.base.errors import ProspectError, brief, hint, shortened
from prospect.base.files import short
from prospect.landscape import patterns
from prospect.study.resolve import Study


class Checks:
    """A config with its defaults, and what the checks of all sections share.

    config, where : the config, and the names of its files
    study : what it asks for, as far as that is checked
    patterns : the pattern files by name
    """

    def __init__(self, config: dict, where: str, folder: Path):
        self.config, self.where = config, where
        self.study = Study(self.config, folder)
        self.patterns = self.study.drawings

    def fail(self, key: str, message: str) -> NoReturn:
        """Raise a ProspectError that names file and key."""
        raise ProspectError(f"{self.where}: {key}: {message}")

    def known(self, key: str, name: str, names: Iterable[str], what: str) -> None:
        """Fail where a name is not among the known ones."""
        names = list(names)
        if name not in names:
            self.fail(key, f"there is no {what} '{name}'; {hint(name, names)}")

    def center(self, key: str, name: str, networks: Iterable[str] = ()) -> None:
        """Fail where there is no such center, or one of some networks does not have it."""
        self.known(key, name, self.config["centers"], "center")
        for network in networks:
            if not self.study.has_center(name, network):
                there = ", ".join(map(str, self.study.imported(network)))
                self.fail(
                    key,
                    f"'{network}' has no center '{name}': its checkpoints are of epoch "
                    f"{shortened(there)}; want one of these",
                )

    def recipe(self, key: str, network: str) -> None:
        """Fail where a network has no recipe, for a section that trains networks of its own."""
        if self.study.imported(network):
            message = (
                f"networks are trained anew, and '{network}' has checkpoints in place of a recipe"
            )
            self.fail(key, f"{message}; want networks that are trained")

    def epoch(self, key: str, name: str, network: str) -> None:
        """Fail where a center of a network is not the end of an epoch."""
        self.center(key, name)
        if "epoch" not in self.study.section("centers", network)[name]:
            self.fail(key, f"'{name}' is no epoch of a training; want one that is")

    def key_of(self, network: str, section: str) -> str:
        """Return where a section of a network stands: with the network, or with the study."""
        own = section in self.config["networks"][network]
        return f"networks.{network}.{section}" if own else section

    def classifies(self, key: str) -> None:
        """Fail where the task is no classification."""
        if not tasks.classifies(self.config["task"]):
            loss = self.config["task"]["loss"]
            self.fail(key, f"wants classes, and task.loss is '{loss}'; want cross-entropy here")

    def one_of(self, key: str, item: Mapping, names: Iterable[str]) -> None:
        """Fail where an entry does not have exactly one of some keys."""
        there = [name for name in names if name in item]
        if len(there) != 1:
            given = f"{' and '.join(there)} are given" if there else "none is given"
            self.fail(key, f"want exactly one of {', '.join(names)}; {given}")

    def free_name(self, key: str, name: str) -> None:
        """Fail where a name is a pattern's already."""
        if name in self.patterns:
            file = short(self.patterns[name])
            self.fail(key, f"the name is taken by {file}; want another name")

    def expression(self, key: str, text: str) -> None:
        """Fail where a text is no regular expression."""
        try:
            re.compile(text)
        except (re.error, RecursionError, OverflowError) as error:
            reason = shortened(str(error))
            self.fail(key, f"{brief(text)} is no regular expression ({reason})")

    def module(self, key: str, path: str) -> None:
        """Fail where there is no module to import ``package.module:name`` from."""
        module, colon, _ = path.partition(":")
        if not colon:
            return
        if module.partition(".")[0] in sys.stdlib_module_names | {"__main__"}:
            self.fail(key, f"'{shortened(module)}' belongs to Python; want a module of your own")
        if not _is_there(module):
            self.fail(
                key,
                f"there is no module '{shortened(module)}'; it is looked for from the project's "
                "root",
            )

    def items(self) -> Iterator[tuple[str, str, Mapping]]:
        """Yield key, kind and description of every curve and surface."""
        for kind in ("curve", "surface"):
            for name, item in self.config[f"{kind}s"].items():
                yield f"{kind}s.{name}", kind, item

    def mined(self) -> Iterator[tuple[str, patterns.Pattern, str | None]]:
        """Yield key, pattern and center, if it has one, of everything that is mined."""
        for key, _, item in self.items():
            for part, reference in _named(item):
                name, _ = references.split(reference)
                if name not in self.config["directions"]:
                    pattern = patterns.read(self.patterns[name])
                    yield f"{key}.{part}", pattern, item.get("center")


def _is_there(module: str) -> bool:
    """Whether there is a module to import; nothing is imported, its packages neither."""
    names, folders = module.split("."), None
    for depth in range(1, len(names) + 1):
        name = ".".join(names[:depth])
        found = (finder.find_spec(name, folders) for finder in sys.meta_path)
        if (spec := next(filter(None, found), None)) is None:
            return False
        folders = spec.submodule_search_locations or []
    return True


def _named(item: Mapping) -> Iterator[tuple[str, str]]:
    """Yield the key and name of every pattern and direction of a curve or surface."""
    for key in ("pattern", "direction"):
        if key in item:
            yield key, item[key]
    for reference in item.get("directions", []):
        yield "directions", reference
