"""What config files hold -> a checked config with its defaults: every mistake is one line."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from prospect.base.errors import ProspectError
from prospect.base.files import short
from prospect.study import schema, systems
from prospect.study.checks import Checks
from prospect.study.landscape_checks import check_landscapes
from prospect.study.model_checks import check_models
from prospect.study.text import load
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
    whole = _copied(config)
    if {"centers", "directions"} & whole.keys():
        # the default curve and surface are about the default centers and directions
        whole = {"curves": {}, "surfaces": {}} | whole
    leave_out_init(whole)
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
        for section in set(system.sections) - set(system.for_any_task):
            if whole[section] is not None:
                checks.classifies(section)
        system.check(whole, checks)
    return whole


def leave_out_init(config: dict) -> None:
    """Leave the initialisation out of the default centers where networks have no epoch 0.

    Those are networks whose checkpoints are files.
    """
    networks = config.get("networks")
    specs = networks.values() if isinstance(networks, Mapping) else ()
    files = [spec.get("checkpoints") for spec in specs if isinstance(spec, Mapping)]
    if all("0" in epochs for epochs in files if isinstance(epochs, Mapping)):
        return
    config.setdefault("centers", {"trained": {"epoch": "last"}})
    if isinstance(config.get("hessian"), Mapping):
        config["hessian"].setdefault("centers", ["trained"])


def _copied(value):
    """Copy a config; parts that stand in two places, as YAML's aliases do, become two.

    Keys become texts: a whole number as a key means what it looks like.
    """
    if isinstance(value, Mapping):
        return {str(key): _copied(part) for key, part in value.items()}
    return [_copied(part) for part in value] if isinstance(value, list) else value
