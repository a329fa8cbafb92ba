"""What every script needs around its one library call: a log, and errors that are one line."""

import contextlib
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prospect.base import files
from prospect.base.errors import ProspectError

log = logging.getLogger("prospect")


def model(snakemake) -> dict:
    """Return what names the model of a job: study, network and seed."""
    wildcards = snakemake.wildcards
    return {
        "study": wildcards.study,
        "network": wildcards.network,
        "seed": int(wildcards.seed),
    }


def made_from(snakemake) -> dict[str, str]:
    """Return the hashes of a job's inputs, but for its code, by path."""
    code = set(snakemake.input.code)
    return {path: files.sha256(path) for path in sorted({*snakemake.input} - code)}


class _Log(logging.FileHandler):
    """A log that is silent where it cannot be written: then neither can results, which say so."""

    def handleError(self, record: logging.LogRecord) -> None:
        pass


@contextmanager
def running(snakemake) -> Iterator[None]:
    """Log to the rule's log file; a user's mistake ends the script with one line there and here."""
    wildcards = ", ".join(f"{key} {value}" for key, value in snakemake.wildcards.items())
    try:
        with _logging(Path(snakemake.log[0])):
            log.info("%s: %s", snakemake.rule, wildcards)
            yield
            log.info("done")
    except ProspectError as error:
        sys.exit(str(error))


@contextmanager
def _logging(path: Path) -> Iterator[None]:
    """Write what is logged to a file, and how the block failed."""
    with files.writable(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = _Log(path, mode="w")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    except ProspectError as error:
        log.error("%s", error)
        raise
    except Exception:
        log.exception("unexpected")
        raise
    finally:
        log.removeHandler(handler)
        with contextlib.suppress(OSError):
            handler.close()
