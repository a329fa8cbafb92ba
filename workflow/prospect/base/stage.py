"""What every script needs around its one library call: a log, and errors that are one line."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prospect.base import plugins
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


@contextmanager
def running(snakemake) -> Iterator[None]:
    """Log to the rule's log file; a user's mistake ends the script with one line there and here.

    So does an error in the user's own code; the log has its traceback too.
    """
    Path(snakemake.log[0]).parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(snakemake.log[0], mode="w", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    wildcards = ", ".join(f"{key} {value}" for key, value in snakemake.wildcards.items())
    log.info("%s: %s", snakemake.rule, wildcards)
    try:
        yield
    except Exception as error:
        own = plugins.place_of(error) is not None
        if not own and not isinstance(error, ProspectError):
            log.exception("unexpected")
            raise
        if own or error.__cause__:
            log.info("the traceback:", exc_info=True)
        message = f"in your own code: {plugins.in_words(error)}" if own else str(error)
        log.error("%s", message)
        sys.exit(message)
    log.info("done")
