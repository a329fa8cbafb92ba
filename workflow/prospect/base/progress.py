"""Progress of long work, a line at a time, for log files."""

import logging
import time
from collections.abc import Iterable, Iterator

from tqdm import tqdm

log = logging.getLogger("prospect")


def track(
    items: Iterable, what: str | None, total: int | None = None, every: float = 5.0
) -> Iterator:
    """Yield the items; log done, total, rate and time left every few seconds and at the end.

    `total` is needed where the items have no length. Nothing is logged where `what` is None.
    """
    total = len(items) if total is None else total
    start = reported = time.monotonic()
    for done, item in enumerate(items, start=1):
        yield item
        now = time.monotonic()
        if what and (now - reported >= every or done == total):
            log.info("%s: %s", what, tqdm.format_meter(done, total, now - start, ncols=72))
            reported = now
