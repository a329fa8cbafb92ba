"""Kill the tiny study at random moments, start it again each time, and compare the end.

Killed are the run alone, the run with all its jobs, and single jobs, by SIGKILL and SIGTERM. The
end must be the very bytes of a run that was left in peace, and every start a plain one. A long run:
``make soak``, or

PYTHONPATH=workflow .venv/bin/python tests/kills.py --count 60 --seed 0
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import psutil
from project import Project

# stages that take seconds, and a state that is kept often
SLOWER = {
    "epochs: 6": "epochs: 600",
    "mining: {steps: 600}": "mining: {steps: 3000, target: 0, restarts: 0}",
    "eigenpairs: 1, probes: 4": "eigenpairs: 4, probes: 200",
    "count: 10": "count: 600",
    "surface: 13": "surface: 61",
}
OFTEN = {"EVERY = 5.0": "EVERY = 0.1", "SHARE = 50": "SHARE = 2"}
UNTIL = 2.0, 16.0  # seconds until a kill
PASSING = ("logs", "benchmarks")
GOES_ON = "going on from there"


def prepared(folder: Path) -> Project:
    """Return a project whose jobs take longer, and keep their state more often."""
    project = Project(folder)
    slow_down(project, SLOWER)
    return project


def slow_down(project: Project, slower: dict[str, str]) -> None:
    """Let the jobs of a project take longer, and keep their state more often."""
    resume = project.folder / "workflow" / "prospect" / "base" / "resume.py"
    for file, edits in ((project.config, slower), (resume, OFTEN)):
        text = file.read_text()
        for old, new in edits.items():
            assert text.count(old) == 1
            text = text.replace(old, new)
        file.write_text(text)


def started(project: Project, cores: int = 2) -> subprocess.Popen:
    """Start the study as its user does, in a process group of its own."""
    command = [sys.executable, "-m", "snakemake", "--cores", str(cores)]
    command += ["--configfile", str(project.config)]
    return subprocess.Popen(
        command, cwd=project.folder, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def jobs_of(run: subprocess.Popen) -> list[psutil.Process]:
    """List the processes of a run that execute a script of the pipeline."""
    try:
        below = psutil.Process(run.pid).children(recursive=True)
        return [process for process in below if "scripts/tmp" in " ".join(process.cmdline())]
    except psutil.Error:
        return []


def kill(run: subprocess.Popen, rng: random.Random) -> str:
    """Kill something of a run; return what."""
    how = rng.choice(["run", "all", "all, SIGTERM", "job"])
    if how == "run":
        os.kill(run.pid, signal.SIGKILL)
    elif how == "job":
        jobs = jobs_of(run)
        if not jobs:
            return ""
        rng.choice(jobs).kill()
    else:
        os.killpg(run.pid, signal.SIGTERM if "TERM" in how else signal.SIGKILL)
    return how


def contents(folder: Path) -> dict[str, bytes]:
    """Return all files of the study by name, but for those that tell times."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] not in PASSING
    }


def went_on(folder: Path) -> int:
    """Count the logs that say that a job went on where it was stopped, and delete them."""
    logs = [log for log in folder.glob("logs/**/*.log") if GOES_ON in log.read_text()]
    for log in logs:
        log.unlink()
    return len(logs)


def ended(run: subprocess.Popen) -> str:
    """Wait for a run; return what it said."""
    try:
        return run.communicate(timeout=600)[1]
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGKILL)
        raise


def soak(project: Project, count: int, seed: int) -> dict[str, int]:
    """Kill the study so many times, then let it end; return what was killed and what went on.

    A study that ends before its time is up is deleted.
    """
    rng, seen, kills = random.Random(seed), Counter[str](), 0
    results = project.folder / "results" / "tiny"
    while True:
        run, limit = started(project), time.monotonic() + rng.uniform(*UNTIL)
        while kills < count and run.poll() is None and time.monotonic() < limit:
            time.sleep(0.02)
        how = kill(run, rng) if kills < count and run.poll() is None else ""
        said = ended(run)
        assert "Traceback" not in said and "--unlock" not in said, said
        seen["jobs that went on"] += went_on(results)
        if how:
            kills += 1
            seen[how] += 1
            continue
        assert run.returncode == 0, said
        if kills == count:
            return dict(seen)
        shutil.rmtree(results)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        whole, killed = prepared(Path(one)), prepared(Path(other))
        ended(started(whole))
        seen = soak(killed, options.count, options.seed)
        expected, found = (
            contents(project.folder / "results" / "tiny") for project in (whole, killed)
        )
    differing = [name for name in expected | found if expected.get(name) != found.get(name)]
    print(f"seed {options.seed}: {seen}; of {len(expected)} files {len(differing)} differ")
    sys.exit("\n".join(differing))


if __name__ == "__main__":
    main()
