"""Progress of long work, a line at a time, for log files."""

import logging
import operator
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

log = logging.getLogger("prospect")

Item = TypeVar("Item")


def track(
    items: Iterable[Item],
    what: str | None,
    total: int | None = None,
    *,
    before: int = 0,
    every: float = 5.0,
) -> Iterator[Item]:
    """Yield the items; log done, total, rate and time left every few seconds and at the end.

    `total` is needed where the items have no length; it counts those that were done `before` too.
    Nothing is logged where `what` is None.
    """
    total = before + operator.length_hint(items) if total is None else total
    start = reported = time.monotonic()
    for done, item in enumerate(items, start=before + 1):
        yield item
        now = time.monotonic()
        if what and (now - reported >= every or done == total):
            log.info(
                "%s: %s",
                what,
                tqdm.format_meter(done, total, now - start, ncols=72, initial=before),
            )
            reported = now
