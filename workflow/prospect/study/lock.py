"""One run at a time on a study.

The lock is the operating system's, on a file of the study's own: it ends with the process that
holds it, however that ends. So a run never waits for a dead one, nor a study for another one.
Snakemake's own locks are switched off in the profile (``nolock``): those of a run that is killed
stay until they are removed by hand, and the end of any run removes those of all others.
"""

from filelock import FileLock, Timeout

from prospect.base.errors import ProspectError

FILE = ".snakemake/prospect/{study}.lock"
ANOTHER = "Another run is at work on '{study}'; wait for its end, or stop it."

_HELD: list[FileLock] = []  # until the end of this process


def take(study: str) -> None:
    """Take the study for this process; raises ProspectError where another one has it."""
    lock = FileLock(FILE.format(study=study))
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise ProspectError(ANOTHER.format(study=study)) from error
    _HELD.append(lock)
