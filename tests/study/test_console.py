"""What a person sees of a run, told by the events that Snakemake records."""

import contextlib
import fcntl
import io
import logging
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
from types import SimpleNamespace

import pytest
from snakemake.logging import ColorizingTextHandler, logger
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.common import LogEvent

from prospect.study import console, logs
from prospect.study.console import Console

START = 1000.0


class Made(SimpleNamespace):
    """Stands for one of Snakemake's objects."""

    __hash__ = object.__hash__


class Nobody:
    """Stands for the stderr of jobs; they wrote `said`."""

    def __init__(self, stream):
        self.stream, self.said = stream, []

    def start(self):
        return self.stream

    def lines(self):
        said, self.said = self.said, []
        return said

    def stop(self):
        pass


def job(number, rule, *after, norun=False, seconds=None, **wildcards):
    return Made(
        number=number,
        rule=Made(name=rule, norun=norun),
        benchmark=None,
        resources={"seconds": seconds},
        scheduler_resources={"_cores": 1},
        wildcards_dict={"study": "tiny", **wildcards},
        after=after,
    )


JOBS = [
    job(1, "train_mlp", seed="0", seconds=3),
    job(2, "evaluate_surface", network="mlp", seed="0", surface="bowl"),
    job(0, "all", norun=True),
]


def flow(jobs=JOBS, touch=False, keep_going=False):
    return Made(
        touch=touch,
        dag=Made(
            jobs=jobs,
            jobid=lambda job: job.number,
            needrun=lambda job: True,
            dependencies={job: job.after for job in jobs},
        ),
        scheduler=Made(global_resources={"_cores": 2}),
        resource_settings=Made(cores=2, nodes=None),
        execution_settings=Made(keep_going=keep_going, retries=0),
    )


class Run:
    """A console that writes to a text, and the events that it is fed."""

    def __init__(self, planning=False, stream=None, **options):
        self.stream = stream or io.StringIO()
        self.stderr = Nobody(self.stream)
        usual = ColorizingTextHandler(stream=self.stream)
        self.console = Console(flow(**options), usual, self.stderr, planning)

    def tell(self, text="", event=None, level=logging.INFO, after=0.0, **fields):
        record = logging.LogRecord("snakemake", level, "", 0, text, (), None)
        record.created = START + after
        record.__dict__.update(fields, **({"event": event} if event else {}))
        self.console.handle(record)

    def begin(self):
        self.tell("Job stats:", LogEvent.RUN_INFO)
        self.tell("Select jobs to execute...")

    def start(self, number, after):
        self.tell("Rule", LogEvent.JOB_INFO, after=after, jobid=number)

    def finish(self, number, after):
        self.tell("Finished", LogEvent.JOB_FINISHED, after=after, job_id=number)

    def fail(self, number, after, log=(), how="returned non-zero exit status 1."):
        command = "CalledProcessError in file x.smk, line 1:\nCommand 'python x.py'"
        self.tell(f"RuleException:\n{command} {how}", LogEvent.ERROR, logging.ERROR, after)
        self.tell(
            "Error", LogEvent.JOB_ERROR, logging.ERROR, after, jobid=number, log=[*map(str, log)]
        )

    def fail_together(self, logs, after, aux=()):
        jobs = [{"jobid": number, "log": [str(log)]} for number, log in logs.items()]
        fields = {"job_error_info": jobs, "aux_logs": [*map(str, aux)]}
        self.tell("Error in group", LogEvent.GROUP_ERROR, logging.ERROR, after, **fields)
        for job in jobs:
            self.tell("Error", LogEvent.JOB_ERROR, logging.ERROR, after, **job)

    def end(self):
        self.console.close()

    @property
    def lines(self):
        return self.stream.getvalue().splitlines()


@pytest.fixture
def run(monkeypatch):
    monkeypatch.setattr(console.time, "time", lambda: START + 75)
    made = Run()
    yield made
    made.end()


def test_a_line_for_every_finished_job(run):
    for text in ("Building DAG of jobs...", "Using shell: /usr/bin/bash", "Select jobs to execute"):
        run.tell(text)
    run.begin()
    run.tell("Execute 2 jobs...", LogEvent.JOB_STARTED, jobs=[1, 2])
    run.start(1, after=1)
    run.start(2, after=1)
    run.finish(1, after=4.1)
    run.tell(None, LogEvent.PROGRESS, done=1, total=3)
    run.finish(2, after=65)
    run.start(0, after=65)
    run.finish(0, after=65)
    run.end()
    assert run.lines == [
        "2 jobs, about 4.0 s on 2 cores (guessed from sizes: 1; not known, 4 s each: 1)",
        "[1/2] 0:04  train_mlp seed0  3.1 s, about 0:01 left",
        "[2/2] 1:05  evaluate_surface mlp seed0 bowl  64 s",
        "2 jobs done in 1:15.",
    ]


def test_a_failure_is_its_job_and_the_end_of_its_log(run, tmp_path):
    log = tmp_path / "mlp.log"
    log.write_text("12:00:00 train_mlp: seed 0\n12:00:01 training: the loss is nan\n")
    run.begin()
    run.start(1, after=0)
    run.start(2, after=0)
    run.stderr.said = ["training: the loss is nan"]
    run.fail(1, after=3.6, log=[log])
    run.tell("Removing output files of failed job train_mlp since they might be corrupted")
    run.tell("Exiting because a job execution failed. Look above", level=logging.ERROR)
    run.finish(2, after=5)
    run.end()
    assert run.lines[1:] == [
        f"train_mlp seed0 failed after 3.6 s; the end of {log}:",
        "    12:00:01 training: the loss is nan",
        "No new job starts; still running: evaluate_surface.",
        "[1/2] 0:05  evaluate_surface mlp seed0 bowl  5.0 s, about 0:00 left",
        "Failed after 1:15, with 1 of 2 jobs done. Mend the cause: the same command goes on from "
        "there.",
    ]


def test_of_jobs_that_fail_together_those_are_told_that_had_begun_and_not_ended(
    run, tmp_path, monkeypatch
):
    squeue = tmp_path / "squeue"
    squeue.write_text('#!/bin/sh\ncase "$*" in *--jobs=7*) echo TIMEOUT;; *) exit 1;; esac')
    squeue.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    logs = {1: tmp_path / "mlp.log", 2: tmp_path / "bowl.log"}
    logs[1].write_text("12:00:00 train_mlp: seed 0\n12:00:01 done\n")
    logs[2].write_text("12:00:02 evaluate_surface: seed 0\n12:00:03 computing\n")
    run.begin()
    run.start(1, after=0)
    run.start(2, after=0)
    run.fail_together(logs, after=600, aux=[tmp_path / "7.log"])
    assert run.lines[1:] == [
        "evaluate_surface mlp seed0 bowl failed after 10 min: it reached its time limit; the end "
        f"of {logs[2]}:",
        "    12:00:03 computing",
    ]
    run.start(1, after=601)
    run.start(2, after=601)
    run.fail_together({1: tmp_path / "none", 2: tmp_path / "none"}, after=605)
    assert run.lines[3:] == ["train_mlp seed0 failed after 4.0 s."]


def test_a_script_that_never_reached_its_log_shows_its_stderr(run, tmp_path):
    old = tmp_path / "old.log"
    old.write_text("12:00:00 done\n")
    os.utime(old, (START - 60, START - 60))
    run.begin()
    run.start(1, after=0)
    run.stderr.said = ["Traceback (most recent call last):", "ModuleNotFoundError: torch"]
    run.fail(1, after=1, log=[old])
    assert run.lines[1:] == [
        "train_mlp seed0 failed after 1.0 s; on standard error:",
        "    Traceback (most recent call last):",
        "    ModuleNotFoundError: torch",
    ]


def test_a_killed_script_says_so(run):
    run.begin()
    run.start(1, after=0)
    run.fail(1, after=1, how="died with <Signals.SIGKILL: 9>.")
    assert run.lines[1:] == [
        "train_mlp seed0 failed after 1.0 s: it died with <Signals.SIGKILL: 9>."
    ]


def test_a_stop_is_no_failure(run):
    run.begin()
    run.start(1, after=0)
    run.stderr.said = ["Traceback (most recent call last):", "KeyboardInterrupt"]
    run.tell("Terminating processes on user request, this might take some time.")
    run.fail(1, after=2, how="died with <Signals.SIGINT: 2>.")
    run.end()
    assert run.lines[1:] == [
        "Stopping when the running jobs have ended.",
        "Stopped after 1:15, with 0 of 2 jobs done. The same command goes on from there.",
    ]


def test_what_snakemake_itself_says_is_shown_whole(run):
    error = "MissingInputException in rule x:\nMissing input files for rule x:\n    y"
    run.tell(error, LogEvent.ERROR, logging.ERROR)
    run.tell("the output may be old", level=logging.WARNING)
    run.tell("Creating conda environment envs/prospect.yaml...")
    run.begin()
    run.tell("MissingOutputException in rule x", LogEvent.ERROR, logging.ERROR)
    shown = [*error.splitlines(), "the output may be old"]
    shown += ["Creating conda environment envs/prospect.yaml..."]
    assert run.lines[:5] == shown
    assert run.lines[6:] == ["MissingOutputException in rule x"]


def test_what_jobs_wrote_is_shown_at_the_end_at_the_latest(run):
    run.begin()
    run.stderr.said = ["UserWarning: mind this"]
    run.end()
    assert "UserWarning: mind this" in run.lines


def test_with_keep_going_other_jobs_start():
    run = Run(keep_going=True)
    run.begin()
    run.start(1, after=0)
    run.start(2, after=0)
    run.fail(1, after=1)
    run.end()
    assert not any("No new job starts" in line for line in run.lines)


def test_a_plan_is_a_table_and_a_line():
    run = Run(planning=True)
    run.begin()
    run.end()
    assert [line.split()[0] for line in run.lines] == ["rule", "evaluate_surface", "train_mlp", "2"]


def test_a_target_without_jobs_of_its_own_is_nothing_to_do():
    run = Run(jobs=[job(0, "all", norun=True)])
    run.begin()
    run.start(0, after=0)
    run.finish(0, after=0)
    run.end()
    assert run.lines == ["Nothing to be done."]


def test_touching_files_looks_as_usual():
    run = Run(touch=True)
    run.begin()
    run.end()
    assert run.lines == ["Job stats:", "Select jobs to execute..."]


def test_a_run_that_is_refused_before_its_first_job_has_no_bar(run):
    run.tell("Job stats:", LogEvent.RUN_INFO)
    run.end()
    assert run.lines == []


def test_an_error_in_the_console_does_not_end_the_run(run, capsys):
    run.console.workflow.dag = None
    run.begin()
    assert "AttributeError" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("12:00:00 a\n12:00:01 b: wrong\n", ["12:00:01 b: wrong"]),
        (
            "12:00:00 unexpected\nTraceback\n  1\n    f(x)\n     ^^^\n  2\n  3\n\nValueError: no\n",
            ["  1", "    f(x)", "  2", "  3", "ValueError: no"],
        ),
        ("1\n2\n3\n4\n5\n6\n", ["2", "3", "4", "5", "6"]),
        ("", []),
    ],
    ids=["one line", "traceback", "not ours", "empty"],
)
def test_the_end_of_a_log_is_its_last_record(tmp_path, text, end):
    (tmp_path / "x.log").write_text(text)
    assert logs.end_of(str(tmp_path / "x.log"), since=0) == end


def test_stderr_of_jobs_is_kept_aside_and_given_back(capfd):
    stderr = console.Stderr()
    before = stderr.start()
    try:
        subprocess.run("echo one >&2; echo; echo two >&2", shell=True, check=True)
        assert stderr.lines() == ["one", "two"]
        subprocess.run("echo three >&2", shell=True, check=True)
        assert stderr.lines() == ["three"]
        print("above the bar", file=before, flush=True)
    finally:
        stderr.stop()
    before.close()
    subprocess.run("echo four >&2", shell=True, check=True)
    assert capfd.readouterr().err == "above the bar\nfour\n"


def screen(columns):
    """Run two jobs on a terminal; return what it was sent, split where a line starts anew."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
    parts = []

    def read():
        with contextlib.suppress(OSError):  # the other end is closed
            while True:
                parts.append(os.read(master, 4096))

    reader = threading.Thread(target=read)
    reader.start()
    with os.fdopen(slave, "w") as stream:
        run = Run(stream=stream)
        run.begin()
        run.start(1, after=0)
        run.start(2, after=1)
        run.finish(1, after=2)
        run.finish(2, after=4)
        run.end()
    reader.join()
    os.close(master)
    return b"".join(parts).decode().replace("\n", "\r").split("\r")


def test_a_terminal_has_a_bar():
    lines = [line.strip() for line in screen(100)]
    assert "0%|          | 0/2 jobs, 0:00, about 0:04 left: train_mlp" in lines
    assert any("0/2 jobs, 0:01" in line and "train_mlp, evaluate_surface" in line for line in lines)
    assert any("1/2 jobs, 0:02, about 0:03 left: evaluate_surface" in line for line in lines)
    assert not any(line.startswith("[") for line in lines)
    assert [line for line in lines if line][-1].startswith("2 jobs done in ")


def test_a_narrow_terminal_has_a_bar_in_one_line():
    bars = [line for line in screen(40) if "%|" in line]
    assert 36 < max(map(len, bars)) <= 40


def test_without_tqdm_a_terminal_has_lines(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert sum(line.startswith(("[1/2]", "[2/2]")) for line in screen(100)) == 2


def asked(**flags):
    names = ("dryrun", "printshellcmds", "verbose", "debug_dag", "show_failed_logs")
    return Made(**(dict.fromkeys(names, False) | {"quiet": None} | flags))


PLAN = {Quietness.RULES, Quietness.PROGRESS}


@pytest.mark.parametrize(
    ("flags", "main", "name", "taken"),
    [
        ({}, True, "DefaultStreamHandler", True),
        ({"dryrun": True, "quiet": PLAN}, True, "DefaultStreamHandler", True),
        ({"dryrun": True}, True, "DefaultStreamHandler", False),
        ({"dryrun": True, "quiet": {Quietness.ALL}}, True, "DefaultStreamHandler", False),
        ({"quiet": PLAN}, True, "DefaultStreamHandler", False),
        ({"printshellcmds": True}, True, "DefaultStreamHandler", False),
        ({"verbose": True}, True, "DefaultStreamHandler", False),
        ({"show_failed_logs": True}, True, "DefaultStreamHandler", False),
        ({}, False, "DefaultStreamHandler", False),
        ({}, True, "another plugin", False),
    ],
)
def test_only_a_run_of_a_persons_own_gets_the_console(monkeypatch, flags, main, name, taken):
    usual, file = logging.StreamHandler(io.StringIO()), logging.NullHandler()
    usual.name = name
    monkeypatch.setattr(logger, "handlers", [usual, file])
    console.attach(Made(output_settings=asked(**flags), is_main_process=main))
    assert file in logger.handlers
    assert (usual in logger.handlers) is not taken
    assert any(isinstance(handler, Console) for handler in logger.handlers) is taken
