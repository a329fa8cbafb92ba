"""The checked config, wildcard constraints, and every function that the rules use."""

import ast
import os
import sys
from functools import cache, partial
from pathlib import Path
from shutil import which

import yaml

ROOT = Path(workflow.basedir)
PATTERNS = ROOT / "config" / "patterns"
LIBRARY = ROOT / "workflow" / "prospect"

# scripts import the library from here, and a user's own modules from the project's root
sys.path[:0] = [str(LIBRARY.parent), str(ROOT)]
ours = [str(LIBRARY.parent), str(ROOT), os.getenv("PYTHONPATH")]
os.environ.update(PYTHONPATH=os.pathsep.join(filter(None, ours)))
# keep freed memory: giving the activations of a forward pass back to the system and getting them
# again costs a residual net a fifth of its time (glibc; others ignore it, no result changes)
os.environ.update(
    MALLOC_TRIM_THRESHOLD_="1000000000",
    MALLOC_MMAP_THRESHOLD_="1000000000",
    MALLOC_TOP_PAD_="100000000",
)

from prospect import console
from prospect.config import complete
from prospect.errors import ProspectError
from prospect.study import Study

try:
    STUDY = Study(
        complete(
            config,
            schema=yaml.safe_load(
                (ROOT / "workflow/schemas/config.schema.yaml").read_text()
            ),
            files=workflow.config_settings.configfiles or [ROOT / "config/config.yaml"],
            folder=PATTERNS,
        ),
        PATTERNS,
    )
    config.update(STUDY.config)  # captions of the report read it
except ProspectError as error:
    sys.exit(str(error))

console.attach(workflow)


wildcard_constraints:
    study=STUDY.name,
    network="|".join(STUDY.networks),
    seed=r"\d+",
    center="[a-z0-9-]+",
    pattern="|".join(STUDY.patterns) or "none",
    surface="[a-z0-9-]+",


@cache
def code(*modules):
    """List the library's files that these modules depend on, themselves included."""
    todo, found = [LIBRARY / f"{module}.py" for module in modules], set()
    while todo:
        file = todo.pop()
        if file in found:
            continue
        found.add(file)
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module.removeprefix("prospect.")]
                if node.module == "prospect":
                    names = [alias.name for alias in node.names]
                todo += [path for n in names if (path := LIBRARY / f"{n}.py").exists()]
    return sorted(os.path.relpath(file) for file in found)


def model_code(*modules):
    """List these modules' files, and those of the user's own networks and data set."""
    own = [ROOT / f"{name.replace('.', '/')}.py" for name in STUDY.own_modules]
    return [*code(*modules), *(os.path.relpath(file) for file in own if file.exists())]


def gpu():
    """Count the GPUs of a job; with `auto`, one where this machine has any."""
    device = STUDY.config["device"]
    return int(device == "cuda" or (device == "auto" and bool(which("nvidia-smi"))))


def per_model(path, **more):
    """Expand a path for every network and seed."""
    return collect(
        path, study=STUDY.name, network=STUDY.networks, seed=STUDY.seeds, **more
    )


def midpoint_inputs(wildcards):
    """Name the two centers of a midpoint: the model's and its twin's."""
    center = STUDY.config["centers"][wildcards.center]["midpoint"]
    network, seed = wildcards.network, int(wildcards.seed)
    pair = {"own": seed, "twin": STUDY.twin(seed)}
    return {
        name: STUDY.center(center, network, number) for name, number in pair.items()
    }


def direction_inputs(wildcards):
    """Name the checkpoints that a model's directions are made from."""
    network, seed = wildcards.network, int(wildcards.seed)
    files = {}
    for center, direction in STUDY.made:
        files[f"centers/{center}"] = STUDY.center(center, network, seed)
        spec = STUDY.config["directions"][direction]
        if "hessian" in spec:
            files[f"hessian/{center}"] = STUDY.hessian(center, network, seed)
        if "to" in spec:
            of = spec.get("of", "self")
            other = STUDY.twin(seed) if of == "twin" else seed
            files[f"targets/{of}/{spec['to']}"] = STUDY.center(
                spec["to"], network, other
            )
    return files


def hessian_inputs(wildcards):
    """Name the centers of a model's Hessians."""
    network, seed = wildcards.network, int(wildcards.seed)
    centers = STUDY.config["hessian"]["centers"]
    return {f"centers/{name}": STUDY.center(name, network, seed) for name in centers}


def hessians():
    """List the files of all Hessians."""
    centers = (STUDY.config["hessian"] or {"centers": []})["centers"]
    return per_model(
        "results/{study}/{network}/seed{seed}/hessian/{center}.h5", center=centers
    )


def findings():
    """List the texts of what mining and the Hessians say, if there are any."""
    names = ["mining"] * bool(mined()) + ["findings"] * bool(hessians())
    return collect("results/{study}/{name}.txt", study=STUDY.name, name=names)


def lenses():
    """List the tables of all models' curves through the lens."""
    path = "results/{study}/{network}/seed{seed}/lens.csv"
    return per_model(path) if STUDY.config["hessian"] and STUDY.curves else []


def eigenplanes():
    """List pairs of surfaces over noise and over eigenvectors, for the first seed."""
    path = f"results/{STUDY.name}/{{network}}/seed{STUDY.seeds[0]}/surfaces/{{name}}.h5"
    return [
        path.format(network=network, name=name)
        for network in STUDY.networks
        for pair in STUDY.eigenplanes(network)
        for name in pair
    ]


def drawing(pattern):
    """Name the file of a pattern."""
    return os.path.relpath(STUDY.drawings[pattern])


def mining_inputs(wildcards):
    """Name the pattern and the center where it is mined, the initialisation if that moves."""
    start = STUDY.start(wildcards.center, wildcards.network, int(wildcards.seed))
    return {"start": start, "pattern": drawing(wildcards.pattern)}


def grid_inputs(items, wildcards):
    """Name the centers and directions of some curves or surfaces."""
    network, seed = wildcards.network, int(wildcards.seed)
    files = {}
    for item in items:
        center = STUDY.center_of(item)
        files[f"centers/{center}"] = STUDY.center(center, network, seed)
        for reference in STUDY.references(item):
            name = reference.split(".")[0]
            files[f"directions/{center}/{name}"] = STUDY.direction(
                center, name, network, seed
            )
    return files


def curve_inputs(wildcards):
    """Name the centers and directions of a model's curves."""
    return grid_inputs(STUDY.config["curves"].values(), wildcards)


def surface_inputs(wildcards):
    """Name the center and directions of one surface."""
    return grid_inputs([STUDY.config["surfaces"][wildcards.surface]], wildcards)


def test_inputs(wildcards):
    """Name the centers and directions of what is judged on the test samples."""
    items = STUDY.items(wildcards.network)
    return grid_inputs(
        [items[name] for name in STUDY.tested(wildcards.network)], wildcards
    )


def population_inputs(wildcards):
    """Name the center of a population."""
    center = STUDY.config["population"]["center"]
    network, seed = wildcards.network, int(wildcards.seed)
    return {f"centers/{center}": STUDY.center(center, network, seed)}


def curves():
    """List the files of all curves."""
    return per_model(
        "results/{study}/{network}/seed{seed}/curves/{curve}.h5", curve=STUDY.curves
    )


def surfaces():
    """List the files of all surfaces."""
    return [
        f"results/{STUDY.name}/{network}/seed{seed}/surfaces/{surface}.h5"
        for network in STUDY.networks
        for seed in STUDY.seeds
        for surface in STUDY.surfaces(network)
    ]


def tests():
    """List the files of all grids over the test samples."""
    return [
        f"results/{STUDY.name}/{network}/seed{seed}/test/{name}.h5"
        for network in STUDY.networks
        for seed in STUDY.seeds
        for name in STUDY.tested(network)
    ]


def populations():
    """List the files of all populations, none where the study has none."""
    path = "results/{study}/{network}/seed{seed}/population.h5"
    return per_model(path) if STUDY.config["population"] else []


def grids():
    """List the files of all grids."""
    return [*curves(), *surfaces(), *populations()]


def mined():
    """List the files of all mined directions."""
    return [
        STUDY.direction(center, pattern, network, seed)
        for network in STUDY.networks
        for seed in STUDY.seeds
        for center, pattern in STUDY.mined(network)
    ]


def figures(kind, names):
    """Name the files of some figures, one for every format, with their place in the report."""
    caption = f"../report/{kind}.rst"
    place = {"category": "Figures", "subcategory": kind, "caption": caption}
    placed = partial(report, **place)
    return [
        placed(
            f"results/{{study}}/figures/{name}.{format}",
            labels={"figure": Path(name).name, "format": format},
        )
        for name in names
        for format in STUDY.config["figures"]["format"]
    ]


def curve_figures():
    """List the names of the figures of curves, one for every model."""
    return [f"curves/{n}-seed{s}" for n in STUDY.networks for s in STUDY.seeds]


def surface_figures():
    """List the names of the figures of surfaces."""
    return [
        f"surfaces/{network}-seed{seed}-{surface}"
        for network in STUDY.networks
        for seed in STUDY.seeds
        for surface in STUDY.surfaces(network)
    ]


def all_figures():
    """List the files of all figures that the study has anything to show in."""
    names = ["training"]
    names += curve_figures() if STUDY.curves else []
    names += surface_figures()
    names += ["atlas"] if curves() or surfaces() else []
    names += ["population"] if STUDY.config["population"] else []
    names += ["mining", "success"] if mined() else []
    names += ["spectrum", "curvature"] if hessians() else []
    names += ["lens"] if lenses() else []
    names += ["eigenplanes"] if eigenplanes() else []
    return collect(
        "results/{study}/figures/{name}.{format}",
        study=STUDY.name,
        name=names,
        format=STUDY.config["figures"]["format"],
    )
