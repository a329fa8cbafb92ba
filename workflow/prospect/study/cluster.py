"""SLURM: what a run asks of it before its first job, and what it says, in a person's words.

Snakemake's plugin submits the jobs and asks after them. It leaves two things to a person: a request
that the cluster refuses fails job by job, and what a run that was killed left in the queue goes on
beside the next run's jobs. And jobs that go together begin again together: what those that had
ended kept for that (`base/resume.py`) is deleted here, when a run ends.
"""

import re
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from prospect.base import stage
from prospect.base.errors import ProspectError, hint

PROFILE = "profiles/slurm/profile.yaml"
ACTIVE = "PENDING,CONFIGURING,RUNNING,SUSPENDED,COMPLETING"  # states of jobs that have not ended
MANY = re.MULTILINE | re.DOTALL
PATIENCE = 120.0  # seconds until cancelled jobs must have ended

# what SLURM did with a job, by its state
ENDS = {
    "TIMEOUT": "reached its time limit",
    "OUT_OF_MEMORY": "took more memory than it had asked for",
    "NODE_FAIL": "lost its node",
    "BOOT_FAIL": "got a node that does not start",
    "CANCELLED": "was cancelled",
    "DEADLINE": "could not end before its deadline",
}


def prepare(workflow) -> None:
    """End what earlier runs left in SLURM, and check that it takes the jobs of this one.

    Does nothing where jobs do not go to SLURM. Raises ProspectError where it is not there, or
    refuses a job.
    """
    if workflow.executor_plugin.name != "slurm":
        return
    dag = workflow.dag
    ours = (dag.get_job_group(job) or job for job in dag.needrun_jobs() if not job.is_local)
    jobs = sorted(set(ours), key=_comment)
    _cancel_earlier(jobs)
    if workflow.executor_settings.partition_config:
        return  # which partition a job goes to is the plugin's to say
    requests: dict[str, Any] = {}
    for job in jobs:
        requests.setdefault(_request(job, workflow.executor_settings), job)
    for request, job in requests.items():
        done = subprocess.run(request, shell=True, capture_output=True, text=True)
        if done.returncode:
            name = f"the group {job.groupid}" if job.is_group() else job.rule.name
            raise ProspectError(refusal(done.stderr, name, job.resources))


def release(workflow) -> None:
    """Delete the outputs that jobs have kept twice, where they are known to have ended."""
    dag = workflow.dag
    for job in dag.jobs:
        if job.output and dag.noneedrun_finished(job):
            outputs = stage.OUTPUTS.format(output=job.output[0])
            Path(stage.PARTIAL.format(output=outputs)).unlink(missing_ok=True)


def reason(said: str | None) -> str:
    """Say how a job ended, after "it", by what the plugin says; empty where that says nothing.

    >>> reason("SLURM-job '7' failed, SLURM status is: 'TIMEOUT'. Reason: Unknown.")
    'reached its time limit'
    """
    if state := re.search(r"SLURM status is: '(\w+)'", said or ""):
        return ENDS.get(state[1], "")
    if refused := re.search(r"sbatch failed. The error message was '(.*?)'\.$", said or "", MANY):
        return f"is refused by SLURM: {_last(refused[1])}"
    return ""


def reason_of(logs: Iterable[str]) -> str:
    """Say the same of jobs that were one in SLURM, of which the plugin says nothing.

    SLURM is asked, by the name of its own log; empty where it has forgotten the job.
    """
    for log in logs:
        with suppress(ProspectError):
            asked = ("--noheader", "--states=all", f"--jobs={Path(log).stem}", "--format=%T")
            return ENDS.get(_ask("squeue", *asked).strip(), "")
    return ""


def refusal(said: str, name: str, resources) -> str:
    """Say which line of the profile is to be changed where SLURM refuses a job.

    Parameters
    ----------
    said
        What ``sbatch`` has said.
    name
        Of the job.
    resources
        What the job asks for, by name.
    """
    partition, account = resources.get("slurm_partition"), resources.get("slurm_account")
    where = f"of partition '{partition}'" if partition else "of the default partition"
    words = {
        "nvalid partition": (
            f"slurm_partition: '{partition}' is no partition of this cluster; "
            f"{hint(str(partition), _partitions())}"
        ),
        "nvalid account": (
            f"slurm_account: {account or 'none'} is refused; "
            "`sacctmgr show associations user=$USER` lists yours"
        ),
        "nvalid feature": (
            f"constraint: no node {where} has '{resources.get('constraint')}'; "
            '`sinfo -o "%f %N"` lists what there is'
        ),
        "nvalid qos": f"slurm-qos: it is refused; {_last(said)}",
        "gres": (
            f"slurm_partition: no node {where} has a GPU, which {name} asks for; name one that "
            "has, or say `device: cpu` in the study"
        ),
        "ime limit": (
            f"slurm_partition: {name} asks for {resources.get('runtime')} minutes, more than "
            "the partition allows; name one that does (`sinfo -o '%P %l'`)"
        ),
        "not available": (
            f"slurm_partition: no node {where} has what {name} asks for, {_asked(resources)}; "
            f"the largest has {_largest(partition)}"
        ),
    }
    for part, line in words.items():
        if part in said:
            return f"{PROFILE}: {line}"
    return f"SLURM refuses {name}, which asks for {_asked(resources)}: {_last(said)}"


def _ask(*command: str) -> str:
    """Return what a command of SLURM says; raises ProspectError where there is no SLURM."""
    mend = (
        f"run on a login node of the cluster, or without --workflow-profile {Path(PROFILE).parent}"
    )
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError as error:
        message = f"There is no SLURM on this machine: '{command[0]}' is not found; {mend}"
        raise ProspectError(message) from error
    if done.returncode:
        raise ProspectError(f"SLURM does not answer ({_last(done.stderr)}); {mend}")
    return done.stdout


def _last(said: str) -> str:
    """Return the last line of what SLURM says, without the name of the command."""
    lines = said.strip().splitlines()
    return re.sub(r"^\w+: (error: )?", "", lines[-1]) if lines else "it says nothing"


# --- what earlier runs left ----------------------------------------------------------------------


def _cancel_earlier(jobs: Iterable) -> None:
    """Cancel the jobs of runs that are no more which do what these are to do, and wait for that."""
    from snakemake.logging import logger

    comments, deadline, told = {_comment(job) for job in jobs}, time.monotonic() + PATIENCE, False
    while there := _active(comments):
        if not told:
            count = f"{len(there)} job" + "s" * (len(there) > 1)
            logger.info(f"Cancelling {count} that an earlier run left in SLURM.")
            told = True
        if time.monotonic() > deadline:
            raise ProspectError(
                f"Jobs of an earlier run do not end; cancel them: scancel {' '.join(there)}"
            )
        _ask("scancel", *there)
        time.sleep(1.0)


def _active(comments: set[str]) -> list[str]:
    """List the numbers of my jobs of this folder that have one of the comments."""
    listed = _ask("squeue", "--me", "--noheader", f"--states={ACTIVE}", "--format=%i|%k|%Z")
    rows = [line.split("|") for line in listed.splitlines()]
    groups = tuple(comment for comment in comments if comment.endswith("_"))
    return [
        number
        for number, comment, folder in rows
        if _is_here(folder) and (comment in comments or comment.startswith(groups))
    ]


def _is_here(folder: str) -> bool:
    return Path(folder).resolve() == Path.cwd()


def _comment(job) -> str:
    """Return what the plugin notes of a job in SLURM: its rule and its wildcards.

    Of several that go together the beginning alone, their group: which of them do may change.
    """
    from snakemake_executor_plugin_slurm.utils import get_job_wildcards

    if job.is_group():
        return f"rule_{job.groupid}_"
    names = get_job_wildcards(job)
    return f"rule_{job.rule.name}" + f"_wildcards_{names}" * bool(names)


# --- what is asked for ---------------------------------------------------------------------------


def _request(job, settings) -> str:
    """Return a command that asks whether SLURM would take a job, as the plugin would submit it."""
    from snakemake_executor_plugin_slurm.submit_string import get_submit_command
    from snakemake_executor_plugin_slurm.utils import set_gres_string

    partition, account = (job.resources.get(f"slurm_{name}") for name in ("partition", "account"))
    params = {
        "run_uuid": "asked",
        "slurm_logfile": "/dev/null",
        "comment_str": "asked",
        "account": f"-A {account}" if account else "",
        "partition": f"-p {partition}" if partition else "",
        "workdir": None,
    }
    command = get_submit_command(job, params, settings=settings) + set_gres_string(job)
    return command.replace("sbatch", "sbatch --test-only", 1) + " --wrap true"


def _asked(resources) -> str:
    gpus = resources.get("gpu") or 0
    asked = f"{resources.get('mem_mb')} MB, {resources.get('_cores')} CPU" + f", {gpus} GPU" * gpus
    return asked


def _largest(partition: str | None) -> str:
    """Say how much memory and how many CPUs the nodes of a partition have at most."""
    rows = _ask("sinfo", "--noheader", *(["-p", partition] if partition else []), "-o", "%m %c")
    sizes = [
        [int(re.sub(r"\D", "", number)) for number in row.split()] for row in rows.splitlines()
    ]
    return "{} MB, {} CPU".format(*map(max, zip(*sizes, strict=True))) if sizes else "nothing"


def _partitions() -> list[str]:
    return _ask("sinfo", "--noheader", "-o", "%R").split()
