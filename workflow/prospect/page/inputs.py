"""What the page of a study is made from. Imports no torch: the Snakefile asks for it."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from prospect.study import paths, read, stages, systems
from prospect.study.resolve import Study


def of_study(study: Study) -> dict[str, list[str]]:
    """List the files of a study that are on its page, by name."""
    followed = ["trajectories", "runs"] if study.config["trajectories"] else []
    return {
        "grids": [
            *stages.curve_files(study),
            *stages.surface_files(study),
            *stages.population_files(study),
        ],
        "histories": stages.history_files(study),
        "claims": [_table(study, "claims")],
        "trajectories": [_table(study, name) for name in followed],
    }


def _table(study: Study, name: str) -> str:
    return paths.TABLE.format(study=study.name, table=f"{name}.csv")


def of_systems(study: Study) -> dict[str, dict[str, list[str]]]:
    """List the files that every system's panels read, by the system and the names they gave."""
    return {name: system.page_files() for name, system in systems.wanted(study).items()}


def flat(files: Mapping[str, Mapping[str, Sequence[str]]]) -> dict[str, Sequence[str]]:
    """Return files of systems by ``system/name``."""
    return {
        f"{system}/{name}": listed
        for system, named in files.items()
        for name, listed in named.items()
    }


def words(study: Study, configs: Sequence[str | Path] | None) -> dict[str, str]:
    """Return the ``unit`` of losses, the name of the ``metric``, and the study's ``command``.

    That is the command that makes a file of the study, but for the file.
    """
    files = [os.path.relpath(path) for path in configs or ()]
    own = [] if files == [str(read.DEFAULT)] else files
    options = ["--configfile", *own, "--"] if own else []
    command = " ".join([".venv/bin/snakemake", *options])
    return stages.task_in_words(study) | {"command": command}
