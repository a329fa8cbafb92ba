"""What a person sees of a run: a bar with the time left, and of a failure the end of its log.

`attach` puts a `Console` in the place of Snakemake's own stream handler. `--printshellcmds` (`-p`)
keeps the usual output.
"""

import logging
import os
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

import psutil
from snakemake_interface_logger_plugins.common import LogEvent

from prospect.study import cluster, plan
from prospect.study.logs import end_of, is_cut_off

if TYPE_CHECKING:
    from snakemake.logging import ColorizingTextHandler
    from tqdm import tqdm

# what Snakemake says besides its events, and a person need not read
HIDDEN = (
    "Assuming unrestricted shared filesystem usage",
    "Building DAG of jobs",
    "Using shell: ",
    "Conda environments: ignored",
    "Select jobs to execute",
    "Removing output files of failed job",
    "Removing temporary output",
    "Shutting down, this might take some time",
    "Exiting because a job execution failed",
    "Complete log(s): ",
    "Elapsed time: ",
    "WorkflowError:\nAt least one job did not complete successfully",
    # of jobs in SLURM
    "Trying to restart job ",
    "SLURM run ID: ",
    "No SLURM account given",
    "No account was given",
    "Unable to guess SLURM account",
    "Guessed SLURM account",
    "Both 'sacctmgr' and 'sshare' returned empty",
    "Cleaning up SLURM log files",
)
SUBMITTED = re.compile(r"Job \S+ has been submitted with SLURM")
SCRIPT_FAILED = "RuleException:\nCalledProcessError"
STOPPING = ("Terminating processes on user request", "Will exit after finishing")


def attach(workflow) -> None:
    """Show the progress of this run, unless the usual output is asked for.

    A quiet dry run shows the plan: how many jobs there are, and how long they take.
    """
    from snakemake.logging import logger
    from snakemake.settings.enums import Quietness

    asked = workflow.output_settings
    # a dry run that is quiet about these ends once the jobs are known
    planning = asked.dryrun and asked.quiet == {Quietness.RULES, Quietness.PROGRESS}
    flags = ("dryrun", "quiet", "printshellcmds", "verbose", "debug_dag", "show_failed_logs")
    usual = any(getattr(asked, flag, False) for flag in flags)
    if workflow.is_main_process and (planning or not usual):
        for handler in list(logger.handlers):
            if handler.name == "DefaultStreamHandler":
                logger.removeHandler(handler)
                logger.addHandler(Console(workflow, handler, Stderr(), planning))


def jobs_of(workflow) -> tuple[dict[int, plan.Job], list[plan.Job]]:
    """Return the jobs that are to run, by their number, and those that need not run."""
    dag, run, others = workflow.dag, {}, []
    for job in sorted(dag.jobs, key=dag.jobid):
        if job.rule.norun:
            continue
        guess = job.resources.get("seconds")
        known = {
            "rule": job.rule.name,
            "benchmark": job.benchmark and str(job.benchmark),
            "guess": float(guess) if isinstance(guess, int | float) else None,
        }
        if dag.needrun(job):
            run[dag.jobid(job)] = plan.Job(
                **known,
                name=_name(job.rule.name, job.wildcards_dict),
                needs=tuple(sorted(job.scheduler_resources.items())),
                after=frozenset(map(dag.jobid, dag.dependencies[job])),
            )
        else:
            others.append(plan.Job(**known))
    return run, others


def _name(rule: str, wildcards: dict[str, str]) -> str:
    """Say which of its rule's jobs a job is, as ``mlp seed0 bowl``; all have the same study."""
    parts = {key: str(value) for key, value in wildcards.items() if key != "study"}
    parts = {key: value for key, value in parts.items() if not rule.endswith(f"_{value}")}
    return " ".join(key + value if value.isdigit() else value for key, value in parts.items())


class Stderr:
    """What jobs write on stderr, kept in a file so that no line lands inside the bar."""

    def start(self) -> TextIO:
        """Send stderr to the file; return what it was before."""
        self.before = os.fdopen(os.dup(2), "w", encoding=sys.stderr.encoding, errors="replace")
        self.file, self.seen = tempfile.TemporaryFile(), 0  # noqa: SIM115
        os.dup2(self.file.fileno(), 2)
        return self.before

    def lines(self) -> list[str]:
        """Return the lines that are new."""
        sys.stderr.flush()
        # read by place: the position of the file is where the jobs write
        new = os.pread(self.file.fileno(), 1 << 20, self.seen)
        self.seen += len(new)
        return [line for line in new.decode(errors="replace").splitlines() if line.strip()]

    def stop(self) -> None:
        """Give stderr back."""
        sys.stderr.flush()
        os.dup2(self.before.fileno(), 2)
        self.file.close()


class Console(logging.Handler):
    """Shows Snakemake's log as a person wants to see a run.

    Parameters
    ----------
    workflow
        Snakemake's; it is asked for the jobs once they are known.
    usual
        The handler for all that is not progress: warnings, and errors of Snakemake itself.
    stderr
        Where jobs write meanwhile.
    planning
        Whether to say what there is to do, and no more.
    """

    lock: threading.RLock  # every handler has one

    def __init__(self, workflow, usual: "ColorizingTextHandler", stderr: Stderr, planning: bool):
        super().__init__()
        self.workflow, self.usual, self.stderr, self.planning = workflow, usual, stderr, planning
        self.jobs: dict[int, plan.Job] = {}
        self.progress: plan.Progress | None = None
        self.bar: tqdm | None = None
        self.due: float | None = None  # the jobs are known since, and not yet shown
        self.stopping, self.ended = False, threading.Event()
        self.reasons: dict[int | None, str] = {}  # by thread: how a script ended
        self.written: list[str] = []  # from stderr, and not yet shown
        self.events: dict[LogEvent, Callable[[logging.LogRecord, plan.Progress], None]] = {
            LogEvent.JOB_INFO: self._start,
            LogEvent.JOB_FINISHED: self._finish,
            LogEvent.JOB_ERROR: self._fail,
            LogEvent.GROUP_ERROR: self._fail_together,
        }

    def emit(self, record: logging.LogRecord) -> None:
        """Show a record."""
        try:
            if self.due is not None:  # what is refused before its first job has no bar
                due, self.due = self.due, None
                self._begin(due)
            self._show(record, getattr(record, "event", None), str(record.msg))
        except Exception:
            self.handleError(record)

    def close(self) -> None:
        """Say how the run ended."""
        if self.progress and not self.ended.is_set():
            self.ended.set()
            self._end(self.progress, time.time())
        super().close()

    def _show(self, record: logging.LogRecord, event: LogEvent | None, text: str) -> None:
        if self.workflow.touch:
            self.usual.handle(record)
        elif event is LogEvent.RUN_INFO and self.planning:  # of which this is the last word
            self._begin(record.created)
        elif event is LogEvent.RUN_INFO:
            self.due = record.created
        elif self.progress and event in self.events:
            self.events[event](record, self.progress)
        elif self.progress and text.startswith(SCRIPT_FAILED):
            # the error of the job comes next from this thread, and says more
            self.reasons[record.thread] = text.rsplit("' ", 1)[-1].removesuffix(".")
        elif self.progress and text.startswith(STOPPING):
            if not self.stopping:
                self._print("Stopping when the running jobs have ended.")
            self.stopping = True
        elif SUBMITTED.match(text) or text.startswith(HIDDEN):
            return
        elif event is None or record.levelno > logging.INFO:
            with self._above_the_bar():
                self.usual.handle(record)

    def _begin(self, now: float) -> None:
        """Say what there is to do, before the first job starts."""
        self.jobs, others = jobs_of(self.workflow)
        if not self.jobs:
            self._print("Nothing to be done.")
            return
        estimates = plan.estimate(self.jobs, others)
        expected = {key: seconds for key, (seconds, _) in estimates.items()}
        have = self.workflow.scheduler.global_resources
        limits = self.workflow.resource_settings  # in SLURM jobs are limited, not cores
        one_machine = limits.cores and not limits.nodes
        where = f"on {plan.several(limits.cores, 'core')}" if one_machine else "in all"
        if self.planning:
            self._print(plan.table(self.jobs, estimates))
        self._print(plan.summary(estimates, plan.duration(self.jobs, expected, have), where))
        memory = psutil.virtual_memory().total / 2**20
        if one_machine and (warning := plan.too_large(self.jobs.values(), memory)):
            self._print(warning)
        if not self.planning:
            self.progress = progress = plan.Progress(self.jobs, expected, have, now)
            self.usual.setStream(self.stderr.start())
            self.bar = _bar(self.usual.stream)
            threading.Thread(target=self._tick, args=(progress,), daemon=True).start()

    def _start(self, record: logging.LogRecord, progress: plan.Progress) -> None:
        key, now = vars(record)["jobid"], record.created
        if key in self.jobs:
            progress.start(key, now)
            self._draw(progress, now)

    def _finish(self, record: logging.LogRecord, progress: plan.Progress) -> None:
        key, now = vars(record)["job_id"], record.created
        if key not in self.jobs:
            return
        took = plan.span(progress.finish(key, now))
        self._draw(progress, now)
        if not self.bar:
            number = f"[{progress.done:{len(str(progress.total))}}/{progress.total}]"
            left = f", about {plan.clock(progress.left(now))} left" * bool(progress.jobs)
            elapsed = plan.clock(now - progress.began)
            self._print(f"{number} {elapsed}  {self._job(key)}  {took}{left}")

    def _fail(self, record: logging.LogRecord, progress: plan.Progress) -> None:
        """Heed a job that failed, unless it is told of already, as one of several together."""
        told = vars(record)
        if told["jobid"] in progress.running:
            reason = self.reasons.pop(record.thread, "") or cluster.reason(told.get("rule_msg"))
            self._tell(record, progress, told["jobid"], told["log"], reason)

    def _fail_together(self, record: logging.LogRecord, progress: plan.Progress) -> None:
        """Heed jobs that were one job in SLURM: tell of those that had begun and had not ended."""
        jobs, aux = vars(record)["job_error_info"], vars(record)["aux_logs"]
        told = [job for job in jobs if self._is_cut_off(job, progress)] or jobs[:1]
        for job in jobs:
            if job not in told:
                progress.fail(job["jobid"], record.created, halt=False)
        for job in told:
            logs = [*job["log"], *aux]
            self._tell(record, progress, job["jobid"], logs, cluster.reason_of(aux))

    def _is_cut_off(self, job: dict, progress: plan.Progress) -> bool:
        since = progress.running.get(job["jobid"])
        return since is not None and any(is_cut_off(log, since) for log in job["log"])

    def _tell(
        self, record: logging.LogRecord, progress: plan.Progress, key: int, logs: list, reason: str
    ) -> None:
        """Say which job failed, why, how its log ends, and what the other jobs do."""
        now, settings = record.created, self.workflow.execution_settings
        goes_on = settings.keep_going or settings.retries
        since = progress.running.get(key, now)
        took = plan.span(progress.fail(key, now, halt=not goes_on))
        written, self.written = self.written + self.stderr.lines(), []
        if self.stopping:
            return
        # the job's own log; a job that never came so far has one of the cluster
        log, end = next(((log, end) for log in logs if (end := end_of(log, since))), (None, []))
        if reason.endswith(" status 1"):
            # an error of Python: it is in the log, so that stderr only says it again
            reason, written = "", [] if end else written
        head = f"{self._job(key)} failed after {took}" + f": it {reason}" * bool(reason)
        source = f"; the end of {log}:" if end else "; on standard error:" if written else "."
        lines = [head + source, *("    " + line for line in (*end, *written))]
        if progress.running and not goes_on:
            lines.append(f"No new job starts; still running: {self._running(progress)}.")
        self._print(self.usual.decorate(record, "\n".join(lines)))

    def _end(self, progress: plan.Progress, now: float) -> None:
        if self.bar:
            self.bar.close()
            self.bar = None
        written = self.written + self.stderr.lines()
        self.stderr.stop()
        if written and not self.stopping:
            self._print("\n".join(written))
        elapsed = plan.clock(now - progress.began)
        jobs = plan.several(progress.total, "job")
        if progress.done == progress.total:
            self._print(f"{jobs} done in {elapsed}.")
        else:
            how = "Stopped" if self.stopping else "Failed"
            mend = "The" if self.stopping else "Mend the cause: the"
            done = f"with {progress.done} of {jobs} done"
            self._print(f"{how} after {elapsed}, {done}. {mend} same command goes on from there.")

    def _job(self, key: int) -> str:
        return f"{self.jobs[key].rule} {self.jobs[key].name}".rstrip()

    def _running(self, progress: plan.Progress) -> str:
        rules = Counter(self.jobs[key].rule for key in progress.running)
        return ", ".join(rule + f" ×{count}" * (count > 1) for rule, count in rules.items())

    def _tick(self, progress: plan.Progress) -> None:
        """Keep the time on the bar, and show what jobs wrote on stderr a second or two ago.

        Not at once: a job that fails or is stopped writes there before Snakemake says so.
        """
        while not self.ended.wait(1.0):
            with self.lock:
                if self.written and not self.stopping and not self.ended.is_set():
                    self._print("\n".join(self.written))
                self.written = self.stderr.lines()
                self._draw(progress, time.time())

    def _draw(self, progress: plan.Progress, now: float) -> None:
        if self.bar:
            left, elapsed = progress.left(now), now - progress.began
            running = self._running(progress)
            self.bar.n, self.bar.total = elapsed, elapsed + left
            self.bar.set_description_str(
                f"{progress.done}/{progress.total} jobs, {plan.clock(elapsed)}, "
                f"about {plan.clock(left)} left" + f": {running}" * bool(running)
            )

    def _print(self, text: str) -> None:
        with self._above_the_bar():
            print(text, file=self.usual.stream, flush=True)

    @contextmanager
    def _above_the_bar(self) -> Iterator[None]:
        if self.bar:
            self.bar.clear()
        yield
        if self.bar:
            self.bar.refresh()


def _bar(stream: TextIO) -> "tqdm | None":
    """Return a bar, or None where none can be drawn."""
    if not stream.isatty() or not all(os.get_terminal_size(stream.fileno())):
        return None
    try:
        from tqdm import tqdm
    except ImportError:  # with `--sdm conda`, Snakemake's own environment may lack it
        return None

    tqdm.monitor_interval = 0  # its thread is not needed
    form = "{percentage:3.0f}%|{bar:10}| {desc}"
    return tqdm(total=1, file=stream, bar_format=form, dynamic_ncols=True, leave=False)
