"""What every script needs around its one library call: a log, and errors that are one line."""

import contextlib
import gc
import json
import logging
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prospect.base import files, plugins, processes
from prospect.base.errors import ProspectError

log = logging.getLogger("prospect")

# objects made until the next search for garbage: by default so few that searches while the next
# libraries are imported take a seventh of a job's start
gc.set_threshold(50_000)

# variables of the environment: the process of the run; set where jobs are one job in SLURM
RUN, TOGETHER = "PROSPECT_RUN", "PROSPECT_TOGETHER"
# the state of the work on an output, and what stands there for all outputs of a job (`resume`)
PARTIAL, OUTPUTS = "{output}.partial", "{output}.outputs"
# last words of a job's log, and what stands before the last ones of a user's mistake
DONE = "done"
MISTAKE = "ended by a mistake, which another attempt would only repeat:"


class Ended(Exception):
    """A job has ended before, and its outputs are there: its script has nothing to do."""


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
    """Log to the rule's log file; a user's mistake ends the script with one line there and here.

    So does an error in the user's own code; the log has its traceback too. Where the block raises
    `Ended` there was nothing to do.
    """
    _end_with_the_run()
    wildcards = ", ".join(f"{key} {value}" for key, value in snakemake.wildcards.items())
    try:
        with _logging(Path(snakemake.log[0])):
            log.info("%s: %s", snakemake.rule, wildcards)
            with contextlib.suppress(Ended):
                yield
            log.info(DONE)
    except ProspectError as error:
        sys.exit(str(error))


def _end_with_the_run() -> None:
    """End this job when the run that it belongs to is no more, so that the next one has it alone.

    A run that is killed leaves its jobs behind.
    """
    run = json.loads(os.environ.get(RUN, "null"))

    def watch() -> None:
        lives = processes.living(run)
        while lives():
            time.sleep(0.5)
        log.error("the run that this job belongs to is no more")
        os._exit(1)

    if run:
        threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _logging(path: Path) -> Iterator[None]:
    """Write what is logged to a file, and how the block failed."""
    with files.writable(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = _Log(path, mode="w", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    except Exception as error:
        ours = isinstance(error, ProspectError)
        own = not ours and plugins.place_of(error) is not None
        if not own and not ours:
            log.exception("unexpected")
            raise
        if own or error.__cause__:
            log.info("the traceback:", exc_info=True)
        message = f"in your own code: {plugins.in_words(error)}" if own else str(error)
        log.info(MISTAKE)
        log.error("%s", message)
        raise ProspectError(message) from error
    finally:
        log.removeHandler(handler)
        with contextlib.suppress(OSError):
            handler.close()
