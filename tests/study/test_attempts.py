"""Which jobs that failed are not tried again: those whose logs tell of a user's mistake."""

import logging
import os
from types import SimpleNamespace

import pytest
from snakemake_interface_logger_plugins.common import LogEvent

from prospect.base import stage
from prospect.base.errors import ProspectError
from prospect.study.attempts import Attempts
from prospect.study.logs import tells_of_mistake

NOW = 1000.0


def record(event, **told):
    made = logging.makeLogRecord({"event": event, **told})
    made.created = NOW
    return made


def failed(log, error):
    """Let a job fail; return how many attempts it has had then, of three."""
    job = SimpleNamespace(rule="train", wildcards={"seed": "0"}, log=[str(log)])
    with pytest.raises((SystemExit, RuntimeError)), stage.running(job):
        raise error
    os.utime(log, (NOW + 1, NOW + 1))
    return attempts(log)


def attempts(log):
    other, tried = (SimpleNamespace(id=i, restart_times=2, attempt=1) for i in range(2))
    dag = SimpleNamespace(
        jobs=[other, tried], jobid=lambda job: job.id, get_job_group=lambda job: None
    )
    handler = Attempts(SimpleNamespace(dag=dag))
    handler.emit(record(LogEvent.JOB_INFO, jobid=1))
    handler.emit(record(LogEvent.JOB_ERROR, jobid=1, log=[str(log)]))
    assert other.attempt == 1
    return tried.attempt


def test_a_mistake_is_the_last_attempt(tmp_path):
    assert failed(tmp_path / "log", ProspectError("no such file")) == 3


def test_all_else_is_tried_again(tmp_path):
    assert failed(tmp_path / "log", RuntimeError("out of memory")) == 1
    assert attempts(tmp_path / "none") == 1  # a job that was killed before it wrote anything


def test_a_mistake_of_an_earlier_run_does_not_count(tmp_path):
    log = tmp_path / "log"
    failed(log, ProspectError("no such file"))
    assert not tells_of_mistake(log, NOW + 2)
