"""What the logs of jobs say: how they end, and of which end."""

import re
from pathlib import Path

from prospect.base import stage

LINES = 5  # of a log that are shown
STAMP = re.compile(r"\d\d:\d\d:\d\d ")  # starts every record


def end_of(log: str | None, since: float) -> list[str]:
    """Return the end of a log's last record, if anything was written there since."""
    # neither empty lines nor the marks that a traceback puts below its lines
    lines = [line for line in _lines(log, since) if set(line.strip()) - set("^~")]
    last = max((i for i, line in enumerate(lines) if STAMP.match(line)), default=0)
    return lines[last:][-LINES:]


def is_cut_off(log: str, since: float) -> bool:
    """Whether a log was begun since, and not ended as that of a job that is done."""
    lines = _lines(log, since)
    return bool(lines) and not lines[-1].endswith(f" {stage.DONE}")


def tells_of_mistake(log: str, since: float) -> bool:
    """Whether a log, written since then, says that its job ended by a user's mistake."""
    return any(line.endswith(f" {stage.MISTAKE}") for line in _lines(log, since))


def _lines(log: str | None, since: float) -> list[str]:
    if not log or not Path(log).exists() or Path(log).stat().st_mtime < since:
        return []
    return Path(log).read_text(encoding="utf-8", errors="replace").splitlines()
