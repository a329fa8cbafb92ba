"""What every script needs around its one library call: a log, and errors that are one line."""

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
        with files.writable(snakemake.log[0]):
            Path(snakemake.log[0]).parent.mkdir(parents=True, exist_ok=True)
            handler = _Log(snakemake.log[0], mode="w")
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
        log.addHandler(handler)
        log.setLevel(logging.INFO)
        log.info("%s: %s", snakemake.rule, wildcards)
        yield
    except ProspectError as error:
        log.error("%s", error)
        sys.exit(str(error))
    except Exception:
        log.exception("unexpected")
        raise
    log.info("done")
