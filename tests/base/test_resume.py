"""Progress that is kept: what comes back, when it is written, and when it is not used."""

import logging
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import prospect
from prospect.base import files, resume, seals, stage
from prospect.base.resume import Partial, resuming


def test_a_state_comes_back_as_it_was(tmp_path):
    whole = torch.arange(1000.0)
    state = {
        "tensors": {3: whole[:2], "b": torch.ones(2, dtype=torch.float64)},
        "array": np.arange(3), "number": np.float64(0.1), "tuple": (1, None, True, "a"),
    }  # fmt: skip
    partial = Partial(tmp_path / "g.h5", {"a": 1})
    assert partial.load() is None
    partial.keep(state)
    found = Partial(tmp_path / "g.h5", {"a": 1}).load()
    assert torch.equal(found["tensors"][3], whole[:2])
    assert found["tensors"]["b"].dtype == torch.float64
    assert found["array"].tolist() == [0, 1, 2]
    assert (found["number"], found["tuple"]) == (0.1, [1, None, True, "a"])
    assert partial.path.stat().st_size < 4000  # not all that a view is a part of
    partial.done()
    partial.done()
    assert list(tmp_path.iterdir()) == []


def test_progress_that_is_not_used_is_logged_with_the_reason(tmp_path, caplog):
    caplog.set_level(logging.INFO, "prospect")
    partial = Partial(tmp_path / "g.h5", {"a": 1})
    partial.keep({"x": 1})
    assert partial.load() == {"x": 1}
    assert Partial(tmp_path / "g.h5", {"a": 2}).load() is None
    partial.path.write_bytes(partial.path.read_bytes()[:-1])
    assert partial.load() is None
    assert [message.rpartition("g.h5.partial: ")[2] for message in caplog.messages] == [
        "going on from there",
        "progress is not used, it is of other parameters, inputs or code",
        "progress is not used, not a readable progress file (damaged, or not the one that was "
        "written under this name)",
    ]


def test_keeping_takes_a_fiftieth_of_the_time_at_most(tmp_path, monkeypatch):
    """A clock that keeping a state moves on by two seconds, and work by one a step."""
    clock, kept = [0.0], []
    monkeypatch.setattr(resume.time, "monotonic", lambda: clock[0])
    partial = Partial(tmp_path / "g.h5", {})

    def keep(state):
        clock[0] += 2
        kept.append(clock[0])

    monkeypatch.setattr(partial, "keep", keep)
    for _ in range(1000):
        clock[0] += 1
        partial.save(dict)
    assert 2 * len(kept) <= clock[0] / 50 + 2
    assert kept[0] == resume.EVERY + 2
    assert np.diff(kept).max() <= 2 * 50 + 3  # and no rarer than that


def job(tmp_path, **other):
    (tmp_path / "code.py").write_text(other.pop("code", "1"))
    (tmp_path / "in.csv").write_text(other.pop("content", "a"))
    inputs = type("Input", (list,), {"code": [str(tmp_path / "code.py")]})
    names = {"network": "mlp", "seed": "0"} | other.pop("names", {})
    return SimpleNamespace(
        rule="mine",
        wildcards=names,
        params=SimpleNamespace(stage={"steps": 1} | other),
        input=inputs([str(tmp_path / "in.csv"), str(tmp_path / "code.py")]),
        output=[str(tmp_path / name) for name in ("g.h5", "h.csv")],
        log=[str(tmp_path / "job.log")],
    )


OTHERS = [{"code": "2"}, {"content": "b"}, {"names": {"seed": "1"}}, {"steps": 2}]


@pytest.mark.parametrize("other", OTHERS, ids=["code", "inputs", "names", "parameters"])
def test_what_a_job_kept_is_used_by_the_same_job_alone(tmp_path, other):
    output = str(tmp_path / "g.h5")
    with pytest.raises(KeyboardInterrupt), resuming(job(tmp_path)) as partial:
        partial(output).keep({"x": 1})
        raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt), resuming(job(tmp_path, **other)) as partial:
        assert partial(output).load() is None
        raise KeyboardInterrupt
    with resuming(job(tmp_path)) as partial:
        assert partial(output).load() == {"x": 1}
    assert not list(tmp_path.glob("*.partial"))


CONTENTS = f"{seals.BLANK}\0\n".encode(), b""


def compute(job, contents=CONTENTS):
    """Run a job as its script does, which writes some files; say whether it computed them."""
    computed = False
    with stage.running(job), resuming(job) as partial:
        partial(job.output[-1]).keep({"x": 1})
        for output, content in zip(job.output, contents, strict=True):
            files.write(output, content)
        stage.log.info("computing on node1")
        computed = True
    return computed


def outputs_of(job):
    """Return the bytes of a job's outputs and delete them, as Snakemake does with a group's."""
    paths = [Path(output) for output in job.output]
    found = [path.read_bytes() for path in paths]
    for path in paths:
        path.unlink()
    return found


def states(tmp_path):
    return sorted(path.name for path in tmp_path.glob("*.partial"))


@pytest.fixture
def together(monkeypatch):
    monkeypatch.setenv(stage.TOGETHER, "yes")


def test_a_job_that_ended_among_others_is_not_computed_again(tmp_path, together):
    """Neither if it was stopped before it had deleted its own states."""
    mine = job(tmp_path)
    assert compute(mine)
    first, log = outputs_of(mine), Path(mine.log[0]).read_text()
    (tmp_path / "h.csv.partial").touch()
    assert not compute(mine)
    seals.check(mine.output[0], "HDF5")
    assert outputs_of(mine) == first
    assert states(tmp_path) == ["g.h5.outputs.partial"]  # until the run is over
    again = Path(mine.log[0]).read_text()
    assert log.removesuffix("done\n").rpartition("\n")[0] in again
    assert again.endswith(" done\n") and again.count("computing on") == 1
    assert not compute(mine) and outputs_of(mine) == first


def test_a_job_that_goes_on_alone_takes_over_what_it_kept_among_others(tmp_path, monkeypatch):
    mine = job(tmp_path)
    with monkeypatch.context() as among_others:
        among_others.setenv(stage.TOGETHER, "yes")
        assert compute(mine)
    first = outputs_of(mine)
    assert not compute(mine) and states(tmp_path) == []
    assert outputs_of(mine) == first
    assert compute(mine) and states(tmp_path) == []


@pytest.mark.parametrize("other", OTHERS, ids=["code", "inputs", "names", "parameters"])
def test_outputs_of_another_job_are_not_taken_over(tmp_path, together, other):
    assert compute(job(tmp_path))
    assert compute(job(tmp_path, **other))
    assert not compute(job(tmp_path, **other))
    assert compute(job(tmp_path))


def test_fewer_outputs_than_are_wanted_are_not_taken_over(tmp_path, together):
    mine = job(tmp_path)
    mine.output.pop()
    assert compute(mine, CONTENTS[:1])
    assert compute(job(tmp_path))


def test_outputs_that_were_cut_off_are_not_taken_over(tmp_path, together, monkeypatch):
    mine, kept = job(tmp_path), tmp_path / "g.h5.outputs.partial"
    compute(mine)
    content = kept.read_bytes()
    kept.write_bytes(content[:-1])
    assert compute(mine)
    assert kept.read_bytes() != content[:-1]


def test_all_jobs_that_may_go_together_are_ones_that_keep_their_outputs():
    workflow = Path(prospect.__file__).parents[1]
    rules = workflow.rglob("*.smk")
    parts = [part for path in rules for part in path.read_text().split("script:\n")]
    scripts = {
        code
        for part in parts
        if "together(of_job(" in part
        for code in re.findall(r'code=code\("(\w+)"', part)
    }
    assert len(scripts) > 5
    for script in scripts:
        (file,) = workflow.rglob(f"scripts/{script}.py")
        assert "with stage.running(snakemake), resuming(snakemake)" in file.read_text()


def test_a_job_that_fails_keeps_no_outputs(tmp_path, together):
    mine = job(tmp_path)
    with pytest.raises(ZeroDivisionError), resuming(mine) as partial:
        files.write(mine.output[0], b"")
        partial(mine.output[0]).keep({"x": 1})
        raise ZeroDivisionError
    assert states(tmp_path) == ["g.h5.partial"]
