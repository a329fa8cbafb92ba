"""What a person sees of real runs, where the output is no terminal."""

import re

import yaml


def said(done):
    """Return the lines on stderr, without what Snakemake says before it reads the project."""
    return [line for line in done.stderr.splitlines() if not line.startswith("Using workflow")]


def test_a_run_is_a_line_a_job_and_the_usual_output_one_flag_away(fresh):
    plan = fresh.snakemake("checkpoints", "--cores", "1", "--dry-run", "--quiet")
    table = [line.split()[:2] for line in plan.stdout.splitlines()]
    assert table == [["rule", "jobs"], ["train_mlp", "1"], ["1", "job,"]]
    assert fresh.results() == {}

    first = said(fresh.snakemake("--cores", "1", "checkpoints"))
    assert len(first) == 3
    assert re.fullmatch(r"1 job, about .+ on 1 core \(.+\)", first[0])
    assert re.fullmatch(r"\[1/1\] 0:\d\d  train_mlp seed0  \d+(\.\d)? s", first[1])
    assert re.fullmatch(r"1 job done in 0:\d\d\.", first[2])
    assert fresh.results().keys()

    again = said(fresh.snakemake("--cores", "1", "checkpoints"))
    assert again == ["Nothing to be done (all requested files are present and up to date)."]

    usual = fresh.snakemake("checkpoints", "--cores", "1", "-p", "--forcerun", "train_mlp")
    assert "rule train_mlp:\n    input: workflow/prospect/" in usual.stderr
    assert "2 of 2 steps (100%) done" in usual.stderr


def test_on_this_machine_jobs_are_looked_for_only_when_one_has_ended(fresh):
    config = yaml.safe_load(fresh.config.read_text())
    fresh.config.write_text(yaml.safe_dump(config | {"seeds": [0, 1]}))
    done = fresh.snakemake("--cores", "1", "--verbose", "checkpoints")
    ready = re.findall(r"Ready jobs: (\d+)", done.stderr)
    assert ready == ["2", "1", "1"]  # the last is the target


def test_a_mistake_is_its_job_the_end_of_its_log_and_no_more_and_is_not_tried_again(fresh):
    config = yaml.safe_load(fresh.config.read_text())
    config["training"] = {"epochs": 1, "optimizer": {"lr": 1e6}}
    fresh.config.write_text(yaml.safe_dump(config))
    lines = said(fresh.snakemake("--cores", "1", "--retries", "2", "checkpoints"))
    log = "results/tiny/logs/train_network/mlp-seed0.log"
    lines = [line for line in lines if "%|" not in line]  # progress of a slow job
    assert len(lines) == 4
    assert re.fullmatch(rf"train_mlp seed0 failed after .+ s; the end of {log}:", lines[1])
    assert "training: the loss is nan after epoch 1; lower training.optimizer.lr" in lines[2]
    assert lines[3].startswith("Failed after 0:")
