"""Two runs at once, and runs that are killed: one clear line, plain starts, the very bytes."""

import os
import signal
import time

from kills import contents, ended, prepared, soak, started, went_on

KILLS, SEED = 2, 0


def test_a_run_is_left_alone_by_a_second_one_and_ends_well_after_kills(tmp_path):
    whole = prepared(tmp_path / "whole")
    ended(started(whole))
    project = prepared(tmp_path / "killed")
    results = project.folder / "results" / "tiny"

    first = started(project)
    while first.poll() is None and not list(results.rglob("*.partial")):
        time.sleep(0.01)
    said = ended(started(project))
    _, line = said.splitlines()  # the first names the profile
    assert line == "Another run is at work on 'tiny'; wait for its end, or stop it."
    while first.poll() is None and not list(results.rglob("*.partial")):
        time.sleep(0.01)
    os.killpg(first.pid, signal.SIGKILL)
    ended(first)
    assert list(results.rglob("*.partial"))

    second = started(project)
    while second.poll() is None and not went_on(results):
        time.sleep(0.01)
    second.kill()  # the run alone
    ended(second)
    print(f"seed {SEED}: {soak(project, KILLS, SEED)}")
    assert not list(results.rglob("*.partial"))
    assert contents(results) == contents(whole.folder / "results" / "tiny")
