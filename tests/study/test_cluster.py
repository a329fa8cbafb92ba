"""What is asked of SLURM before a run, where it is not there or does not answer."""

from types import SimpleNamespace

import pytest

from prospect.base.errors import ProspectError
from prospect.study import cluster

MEND = "run on a login node of the cluster, or without --workflow-profile profiles/slurm$"


def workflow(executor="slurm"):
    dag = SimpleNamespace(needrun_jobs=list)
    plugin = SimpleNamespace(name=executor)
    settings = SimpleNamespace(partition_config=None)
    return SimpleNamespace(executor_plugin=plugin, executor_settings=settings, dag=dag)


def test_no_slurm_is_one_line(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    cluster.prepare(workflow("local"))
    with pytest.raises(
        ProspectError, match=f"^There is no SLURM on this machine: 'squeue' is not found; {MEND}"
    ):
        cluster.prepare(workflow())


def test_a_slurm_that_does_not_answer_is_one_line(monkeypatch, tmp_path):
    command = tmp_path / "squeue"
    command.write_text("#!/bin/sh\necho squeue: error: Nobody is there >&2; exit 1")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    with pytest.raises(ProspectError, match=rf"^SLURM does not answer \(Nobody is there\); {MEND}"):
        cluster.prepare(workflow())


def test_kept_outputs_are_deleted_of_jobs_that_have_ended_and_of_no_other(tmp_path):
    ended, _, target = jobs = [
        SimpleNamespace(output=[tmp_path / name for name in names])
        for names in (("a.h5", "b.h5"), ("c.h5",), ())
    ]
    for name in ("a.h5", "a.h5.outputs.partial", "b.h5.partial", "c.h5.outputs.partial"):
        (tmp_path / name).touch()
    dag = SimpleNamespace(jobs=jobs, noneedrun_finished=[ended, target].__contains__)
    cluster.release(SimpleNamespace(dag=dag))
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["a.h5", "b.h5.partial", "c.h5.outputs.partial"]


def test_a_request_that_is_refused_later_says_why():
    said = (
        "SLURM sbatch failed. The error message was 'sbatch: error: Memory specification\n"
        "sbatch: error: Batch job submission failed: Requested nodes'.\n    sbatch call"
    )
    assert cluster.reason(said).startswith("is refused by SLURM: Batch job submission failed")
    assert cluster.reason(None) == cluster.reason("SLURM status is: 'FAILED'") == ""
