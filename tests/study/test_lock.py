"""A study is locked as long as the process lives that holds it, and no other study is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from prospect.base.errors import ProspectError
from prospect.study import lock

HOLD = "from prospect.study import lock; lock.take('tiny'); print('held', flush=True); input()"


@pytest.fixture
def holder(tmp_path, monkeypatch):
    """Another process that holds the study."""
    environment = os.environ | {"PYTHONPATH": str(Path("workflow").absolute())}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lock, "_HELD", [])
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "env": environment}
    with subprocess.Popen([sys.executable, "-c", HOLD], **pipes) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_a_study_is_taken_once(holder):
    with pytest.raises(ProspectError, match=r"^Another run is at work on 'tiny'; wait for its end"):
        lock.take("tiny")
    lock.take("other")


@pytest.mark.parametrize("end", [subprocess.Popen.kill, subprocess.Popen.communicate])
def test_a_lock_ends_with_its_process(holder, end):
    end(holder)
    holder.wait()
    lock.take("tiny")
