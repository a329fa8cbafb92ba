"""Parameters, inputs and results of following training runs over surfaces."""

from prospect.landscape.kinds import runs_of
from prospect.study import paths, stages
from prospect.study.resolve import Study


def followed(study: Study) -> list[tuple[str, int, str]]:
    """List network, seed and name of every surface that training runs are followed over."""
    return [
        (network, seed, name)
        for network in study.networks
        for seed in study.seeds
        for name in study.surfaces_of(network, seed)
        if name in study.config["trajectories"]
    ]


def params(study: Study, network: str, surface: str) -> dict:
    """Return the parameters of following training runs over one surface."""
    of_surface = stages.surface_params(study, network, surface)
    (item,) = of_surface.pop("items").values()
    item = {name: item[name] for name in ("center", "directions")} | {"surface": surface}
    return stages.ordered(of_surface | {"item": item})


def inputs(study: Study, network: str, seed: int, surface: str) -> dict:
    """Name the center and directions of one surface, and the checkpoints of the runs over it."""
    files: dict[str, str | list[str]] = {
        **stages.surface_shard_inputs(study, network, seed, surface)
    }
    for number, of in enumerate(runs_of(study.config["trajectories"][surface])):
        files[f"runs/{number}"] = study.run(of, network, seed)
    return files


def surfaces(study: Study) -> list[str]:
    """List the files of the surfaces that training runs are followed over."""
    return [
        study.path(paths.SURFACE, network, seed, surface=name)
        for network, seed, name in followed(study)
    ]


def tables(study: Study, table: str) -> list[str]:
    """List the tables of all surfaces that training runs are followed over."""
    return [
        study.path(paths.TRAJECTORY, network, seed, surface=name, table=table)
        for network, seed, name in followed(study)
    ]


def figures(study: Study) -> list[str]:
    """List the names of the figures of training runs over surfaces."""
    return [f"trajectories/{network}-seed{seed}-{name}" for network, seed, name in followed(study)]
