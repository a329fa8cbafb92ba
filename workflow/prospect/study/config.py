"""YAML files -> a checked config with its defaults: every mistake is one clear line."""

import copy
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

from prospect.base.errors import ProspectError
from prospect.base.files import short
from prospect.study import schema, systems
from prospect.study.checks import Checks
from prospect.study.landscape_checks import check_landscapes
from prospect.study.model_checks import check_models
from prospect.study.variants import expanded

VARIED = ("networks", "populations")  # sections whose entries may be many by one name


def complete(config: Mapping, files: Iterable[str | Path], folder: Path) -> dict:
    """Check a config and fill in its defaults.

    Raises ProspectError with one line that names file and key.

    Parameters
    ----------
    config
        What the files hold, joined.
    files
        The config files, to name them and to find what YAML would pass over.
    folder
        Where the pattern files are.
    """
    paths = [Path(file) for file in files]
    where = " + ".join(short(path) for path in paths) or "config"
    for path in paths:
        load(path)
    whole: dict = copy.deepcopy(dict(config))
    if {"centers", "directions"} & whole.keys():
        # the default curve and surface are about the default centers and directions
        whole = {"curves": {}, "surfaces": {}} | whole
    for section in VARIED:
        if isinstance(whole.get(section), Mapping):
            try:
                whole[section] = expanded(whole[section], section)
            except ProspectError as error:
                raise ProspectError(f"{where}: {error}") from error
    for mistake in schema.mistakes(whole, where):
        raise ProspectError(mistake)
    checks = Checks(whole, where, folder)
    check_models(checks)
    check_landscapes(checks)
    for system in systems.classes().values():
        system.check(whole, checks)
    return whole


def load(file: Path) -> dict:
    """Read a YAML file.

    Raises ProspectError that names file, line and column, also for a name that is given twice.
    """
    try:
        return yaml.load(file.read_text(encoding="utf-8"), Loader=_StrictLoader) or {}
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ProspectError(f"{short(file)}: {place}{error.problem or error.context}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0]
        raise ProspectError(f"{short(file)}: not a YAML text ({reason})") from error


class _StrictLoader(yaml.SafeLoader):
    """A YAML loader that refuses a key given twice; PyYAML would keep the last one silently."""

    def construct_mapping(self, node, deep=False):
        """Build a mapping; raises an error with the place of a key that is there already."""
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key_node.tag != "tag:yaml.org,2002:merge" and key in seen:
                raise yaml.constructor.ConstructorError(
                    problem=f"'{key}' is given twice; every name must be one thing",
                    problem_mark=key_node.start_mark,
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


if __name__ == "__main__":  # `make` asks first: Snakemake tells a broken file without its name
    try:
        load(Path(sys.argv[1]))
    except ProspectError as error:
        sys.exit(str(error))
