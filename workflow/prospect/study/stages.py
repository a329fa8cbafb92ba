"""Parameters and inputs of every shared stage.

A stage's parameters are one key-sorted dict of plain values without sweep axes, so that Snakemake
re-runs a job where its own parameters changed and nowhere else. Inputs have the names by which
scripts ask for them.
"""

from collections.abc import Iterable

from prospect.base import references, tasks
from prospect.landscape.kinds import kind_of, runs_of, target_of
from prospect.records.provenance import FORMS
from prospect.study import paths
from prospect.study.resolve import Study


def ordered(value):
    """Sort the keys of dicts everywhere: Snakemake compares parameters by their text."""
    if isinstance(value, dict):
        return {key: ordered(value[key]) for key in sorted(value)}
    if isinstance(value, (list, tuple)):
        return [ordered(item) for item in value]
    return value


def common(study: Study, network: str) -> dict:
    """Return the parameters of everything that computes with a network."""
    return {
        "network": study.architecture(network),
        "dataset": study.config["dataset"],
        "task": study.config["task"],
        "device": study.config["device"],
    }


def curve_keys(study: Study) -> list[str]:
    """List the keys of all curves."""
    return [paths.key_of("curve", name) for name in study.curves]


def evaluation(study: Study, network: str, **others) -> dict:
    """Return how losses are evaluated, but for the `others`."""
    names = ("split", "samples", "batchnorm", "batch")
    own = study.section("evaluation", network)
    return {name: own[name] for name in names} | others


def whole_training_set(study: Study, network: str, **others) -> dict:
    """Return how losses are evaluated over the whole training set."""
    return evaluation(study, network, split="train", samples=None) | others


# --- parameters ----------------------------------------------------------------------------------


def training_params(study: Study, network: str) -> dict:
    """Return the parameters of training one model."""
    training = study.section("training", network)
    del training["checkpoints"], training["start"]
    return ordered(
        common(study, network) | {"training": training, "epochs": list(study.checkpoints(network))}
    )


def import_params(study: Study, network: str) -> dict:
    """Return the parameters of importing one model; the names of its files are none."""
    return ordered(common(study, network) | {"epochs": list(study.imported(network))})


def direction_params(study: Study, network: str) -> dict:
    """Return the parameters of making a model's directions."""
    specs = {name: dict(study.config["directions"][name]) for _, name in study.made(network)}
    for spec in specs.values():
        spec.setdefault("normalise", "none" if kind_of(spec) in {"to", "pca"} else "scaled")
    own = {"directions": specs, "evaluation": whole_training_set(study, network)}
    return ordered(common(study, network) | own)


def hessian_params(study: Study, network: str) -> dict:
    """Return the parameters of analysing a model's Hessians."""
    options = dict(study.config["hessian"])
    samples = options.pop("samples")
    del options["centers"]
    own = {"evaluation": whole_training_set(study, network, samples=samples), "hessian": options}
    return ordered(common(study, network) | own)


def grid_params(study: Study, network: str, keys: Iterable[str], **others) -> dict:
    """Return the parameters of evaluating curves and surfaces; `others` as in `evaluation`."""
    items, own = study.items(network), study.section("evaluation", network)
    grids = {}
    for key in keys:
        kind, _ = paths.item_of(key)
        grids[key] = {
            "center": study.center_of(items[key]),
            "directions": study.references(items[key]),
            "window": items[key].get("window", own["window"]),
            "points": own["points"][kind],
        } | ({name: own[name] for name in ("tolerance", "arithmetic")} if kind == "surface" else {})
    how = {"evaluation": evaluation(study, network, **others), "items": grids}
    return ordered(common(study, network) | how)


def curve_params(study: Study, network: str) -> dict:
    """Return the parameters of evaluating a model's curves."""
    return grid_params(study, network, curve_keys(study))


def surface_params(study: Study, network: str, surface: str) -> dict:
    """Return the parameters of evaluating one surface."""
    return grid_params(study, network, [paths.key_of("surface", surface)])


def population_params(study: Study, network: str, population: str) -> dict:
    """Return the parameters of evaluating a population."""
    item = dict(study.config["populations"][population])
    samples = item.pop("samples")
    del item["shards"]
    how = study.section("evaluation", network)
    item.setdefault("window", how["window"])
    item |= {name: how[name] for name in ("tolerance", "arithmetic")}
    own = {"evaluation": evaluation(study, network, samples=samples), "population": item}
    return ordered(common(study, network) | own)


def section_params(study: Study, section: str, network: str) -> dict:
    """Return the parameters of a section's stage that trains networks of its own.

    It has the recipe of the network, but for what only the training of the study's models heeds.
    """
    own, training = dict(study.section(section, network)), study.section("training", network)
    own.pop("networks", None)
    for name in ("checkpoints", "start", "until", "swa"):
        training.pop(name, None)
    samples = {"samples": own.pop("samples")} if "samples" in own else {}
    return ordered(
        common(study, network)
        | {"name": network, "training": training, section: own}
        | {"evaluation": evaluation(study, network, **samples)}
    )


def surface_shard_params(study: Study, network: str, surface: str) -> dict:
    """Return the parameters of evaluating a shard of a surface."""
    return surface_params(study, network, surface) | {"shards": surface_shards(study, surface)}


def population_shard_params(study: Study, network: str, population: str) -> dict:
    """Return the parameters of evaluating a shard of a population."""
    count = population_shards(study, population)
    return population_params(study, network, population) | {"shards": count}


def figure_params(study: Study) -> dict:
    """Return the parameters of drawing."""
    return ordered(study.config["figures"])


def task_in_words(study: Study) -> dict:
    """Return how figures call the loss's unit and the metric."""
    task = study.config["task"]
    return {"metric": tasks.metric(task), "unit": tasks.unit(task)}


def provenance_params(study: Study) -> dict:
    """Return the whole config, but for sections that the study leaves out."""
    return ordered({name: section for name, section in study.config.items() if section})


# --- inputs --------------------------------------------------------------------------------------


def training_inputs(study: Study, network: str, seed: int) -> dict[str, str]:
    """Name the center of another network where training starts, if it does."""
    start = study.section("training", network)["start"]
    return {"start": study.center(start["center"], start["network"], seed)} if start else {}


def import_inputs(study: Study, network: str, seed: int) -> dict[str, list[str]]:
    """Name the user's files of a model, by epoch."""
    named = study.imported(network).values()
    return {"files": [file.replace("{seed}", str(seed)) for file in named]}


def midpoint_inputs(study: Study, network: str, seed: int, center: str) -> dict[str, str]:
    """Name the two centers of a midpoint: the model's and its twin's."""
    of = study.section("centers", network)[center]["midpoint"]
    pair = {"own": seed, "twin": study.twin(seed)}
    return {name: study.center(of, network, number) for name, number in pair.items()}


def direction_inputs(study: Study, network: str, seed: int) -> dict[str, str | list[str]]:
    """Name the checkpoints and Hessians that a model's directions are made from."""
    files: dict[str, str | list[str]] = {}
    for center, direction in study.made(network, seed):
        files[f"centers/{center}"] = study.center(center, network, seed)
        spec = study.config["directions"][direction]
        if kind_of(spec) == "hessian":
            path = study.path(paths.HESSIAN, network, seed, center=center)
            files[f"hessian/{center}"] = path
        if target := target_of(spec):
            of, place = target
            files[f"targets/{direction}"] = study.center(place, *study.other(of, network, seed))
        if kind_of(spec) == "pca":
            runs = [study.run(of, network, seed) for of in runs_of(spec)]
            files[f"runs/{direction}"] = [path for run in runs for path in run]
    return files


def hessian_inputs(study: Study, network: str, seed: int) -> dict[str, str]:
    """Name the centers of a model's Hessians."""
    return center_inputs(study, study.config["hessian"]["centers"], network, seed)


def population_inputs(study: Study, network: str, seed: int, population: str) -> dict:
    """Name the center of a population, and its shards where it has some."""
    files = population_shard_inputs(study, network, seed, population)
    return files | shard_files(study, "population", population, network, seed)


def population_shard_inputs(study: Study, network: str, seed: int, population: str) -> dict:
    """Name the center of a population."""
    center = study.config["populations"][population]["center"]
    return center_inputs(study, [center], network, seed)


def curve_inputs(study: Study, network: str, seed: int) -> dict[str, str]:
    """Name the centers and directions of a model's curves."""
    return grid_inputs(study, curve_keys(study), network, seed)


def surface_inputs(study: Study, network: str, seed: int, surface: str) -> dict:
    """Name the center and directions of one surface, and its shards where it has some."""
    files = surface_shard_inputs(study, network, seed, surface)
    return files | shard_files(study, "surface", surface, network, seed)


def surface_shard_inputs(study: Study, network: str, seed: int, surface: str) -> dict[str, str]:
    """Name the center and directions of one surface."""
    return grid_inputs(study, [paths.key_of("surface", surface)], network, seed)


def shards(study: Study, kind: str, name: str) -> int:
    """Return how many jobs share the evaluation of a surface or population."""
    return study.config[f"{kind}s"][name]["shards"]


def surface_shards(study: Study, surface: str) -> int:
    """Return how many jobs share the evaluation of a surface."""
    return shards(study, "surface", surface)


def population_shards(study: Study, population: str) -> int:
    """Return how many jobs share the evaluation of a population."""
    return shards(study, "population", population)


def shard_files(study: Study, kind: str, name: str, network: str, seed: int) -> dict:
    """Name the files of shards in their order, none where one job does all."""
    count, key = shards(study, kind, name), paths.key_of(kind, name)
    if count == 1:
        return {}
    path = study.path(paths.SHARD, network, seed, key=key, shard="{shard}")
    return {"shards": [path.replace("{shard}", str(number)) for number in range(count)]}


def grid_inputs(study: Study, keys: Iterable[str], network: str, seed: int) -> dict[str, str]:
    """Name the centers and directions of some curves or surfaces, by their keys."""
    items = study.items(network)
    files: dict[str, str] = {}
    for key in keys:
        center = study.center_of(items[key])
        files |= center_inputs(study, [center], network, seed)
        for reference in study.references(items[key]):
            name, _ = references.split(reference)
            files[f"directions/{center}/{name}"] = study.path(
                paths.DIRECTION, network, seed, center=center, direction=name
            )
    return files


def center_inputs(study: Study, centers: Iterable[str], network: str, seed: int) -> dict[str, str]:
    """Name some centers of a model."""
    return {f"centers/{name}": study.center(name, network, seed) for name in centers}


# --- results -------------------------------------------------------------------------------------


def grid_outputs(template: str, keys: Iterable[str]) -> list[str]:
    """List the paths of some curves and surfaces of a model, in the order of their parameters."""
    return [template.replace("{key}", key) for key in sorted(keys)]


def curve_files(study: Study) -> list[str]:
    """List the files of all curves."""
    return study.of_models(
        lambda network, seed: [
            study.path(paths.CURVE, network, seed, curve=name) for name in study.curves
        ]
    )


def surface_files(study: Study) -> list[str]:
    """List the files of all surfaces."""
    return study.of_models(
        lambda network, seed: [
            study.path(paths.SURFACE, network, seed, surface=name)
            for name in study.surfaces_of(network, seed)
        ]
    )


def export_files(study: Study) -> list[str]:
    """List the files of all surfaces for other programs."""
    surfaces = [path.removesuffix(".h5") for path in surface_files(study)]
    return [f"{path}{form}" for path in surfaces for form in FORMS]


def population_files(study: Study) -> list[str]:
    """List the files of all populations."""
    names = study.config["populations"]
    return study.of_models(
        lambda *model: [study.path(paths.POPULATION, *model, population=name) for name in names]
    )


def hessian_files(study: Study) -> list[str]:
    """List the files of all Hessians, none where the study has none."""
    centers = (study.config["hessian"] or {"centers": []})["centers"]
    return study.of_models(
        lambda *model: [study.path(paths.HESSIAN, *model, center=center) for center in centers]
    )


def history_files(study: Study) -> list[str]:
    """List the histories of all models."""
    return study.of_models(lambda *model: [study.path(paths.HISTORY, *model)])


def figure_files(study: Study, names: Iterable[str]) -> list[str]:
    """List the files of figures, one for every format."""
    formats = study.config["figures"]["format"]
    return [
        paths.FIGURE.format(study=study.name, figure=name, format=format)
        for name in names
        for format in formats
    ]
