"""How long jobs take: by earlier runs' benchmark tables, else by the guesses of their rules."""

import csv
import heapq
import itertools
from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import NamedTuple

START = 4.0  # seconds of a job that nothing is known of: starting Python and its imports
FIRM = 20.0  # seconds of finished jobs after which their pace counts as much as the estimate

# where an estimate comes from
TIMED = "timed by earlier runs"
ALIKE = "by other jobs of the same rule"
GUESSED = "guessed from sizes"
UNKNOWN = f"not known, {START:g} s each"

Needs = tuple[tuple[str, int], ...]  # of resources, by name


@dataclass(frozen=True)
class Job:
    """What is known of a job before it runs.

    `name` says which of its rule's jobs it is, `benchmark` is the path of its benchmark table,
    `guess` its rule's guess of the seconds, `needs` what it holds of the resources while it runs,
    and `after` the keys of the jobs that it waits for.
    """

    rule: str
    benchmark: str | None = None
    guess: float | None = None
    name: str = ""
    needs: Needs = ()
    after: frozenset[int] = frozenset()


class Estimate(NamedTuple):
    """The seconds that a job is expected to take, and where they come from."""

    seconds: float
    source: str


def timed(path: str | None) -> float | None:
    """Return the seconds in a benchmark table, of all its repeats; None without a table."""
    try:
        with Path(path or "").open(newline="") as file:
            return sum(float(row["s"]) for row in csv.DictReader(file, delimiter="\t")) or None
    except (OSError, KeyError, ValueError):
        return None


def estimate(jobs: Mapping[int, Job], others: Iterable[Job] = ()) -> dict[int, Estimate]:
    """Return the seconds that each job is expected to take.

    A job without a table goes by other jobs of its rule: its guess times how those went against
    theirs, or their median where the rule guesses nothing.

    Parameters
    ----------
    jobs
        The jobs that are to run, by their keys.
    others
        Jobs of the same study that need not run, for their tables.
    """
    tables = {key: timed(job.benchmark) for key, job in jobs.items()}
    known = [(job, tables[key]) for key, job in jobs.items()]
    known += [(job, timed(job.benchmark)) for job in others]
    times, ratios = defaultdict(list), defaultdict(list)
    for job, seconds in known:
        if seconds:
            times[job.rule].append(seconds)
            if job.guess:
                ratios[job.rule].append(seconds / job.guess)

    def one(job: Job, seconds: float | None) -> Estimate:
        if seconds:
            return Estimate(seconds, TIMED)
        if job.guess and ratios[job.rule]:
            return Estimate(job.guess * median(ratios[job.rule]), ALIKE)
        if times[job.rule]:
            return Estimate(median(times[job.rule]), ALIKE)
        return Estimate(job.guess, GUESSED) if job.guess else Estimate(START, UNKNOWN)

    return {key: one(job, tables[key]) for key, job in jobs.items()}


def duration(
    jobs: Mapping[int, Job],
    seconds: Mapping[int, float],
    have: Mapping[str, int],
    running: Collection[int] = (),
) -> float:
    """Return the seconds until all jobs are done, where each starts as soon as it can.

    Parameters
    ----------
    jobs
        The jobs that are to run, by their keys.
    seconds
        What each job still takes, a running one too.
    have
        The resources that there are; others are not limited.
    running
        The keys of the jobs that run already.
    """
    schedule = _Schedule(jobs, seconds, have)
    for key in jobs:
        if key in running:
            schedule.start(key)
        elif not schedule.waits[key]:
            schedule.queue(key)
    schedule.start_what_fits()
    while schedule.ends:
        schedule.end_next()
        schedule.start_what_fits()
    return schedule.now


class _Schedule:
    """When jobs start and end, by a clock of its own: every method goes on from `now`."""

    def __init__(
        self, jobs: Mapping[int, Job], seconds: Mapping[int, float], have: Mapping[str, int]
    ):
        self.jobs, self.seconds = jobs, seconds
        self.now, self.free, self.order = 0.0, dict(have), itertools.count()
        self.held = {
            job.needs: [need for need in job.needs if need[0] in have] for job in jobs.values()
        }
        self.waits = {key: len(job.after & jobs.keys()) for key, job in jobs.items()}
        self.followers: defaultdict[int, list[int]] = defaultdict(list)
        for key, job in jobs.items():
            for earlier in job.after:
                self.followers[earlier].append(key)
        self.ends: list[tuple[float, int, int]] = []  # of the jobs that run: when, which
        # by needs: few queues to look at, however many jobs
        self.ready: defaultdict[Needs, deque[int]] = defaultdict(deque)

    def queue(self, key: int) -> None:
        """Let a job wait for nothing but resources."""
        self.ready[self.jobs[key].needs].append(key)

    def start(self, key: int) -> None:
        """Start a job, whether or not there is room for it."""
        for name, count in self.held[self.jobs[key].needs]:
            self.free[name] -= count
        heapq.heappush(self.ends, (self.now + self.seconds[key], next(self.order), key))

    def start_what_fits(self) -> None:
        """Start the jobs that there is room for."""
        for needs, queue in self.ready.items():
            while queue and all(self.free[name] >= count for name, count in self.held[needs]):
                self.start(queue.popleft())

    def end_next(self) -> None:
        """Go on to the next end of a job, and queue those that waited only for it."""
        self.now, _, done = heapq.heappop(self.ends)
        for name, count in self.held[self.jobs[done].needs]:
            self.free[name] += count
        for key in self.followers[done]:
            self.waits[key] -= 1
            if not self.waits[key]:
                self.queue(key)


class Progress:
    """How far the jobs are; every method is told what time it is, in seconds."""

    def __init__(
        self,
        jobs: Mapping[int, Job],
        expected: Mapping[int, float],
        have: Mapping[str, int],
        now: float,
    ):
        self.jobs, self.expected, self.have, self.began = dict(jobs), expected, have, now
        self.total, self.done, self.halted = len(jobs), 0, False
        self.running: dict[int, float] = {}
        self.taken = self.foreseen = 0.0

    def start(self, key: int, now: float) -> None:
        """Note that a job starts."""
        self.running[key] = now

    def finish(self, key: int, now: float) -> float:
        """Note that a job is done; return the seconds that it took, by its table if it has one.

        What waits in a queue, or goes together with others as one job, took less than it was seen.
        """
        seen = now - self.running.pop(key)
        took = timed(self.jobs.pop(key).benchmark) or seen
        self.done, self.taken = self.done + 1, self.taken + took
        self.foreseen += self.expected[key]
        return took

    def fail(self, key: int, now: float, halt: bool) -> float:
        """Note that a job failed, and whether others still start; return the seconds it took."""
        self.halted = self.halted or halt
        return now - self.running.pop(key, now)

    def left(self, now: float) -> float:
        """Return the seconds that are left, by how the finished jobs went against expectation."""
        pace = (self.taken + FIRM) / (self.foreseen + FIRM)
        jobs = {key: self.jobs[key] for key in self.running} if self.halted else self.jobs
        seconds = {key: self.expected[key] * pace for key in jobs}
        for key, started in self.running.items():
            so_far = now - started
            # a job that takes longer than expected is taken to be nearly done
            seconds[key] = max(seconds[key] - so_far, so_far / 10)
        return duration(jobs, seconds, self.have, self.running)


def span(seconds: float) -> str:
    """Say a time in words, as ``4.1 s``, ``42 s``, ``5 min``, ``2 h 10 min`` or ``3 days``."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes / 60 / 24:.0f} days"


def clock(seconds: float) -> str:
    """Say a time as a clock does, as ``0:07``, ``1:32`` or ``1:02:03``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def several(number: int, what: str) -> str:
    """Say a number of things, as ``1 job`` or ``2 jobs``."""
    return f"{number} {what}" + "s" * (number != 1)


def summary(estimates: Mapping[int, Estimate], total: float, where: str) -> str:
    """Say how many jobs there are, how long they take together, and how that is known."""
    counts = Counter(source for _, source in estimates.values())
    sources = [source for source in (TIMED, ALIKE, GUESSED, UNKNOWN) if counts[source]]
    if len(sources) > 1:
        sources = [f"{source}: {counts[source]}" for source in sources]
    return f"{several(len(estimates), 'job')}, about {span(total)} {where} ({'; '.join(sources)})"


def too_large(jobs: Iterable[Job], megabytes: float) -> str | None:
    """Say which job may not fit into the memory of a machine, and what makes it smaller."""
    largest = max(jobs, key=lambda job: dict(job.needs).get("mem_mb", 0))
    asked = dict(largest.needs).get("mem_mb", 0)
    if asked <= megabytes:
        return None
    return (
        f"{largest.rule} {largest.name} may take {asked / 1000:.0f} GB of memory, this machine has "
        f"{megabytes / 1000:.0f}; with a smaller evaluation.batch samples go in more batches, in "
        "fixed order, with evaluation.samples only some of them"
    )


def table(jobs: Mapping[int, Job], estimates: Mapping[int, Estimate]) -> str:
    """Return a table of the rules: their jobs, the time of each and of all, the longest first."""
    times = defaultdict(list)
    for key, job in jobs.items():
        times[job.rule].append(estimates[key].seconds)
    rows = [
        (rule, str(len(each)), span(sum(each) / len(each)), span(sum(each)))
        for rule, each in sorted(times.items(), key=lambda item: -sum(item[1]))
    ]
    width = max(map(len, times))
    return "\n".join(
        f"{rule:{width}}  {number:>5}  {each:>10}  {together:>10}"
        for rule, number, each, together in [("rule", "jobs", "each", "together"), *rows]
    )
