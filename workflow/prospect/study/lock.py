"""One run at a time on a study, and none that waits for the dead.

Snakemake locks the files of a run, and leaves the locks where the run is killed. So the run that
has a study is noted, and its locks are taken away where it no longer lives on this machine. Those
of a living run, and of one on another machine, stay.
"""

import json
from pathlib import Path

from prospect.base import files, processes
from prospect.study import paths

LOCKS = Path(".snakemake/locks")
NOTES = Path(".snakemake/prospect")


def note(study: str) -> None:
    """Note that this process has the study."""
    text = json.dumps(processes.this_process())
    files.write_texts({str(NOTES / f"{study}.json"): text})


def remove_locks_of_the_dead(study: str) -> str | None:
    """Remove the locks of a run of this study that was killed; return a line that says so."""
    try:
        if processes.may_live(json.loads((NOTES / f"{study}.json").read_text())):
            return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    folder = paths.STUDY.format(study=study) + "/"
    left = [lock for lock in LOCKS.glob("*.lock") if folder in lock.read_text()]
    for lock in left:
        lock.unlink(missing_ok=True)
    return f"The last run of {study} was killed; this one goes on from there." if left else None
