"""Whether a process lives: not once it is killed, be it waited for or not."""

import json
import os
import subprocess
import sys
import time

import pytest

from prospect.base import processes, stage


@pytest.fixture
def process():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def there(process):
    return processes.this_process() | {"process": process.pid}


def test_a_process_lives_until_it_is_killed(process):
    lives = processes.living(there(process))
    assert lives() and processes.living(processes.this_process())()
    process.kill()
    while lives():  # a zombie by now: nobody has waited for it
        time.sleep(0.01)
    process.wait()
    assert not lives() and not processes.living(there(process))()


def test_one_of_another_machine_lives_as_far_as_is_known():
    assert processes.living({"host": "elsewhere", "process": 2**22 + 1})()


def test_a_job_ends_with_the_run_that_it_belongs_to(process):
    code = "import time; from prospect.base import stage; stage._end_with_the_run(); time.sleep(60)"
    environment = os.environ | {"PYTHONPATH": "workflow", stage.RUN: json.dumps(there(process))}
    with subprocess.Popen([sys.executable, "-c", code], env=environment) as job:
        with pytest.raises(subprocess.TimeoutExpired):
            job.wait(3)
        process.kill()
        assert job.wait(30) == 1
