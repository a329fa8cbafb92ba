"""Attempts: a job that ended by a user's mistake is not tried again, others are (``retries``)."""

import logging

from snakemake_interface_logger_plugins.common import LogEvent

from prospect.study.logs import tells_of_mistake


def attach(workflow) -> None:
    """Watch the jobs of this run."""
    from snakemake.logging import logger

    if workflow.is_main_process:
        logger.addHandler(Attempts(workflow))


class Attempts(logging.Handler):
    """Takes the attempts that are left from a job whose log says that it ended by a mistake.

    Snakemake reports a job that failed before it looks whether attempts are left.
    """

    def __init__(self, workflow):
        super().__init__()
        self.workflow = workflow
        self.started: dict[int, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Heed the start and the failure of a job."""
        try:
            self._heed(getattr(record, "event", None), vars(record))
        except Exception:
            self.handleError(record)

    def _heed(self, event: LogEvent | None, told: dict) -> None:
        if event is LogEvent.JOB_INFO:
            self.started[told["jobid"]] = told["created"]
        elif event is LogEvent.JOB_ERROR:
            since = self.started.get(told["jobid"], told["created"])
            if any(tells_of_mistake(log, since) for log in told["log"]):
                self._end(told["jobid"])

    def _end(self, number: int) -> None:
        dag = self.workflow.dag
        job = next(job for job in dag.jobs if dag.jobid(job) == number)
        job = dag.get_job_group(job) or job
        job.attempt = job.restart_times + 1
