"""What all rules share: the checked study, its systems, wildcards, and small helpers."""

import json
import os
import re
import sys
from functools import cache, partial
from inspect import signature
from pathlib import Path
from shutil import which

ROOT = Path(workflow.basedir)
LIBRARY = ROOT / "workflow"

# scripts import the library from here, and a user's own modules from the project's root
sys.path[:0] = [str(LIBRARY), str(ROOT)]
ours = [str(LIBRARY), str(ROOT), os.getenv("PYTHONPATH")]
os.environ.update(PYTHONPATH=os.pathsep.join(filter(None, ours)))
# keep freed memory: giving the activations of a forward pass back to the system and getting them
# again costs a residual net a fifth of its time (glibc; others ignore it, no result changes)
os.environ.update(
    MALLOC_TRIM_THRESHOLD_="1000000000",
    MALLOC_MMAP_THRESHOLD_="1000000000",
    MALLOC_TOP_PAD_="100000000",
)

from prospect.base import files, processes, stage
from prospect.base.errors import one_line
from prospect.study import code as imports
from prospect.study import attempts, cluster, console, lock
from prospect.study import paths, read, sizes, stages, systems, trajectories

with one_line():
    STUDY = read.study(workflow.config_settings.configfiles, config, ROOT)
    SYSTEMS = systems.wanted(STUDY)
    if not workflow.output_settings.dryrun:
        files.check_folder(paths.STUDY.format(study=STUDY.name))

console.attach(workflow)
attempts.attach(workflow)

if workflow.is_main_process:
    os.environ[stage.RUN] = json.dumps(processes.this_process())
elif workflow.remote_exec:
    os.environ.pop(stage.RUN, None)  # of another machine
    if "--local-groupid" in sys.argv:  # of jobs that are one job in SLURM
        os.environ[stage.TOGETHER] = "yes"
    # they have one core, however many a node lets them see
    workflow.global_resources["_cores"] = 1


onstart:
    with one_line():
        lock.take(STUDY.name)
        cluster.prepare(workflow)
    if workflow.executor_plugin.name == "local":
        # a limit for clusters: with it all jobs that are ready are looked at every second, and
        # once more a second for every job that has ended
        workflow.scheduler.job_rate_limiter = None


onsuccess:
    cluster.release(workflow)


onerror:
    cluster.release(workflow)


wildcard_constraints:
    study=STUDY.name,
    network="|".join(map(re.escape, STUDY.networks)),
    seed=r"\d+",
    center="[a-z0-9-]+",
    pattern="|".join(STUDY.patterns) or "none",
    surface="[a-z0-9-]+",
    shard=r"\d+",
    population="[a-z0-9.-]+",


@cache
def code(script, system=None):
    """List the library's and the user's files that a script depends on."""
    place = f"prospect/systems/{system}/scripts" if system else "scripts"
    file = LIBRARY / place / f"{script}.py"
    with one_line():
        found = imports.files_of(file, (LIBRARY, ROOT), STUDY.own_modules)
    return [os.path.relpath(file) for file in found]


@cache
def code_of_panels(system):
    """List a system's panels of the page, which a script finds by name, and what they depend on."""
    file = LIBRARY / "prospect" / "systems" / system / "panels.py"
    found = imports.files_of(file, (LIBRARY, ROOT), STUDY.own_modules)
    return [os.path.relpath(path) for path in (file, *found)]


def of_job(function):
    """Make a function of network, seed and other names one of wildcards."""
    wanted = signature(function).parameters

    def called(wildcards):
        names = {name: value for name, value in wildcards.items() if name in wanted}
        if "seed" in names:
            names["seed"] = int(names["seed"])
        return function(**names | ({"study": STUDY} if "study" in wanted else {}))

    return called


def gpu():
    """Count the GPUs of a job; with `auto`, one where this machine has any."""
    device = STUDY.config["device"]
    return int(device == "cuda" or (device == "auto" and bool(which("nvidia-smi"))))


def asked(seconds, memory=sizes.memory):
    """Say what a job that computes asks for: a GPU, and by its size memory (MB) and time (minutes).

    `seconds` is a guess or a function of wildcards that makes one. A job that failed asks for more.
    """

    def minutes(wildcards, attempt):
        guess = seconds(wildcards) if callable(seconds) else seconds
        return attempt * sizes.minutes(guess)

    def megabytes(wildcards, attempt):
        own = wildcards.get("network")
        networks = [own] if own else STUDY.networks
        return attempt * max(memory(STUDY, network) for network in networks)

    return {"gpu": gpu(), "seconds": seconds, "mem_mb": megabytes, "runtime": minutes}


def together(seconds, shards=None):
    """Put a job of seconds into one job in SLURM with others of its model, but for one in shards."""

    def model(wildcards):
        shared = shards is not None and shards(wildcards) > 1
        alone = shared or seconds(wildcards) >= sizes.SHORT
        return None if alone else f"{wildcards.network}-seed{wildcards.seed}"

    return model


def table(name, caption):
    """Name a table or text of the study, with its place in the report."""
    shown = partial(report, category="Tables", caption=caption)
    return shown(
        paths.TABLE.replace("{table}", name), labels={"table": Path(name).stem}
    )


def figure(names, theme, caption):
    """Name some figures, one for every format, with their place in the report."""
    shown = partial(report, category="Figures", subcategory=theme, caption=caption)
    return [
        shown(
            paths.FIGURE.replace("{figure}", name).replace("{format}", format),
            labels={"figure": Path(name).name, "format": format},
        )
        for name in names
        for format in STUDY.config["figures"]["format"]
    ]
