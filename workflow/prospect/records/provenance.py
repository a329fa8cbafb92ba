"""All files of a study with their hashes, in its ``provenance.json``, and what differs from them.

Logs, benchmark tables and the report tell times, so they are left out, as is what only a run that
goes on has, and what is made of results for other programs.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from prospect import __version__
from prospect.base import files, seals
from prospect.base.errors import ProspectError

TIMED = ("logs", "benchmarks", "report.html")
PASSING = (".partial", ".tmp")
FORMS = (".vtr", ".ply", ".csv")  # in which a surface is exported, beside its HDF5 file


def write(path: str | Path, config: Mapping) -> None:
    """List the files beside `path`; `config` is what the study was asked for."""
    listed = {"version": __version__, "config": config, "files": hashes(Path(path))}
    text = json.dumps(listed | {"content": seals.BLANK}, indent=1, sort_keys=True)
    files.write_texts({str(path): text + "\n"})


def hashes(path: Path) -> dict[str, str]:
    """Return the hash of every file beside and below `path`, by name."""
    folder = path.parent
    found = {file.relative_to(folder): file for file in sorted(folder.rglob("*")) if file.is_file()}
    return {
        name.as_posix(): files.sha256(file)
        for name, file in found.items()
        if file != path
        and name.parts[0] not in TIMED
        and file.suffix not in PASSING
        and not (file.suffix in FORMS and file.with_suffix(".h5") in found.values())
    }


def differences(path: Path) -> list[str]:
    """Say which files differ from those that are listed, are missing, or are new, a line each."""
    seals.check(path, "JSON")
    try:
        listed = dict(json.loads(path.read_text())["files"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise seals.refusal(path, "JSON", error) from error
    there, lines = hashes(path), []
    for name in sorted(listed.keys() | there.keys()):
        if listed.get(name) != there.get(name):
            what = "new" if name not in listed else "missing" if name not in there else "differs"
            lines.append(f"{path.parent / name}: {what}")
    return lines


def main(paths: list[str]) -> int:
    """Compare the files of some studies with what their runs have written; 1 where they differ."""
    wrong = 0
    for path in map(Path, paths):
        try:
            lines = differences(path)
        except ProspectError as error:
            lines = [str(error)]
        print("\n".join(lines) or f"{path.parent}: all files are as they were written")
        wrong += len(lines)
    return int(wrong > 0)


if __name__ == "__main__":  # make verify
    sys.exit(main(sys.argv[1:]))
