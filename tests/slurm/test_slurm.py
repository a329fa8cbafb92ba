"""The tiny study in a real SLURM cluster: the same bytes, whatever happens to jobs and nodes."""

import re
from collections import Counter

from kills import contents, ended

STATE = re.compile(r"(\d+)/\d+ \[")  # of a line of progress


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
    light = re.compile("all|(draw|join|judge|name|list)_.*")  # tables and figures: made right here
    wanted = {rule: count for rule, count in jobs.items() if not light.fullmatch(rule)}
    assert Counter(rule for *_, rule in seen.values()) == wanted

    logs = (folders[0] / "logs").rglob("*.log")
    nodes = {node for log in logs for node in re.findall(r"computing on (\w+): .", log.read_text())}
    assert nodes == set(cluster.nodes)
