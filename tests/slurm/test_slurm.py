"""The tiny study in a real SLURM cluster: the same bytes, whatever happens to jobs and nodes."""

import re
import signal
from collections import Counter

import pytest
import yaml
from kills import GOES_ON, contents, ended, slow_down, went_on
from project import Project

SLOWER = {
    "epochs: 6": "epochs: 3000",
    "mining: {steps: 600}": "mining: {steps: 4000, target: 0, restarts: 0}",
    "eigenpairs: 1, probes: 4": "eigenpairs: 4, probes: 400",
}


def test_the_tiny_study_has_the_bytes_of_a_local_run_and_all_its_jobs_were_in_slurm(
    on_slurm, finished, cluster
):
    before = cluster.jobs().keys()
    jobs = on_slurm.planned()
    run = on_slurm.start()
    said = ended(run)
    assert run.returncode == 0, said
    folders = [project.folder / "results" / "tiny" for project in (on_slurm, finished)]
    assert contents(folders[0]) == contents(folders[1])

    seen = {number: job for number, job in cluster.jobs().items() if number not in before}
    assert {state for state, *_ in seen.values()} == {"COMPLETED"}
    assert {node for _, node, _ in seen.values()} == set(cluster.nodes)
    most, *others = sorted(rule for *_, rule in seen.values())
    assert most.startswith("mlp-seed0_analyse_hessian_evaluate_curves_")
    assert others == ["mlp-seed0_evaluate_population", "train_mlp"]

    # tables, figures and the page are made right here
    light = re.compile("all|make_page|(draw|join|judge|name|list)_.*")
    wanted = sum(count for rule, count in jobs.items() if not light.fullmatch(rule))
    logs = [log.read_text() for log in (folders[0] / "logs").rglob("*.log")]
    nodes = [node for log in logs for node in re.findall(r"computing on (\w+): .", log)]
    assert len(nodes) == wanted and set(nodes) == set(cluster.nodes)


SHARED = {"surfaces": "bowl", "populations": "gaussian"}
SOLUTIONS = {"sets": 4, "count": 4, "forks": [0], "branches": 4, "draws": 10}


def test_shards_in_slurm_are_gathered_into_the_bytes_of_one_local_job(
    on_slurm, finished, cluster, tmp_path
):
    tables = [f"results/tiny/mlp/{name}.csv" for name in ("solutions", "hierarchy", "distances")]
    whole, before = Project(tmp_path / "whole"), cluster.jobs().keys()
    config = yaml.safe_load(whole.config.read_text()) | {"solutions": SOLUTIONS}
    whole.config.write_text(yaml.safe_dump(config))
    whole.run("--cores", "2", *tables)

    config["solutions"] = SOLUTIONS | {"shards": 4}
    for kind, name in SHARED.items():
        config[kind][name]["shards"] = 4
    on_slurm.config.write_text(yaml.safe_dump(config))
    grids = [f"{MODEL}/{kind}/{name}.h5" for kind, name in SHARED.items()]
    run = on_slurm.start(*grids, *tables)
    said = ended(run)
    assert run.returncode == 0, said
    seen = Counter(rule for number, (*_, rule) in cluster.jobs().items() if number not in before)
    shards = {rule: count for rule, count in seen.items() if rule.endswith("_shard")}
    measured = ("evaluate_surface", "evaluate_population", "measure_solutions")
    assert shards == {f"{rule}_shard": 4 for rule in measured}
    for file, project in [(file, finished) for file in grids] + [(file, whole) for file in tables]:
        assert (on_slurm.folder / file).read_bytes() == (project.folder / file).read_bytes()


MODEL = "results/tiny/mlp/seed0"
STATES = {
    "train_mlp": f"{MODEL}/history.csv.partial",
    "analyse_hessian": f"{MODEL}/hessian/init.h5.partial",
    "mine_pattern": f"{MODEL}/directions/init/w-peak.h5.partial",
}
ENDS = {
    "TIMEOUT": "reached its time limit",
    "NODE_FAIL": "lost its node",
    "CANCELLED": "was cancelled",
}


def end_jobs(on_slurm, run, cluster):
    """End a job of every rule in the middle, each in another way; return their numbers."""
    on_slurm.wait_for_state(run, STATES["train_mlp"], GOES_ON)
    over_time = cluster.running("train_mlp")
    cluster.ask("scontrol", "update", f"JobId={over_time}", "EndTime=now")
    on_slurm.wait_for_state(run, STATES["analyse_hessian"])
    lost = cluster.running("analyse_hessian")
    _, node, _ = cluster.jobs()[lost]
    cluster.break_node(node)
    on_slurm.wait_for_state(run, STATES["mine_pattern"])
    cancelled = cluster.running("mine_pattern")
    cluster.ask("scancel", str(cancelled))
    cluster.mend_node(node)
    return over_time, lost, cancelled


@pytest.mark.soak
def test_jobs_that_are_ended_in_the_middle_go_on_where_they_were(on_slurm, cluster, tmp_path):
    targets = [f"{MODEL}/surfaces/bowl.h5", STATES["mine_pattern"].removesuffix(".partial")]
    whole = Project(tmp_path / "whole")
    for project in (whole, on_slurm):
        slow_down(project, SLOWER)
    whole.run("--cores", "2", *targets)

    first = on_slurm.start(*targets)
    on_slurm.wait_for_state(first, STATES["train_mlp"])
    first.kill()  # the run alone: its job goes on
    ended(first)
    left = cluster.running("train_mlp")

    run = on_slurm.start(*targets)
    numbers = end_jobs(on_slurm, run, cluster)
    said = ended(run)
    assert run.returncode == 0, said
    assert "Cancelling 1 job that an earlier run left in SLURM." in said
    states = [cluster.jobs()[number][0] for number in (left, *numbers)]
    assert states == ["CANCELLED", *ENDS]
    for how in ENDS.values():
        assert f" s: it {how}; the end of results/tiny/logs/" in said
    folders = [project.folder / "results" / "tiny" for project in (on_slurm, whole)]
    assert contents(folders[0]) == contents(folders[1])
    assert went_on(folders[0]) == len(STATES)


def logs_that_say(folder, said):
    """Return the logs of a study's jobs that say something, by their paths."""
    logs = {path: path.read_text() for path in (folder / "logs").rglob("*.log")}
    return {path: text for path, text in logs.items() if said in text}


@pytest.mark.soak
def test_what_had_ended_among_jobs_that_go_together_is_not_computed_again(
    on_slurm, finished, cluster
):
    folders = [project.folder / "results" / "tiny" for project in (on_slurm, finished)]
    run = on_slurm.start()
    on_slurm.wait_for_outputs(run, besides="populations")
    number = cluster.running("analyse_hessian")
    cluster.ask("scancel", str(number))
    ended_then = logs_that_say(folders[0], " done\n")
    said = ended(run)
    assert run.returncode == 0, said
    assert cluster.jobs()[number][0] == "CANCELLED"

    again = logs_that_say(folders[0], "it had ended before")
    assert again
    for path, text in ended_then.items():
        assert text.removesuffix(" done\n")[: -len("00:00:00")] in path.read_text()
    assert {text.count("computing on ") for text in again.values()} == {1}
    assert contents(folders[0]) == contents(folders[1])  # nor is anything left of what was kept


@pytest.mark.soak
def test_jobs_go_on_without_a_run_that_is_killed_and_not_without_one_that_is_stopped(
    on_slurm, cluster
):
    before = cluster.jobs().keys()
    run = on_slurm.start("checkpoints")
    cluster.wait_for("train_mlp", "RUNNING")
    run.kill()
    ended(run)
    cluster.wait_for("train_mlp", "COMPLETED")
    assert on_slurm.planned("checkpoints") == {}

    slow_down(on_slurm, SLOWER)
    run = on_slurm.start("checkpoints")
    on_slurm.wait_for_state(run, STATES["train_mlp"])
    run.send_signal(signal.SIGINT)
    ended(run)
    cluster.wait_for("train_mlp", "CANCELLED")
    assert len(cluster.jobs().keys() - before) == 2


PROFILE = "profiles/slurm/profile.yaml: "
REFUSED = {
    "partition": (
        {"slurm_partition: cpu": "slurm_partition: wrok"},
        "slurm_partition: 'wrok' is no partition of this cluster; did you mean 'work'?",
    ),
    "account": (
        {
            "slurm_partition: cpu": "slurm_partition: closed",
            "slurm_account: project-0815": "slurm_account: chemistry",
        },
        "slurm_account: chemistry is refused; `sacctmgr show associations user=$USER` lists yours",
    ),
    "feature": (
        {"constraint: genoa": "constraint: genoa"},
        "constraint: no node of the default partition has 'genoa'; `sinfo -o \"%f %N\"` lists what "
        "there is",
    ),
    "memory": (
        {"retries: 2": "set-resources: {train_mlp: {mem_mb: 20000}}"},
        "slurm_partition: no node of the default partition has what train_mlp asks for, 20000 MB, "
        "1 CPU; the largest has 16000 MB, 1 CPU",
    ),
    "time": (
        {"retries: 2": "set-resources: {train_mlp: {runtime: 601}}"},
        "slurm_partition: train_mlp asks for 601 minutes, more than the partition allows; name one "
        "that does (`sinfo -o '%P %l'`)",
    ),
}


@pytest.mark.parametrize(("edits", "line"), REFUSED.values(), ids=REFUSED)
def test_what_slurm_refuses_is_one_line_and_nothing_runs(on_slurm, cluster, edits, line):
    before = cluster.jobs()
    on_slurm.edit(edits)
    run = on_slurm.start()
    _, *said = ended(run).splitlines()  # the first names the profile
    assert run.returncode != 0
    assert said == [PROFILE + line]
    assert cluster.jobs() == before


def test_a_gpu_where_no_node_has_one_is_one_line(on_slurm, cluster):
    on_slurm.config.write_text(on_slurm.config.read_text() + "device: cuda\n")
    *_, last = ended(on_slurm.start()).splitlines()
    assert last == (
        f"{PROFILE}slurm_partition: no node of the default partition has a GPU, which "
        "the group mlp-seed0 asks for; name one that has, or say `device: cpu` in the study"
    )


def test_a_mistake_in_jobs_that_go_together_is_one_line_of_the_one_that_made_it(on_slurm, cluster):
    before = cluster.jobs().keys()
    text = on_slurm.config.read_text()
    on_slurm.config.write_text(text.replace("{steps: 600}", "{steps: 30, rate: 1.0e+30}"))
    run = on_slurm.start("grids")
    said = ended(run)
    assert run.returncode != 0
    assert said.count("mining of w-peak: the loss is not finite") == said.count(" failed ") == 1
    assert "mine_pattern mlp seed0 init w-peak failed after " in said
    assert len(cluster.jobs().keys() - before) == 3  # the training, the population, all else


def test_a_mistake_in_a_job_is_one_line_and_is_not_tried_again(on_slurm, cluster):
    before = cluster.jobs().keys()
    text = on_slurm.config.read_text()
    on_slurm.config.write_text(text.replace("epochs: 6,", "epochs: 6, optimizer: {lr: 1.0e+6},"))
    run = on_slurm.start("checkpoints")
    said = ended(run)
    assert run.returncode != 0
    assert said.count("training: the loss is nan") == said.count("train_mlp seed0 failed") == 1
    assert len(cluster.jobs().keys() - before) == 1
