"""What every script needs around its one library call: a log, and errors that are one line."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
    """Log to the rule's log file; a user's mistake ends the script with one line there and here."""
    Path(snakemake.log[0]).parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(snakemake.log[0], mode="w", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    wildcards = ", ".join(f"{key} {value}" for key, value in snakemake.wildcards.items())
    log.info("%s: %s", snakemake.rule, wildcards)
    try:
        yield
    except ProspectError as error:
        log.error("%s", error)
        sys.exit(str(error))
    except Exception:
        log.exception("unexpected")
        raise
    log.info("done")
