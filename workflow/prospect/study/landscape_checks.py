"""What a schema cannot say of directions, curves, surfaces, populations and Hessians.

One function a section; each fails with the first thing that is wrong.
"""

import itertools
import math
from collections.abc import Iterator, Mapping

from prospect.base import references
from prospect.landscape import patterns
from prospect.landscape.kinds import KINDS, runs_of, target_of
from prospect.study.checks import Checks
from prospect.study.resolve import of_network

LEAST_TOLERANCE = 1e-5  # losses in float32 are promised to 1e-6


def check_landscapes(checks: Checks) -> None:
    """Check all sections about landscapes."""
    check_directions(checks)
    check_hessian(checks)
    check_populations(checks)
    check_curves(checks)
    check_surfaces(checks)
    check_trajectories(checks)
    check_drawings(checks)
    check_tolerance(checks)
    check_frozen(checks)


def check_directions(checks: Checks) -> None:
    """Check that a direction is of one kind, and made from what is there."""
    for name, direction in checks.config["directions"].items():
        key = f"directions.{name}"
        checks.free_name(key, name)
        checks.one_of(key, direction, KINDS)
        if "hessian" in direction:
            check_eigenvector(checks, key, direction["hessian"]["index"])
        check_noise(checks, key, direction)
        check_target(checks, key, direction)


def check_target(checks: Checks, key: str, direction: Mapping) -> None:
    """Check that the other center of a direction is there."""
    for name in ("to", "at"):
        if name in direction:
            checks.center(f"{key}.{name}", direction[name])
    if "weights" not in direction:
        for name in {"at", "centred"} & direction.keys():
            checks.fail(f"{key}.{name}", "goes only with 'weights'")
    if "of" not in direction:
        return
    if not {"to", "at", "pca"} & direction.keys():
        checks.fail(f"{key}.of", "goes only with 'to', 'at' or 'pca'")
    if isinstance(direction["of"], list) and "pca" not in direction:
        checks.fail(f"{key}.of", "a list goes only with 'pca'; want one model")
    check_runs(checks, key, direction)


def check_runs(checks: Checks, key: str, spec: Mapping) -> None:
    """Check that the models that ``of:`` means are there."""
    seeds = checks.config["seeds"]
    for of in runs_of(spec):
        if isinstance(of, int):
            known = ", ".join(map(str, seeds))
            if of not in seeds:
                checks.fail(f"{key}.of", f"there is no seed {of} in this study; known are {known}")
        elif of == "twin" and len(seeds) == 1:
            message = "a twin is the same network from another seed; seeds has only one, want two"
            checks.fail(f"{key}.of", message)
        elif of not in {"self", "twin"}:
            checks.known(f"{key}.of", of, [*checks.config["networks"], "self", "twin"], "network")


def check_eigenvector(checks: Checks, key: str, index: int) -> None:
    """Check that an eigenvector is one of those that are computed."""
    hessian = checks.config["hessian"]
    if not hessian:
        message = "the section 'hessian' is missing; want it to say where eigenvectors are computed"
        checks.fail(key, message)
    pairs = hessian["eigenpairs"]
    if not -pairs <= index < pairs:
        message = f"{index} is not among hessian.eigenpairs {pairs} of each end; want one of these"
        checks.fail(f"{key}.hessian.index", message)


def check_hessian(checks: Checks) -> None:
    """Check that Hessians are analysed at centers there are."""
    for center in (checks.config["hessian"] or {"centers": []})["centers"]:
        checks.center("hessian.centers", center, checks.study.networks)


def check_populations(checks: Checks) -> None:
    """Check that populations pass through centers there are, along noise that can be drawn."""
    for name, population in checks.config["populations"].items():
        checks.center(f"populations.{name}.center", population["center"], checks.study.networks)
        check_noise(checks, f"populations.{name}", population)
        check_shards(checks, f"populations.{name}", population, population["count"], "directions")


def check_noise(checks: Checks, key: str, spec: Mapping) -> None:
    """Check that own noise can be imported, and that an expression is one."""
    if "noise" in spec:
        checks.module(f"{key}.noise", spec["noise"])
    elif "signs" in spec:
        checks.fail(f"{key}.signs", "goes only with 'noise'")
    checks.expression(f"{key}.only", spec.get("only", ""))


def check_curves(checks: Checks) -> None:
    """Check that a curve has a center, and a direction or a pattern on a line."""
    for name, curve in checks.config["curves"].items():
        key = f"curves.{name}"
        checks.center(f"{key}.center", curve["center"], checks.study.networks)
        checks.one_of(key, curve, ("direction", "pattern"))
        if "pattern" in curve:
            check_pattern(checks, key, curve, "curve")
        else:
            check_reference(checks, f"{key}.direction", curve["direction"], curve)


def check_surfaces(checks: Checks) -> None:
    """Check that a surface has two directions at a center, or a pattern on a plane."""
    for name, surface in checks.config["surfaces"].items():
        key = f"surfaces.{name}"
        for network in surface.get("networks", []):
            checks.known(f"{key}.networks", network, checks.config["networks"], "network")
        check_seeds(checks, key, surface)
        check_surface_shards(checks, key, surface)
        checks.one_of(key, surface, ("directions", "pattern"))
        if "center" in surface:
            networks = surface.get("networks", checks.study.networks)
            checks.center(f"{key}.center", surface["center"], networks)
        if "pattern" in surface:
            check_pattern(checks, key, surface, "surface")
            continue
        if "center" not in surface:
            message = "two directions want a center; only a pattern can mine its own origin"
            checks.fail(key, message)
        for reference in surface["directions"]:
            check_reference(checks, f"{key}.directions", reference, surface)
        if len(set(surface["directions"])) == 1:
            message = "the two directions are the same; want two that span a plane"
            checks.fail(f"{key}.directions", message)


def check_seeds(checks: Checks, key: str, surface: Mapping) -> None:
    """Check that a surface's seeds are there, and that what is mined has all of them."""
    for seed in surface.get("seeds", []):
        if seed not in checks.config["seeds"]:
            known = ", ".join(map(str, checks.config["seeds"]))
            checks.fail(f"{key}.seeds", f"there is no seed {seed} in this study; known are {known}")
    made = checks.config["directions"]
    if "seeds" in surface and not set(surface.get("directions", [None])) <= made.keys():
        checks.fail(f"{key}.seeds", "a pattern is mined for every seed; want no 'seeds' here")


def check_trajectories(checks: Checks) -> None:
    """Check that runs are followed over surfaces there are, and that they are there."""
    for name, trajectory in checks.config["trajectories"].items():
        key = f"trajectories.{name}"
        checks.known(key, name, checks.config["surfaces"], "surface")
        check_runs(checks, key, trajectory)
        for network in checks.config["networks"]:
            if of_network(checks.config, "evaluation", network)["batchnorm"] == "frozen":
                place = f"{checks.key_of(network, 'evaluation')}.batchnorm"
                checks.fail(place, f"'frozen' fits one center; {key} wants 'recompute'")


def check_tolerance(checks: Checks) -> None:
    """Check that float32 can tell whether a surface is within its tolerance."""
    for network in checks.config["networks"]:
        tolerance = of_network(checks.config, "evaluation", network)["tolerance"]
        if 0 < tolerance < LEAST_TOLERANCE:
            place = f"{checks.key_of(network, 'evaluation')}.tolerance"
            message = (
                f"{tolerance:g} is less than float32 can check; want 0, which evaluates every "
            )
            checks.fail(place, f"{message}point, or at least {LEAST_TOLERANCE:g}")


def check_surface_shards(checks: Checks, key: str, surface: Mapping) -> None:
    """Check that a surface in shards is a full grid in all of its networks."""
    for network in surface.get("networks", checks.config["networks"]):
        own = of_network(checks.config, "evaluation", network)
        check_shards(checks, key, surface, own["points"]["surface"] ** 2, "points")
        if surface["shards"] > 1 and own["tolerance"]:
            place = checks.key_of(network, "evaluation")
            message = "a tolerance refines point after point; want 1, or no tolerance"
            checks.fail(f"{key}.shards", f"{message} ({place}.tolerance: 0)")


def check_shards(checks: Checks, key: str, item: Mapping, count: int, what: str) -> None:
    """Check that every shard has something to do."""
    if item["shards"] > count:
        checks.fail(f"{key}.shards", f"{item['shards']} are more than the {count} {what}")


def check_reference(checks: Checks, key: str, reference: str, item: Mapping) -> None:
    """Check that a reference means a direction at an item's center, or one of a pattern."""
    made, (name, _) = checks.config["directions"], references.split(reference)
    numbered = name != reference
    checks.known(key, name, made.keys() | checks.patterns, "direction or pattern")
    if name not in made:
        plane = patterns.read(checks.patterns[name]).dimensions == 2
        if plane != numbered:
            want = f"'{name}.1' or '{name}.2'" if plane else f"'{name}'"
            checks.fail(key, f"'{name}' is a {1 + plane}D pattern; want {want}")
        return
    spec, center = made[name], item["center"]
    if "hessian" in spec and center not in checks.config["hessian"]["centers"]:
        checks.fail(
            key,
            f"'{name}' is an eigenvector at '{center}', which hessian.centers leaves out; want it "
            "there",
        )
    if numbered:
        message = f"'{name}' is one direction; '.1' and '.2' are for 2D patterns, want '{name}'"
        checks.fail(key, message)
    if target := target_of(spec):
        of, place = target
        for network, seed in _models(checks, item):
            other, _ = checks.study.other(of, network, seed)
            checks.center(f"directions.{name}", place, [other])
    if "to" in spec:
        check_difference(checks, key, name, item)
    if "pca" in spec:
        check_component(checks, key, name, item)


def check_difference(checks: Checks, key: str, name: str, item: Mapping) -> None:
    """Check that a difference leads from an item's center to another point, for every network."""
    study, center, spec = checks.study, item["center"], checks.config["directions"][name]
    for network, seed in _models(checks, item):
        other = study.other(spec.get("of", "self"), network, seed)
        if study.point(spec["to"], *other) == study.point(center, network, seed):
            checks.fail(
                key,
                f"'{name}' leads to '{spec['to']}', where it starts: for network '{network}' "
                f"{f'from seed {seed} ' if isinstance(spec.get('of'), int) else ''}that "
                f"is the same point as '{center}'; want another one",
            )


def check_component(checks: Checks, key: str, name: str, item: Mapping) -> None:
    """Check that runs keep as many checkpoints beside the center as a component needs."""
    study, spec = checks.study, checks.config["directions"][name]
    for network, seed in _models(checks, item):
        kept = {path for of in runs_of(spec) for path in study.run(of, network, seed)}
        kept.discard(study.center(item["center"], network, seed))
        if len(kept) < spec["pca"]:
            checks.fail(
                key,
                f"'{name}' is component {spec['pca']} of {len(kept)} checkpoints of '{network}' "
                "beside the center; want more (training.checkpoints, or files of your own)",
            )


def _models(checks: Checks, item: Mapping) -> Iterator[tuple[str, int]]:
    """Yield network and seed of the models that a curve or surface is of."""
    yield from itertools.product(
        item.get("networks", checks.study.networks), checks.study.seeds_of(item)
    )


def check_pattern(checks: Checks, key: str, item: Mapping, kind: str) -> None:
    """Check that a pattern has the right dimension, and that window and grid show it."""
    name = item["pattern"]
    checks.known(f"{key}.pattern", name, checks.patterns, "pattern")
    drawn = patterns.read(checks.patterns[name])
    dimensions = ("curve", "surface").index(kind) + 1
    if drawn.dimensions != dimensions:
        message = f"pattern '{name}' is not {dimensions}D; want a {kind} for a line or plane"
        checks.fail(f"{key}.pattern", message)
    cells = max(drawn.cells.shape)
    for network in item.get("networks", checks.config["networks"]):
        evaluation = of_network(checks.config, "evaluation", network)
        window = item.get("window", evaluation["window"])
        if window < drawn.extent:
            checks.fail(
                f"{key}.window",
                f"{window:g} cuts pattern '{name}' off, whose cells reach to {drawn.extent:g}; "
                "want at least that",
            )
        least = math.ceil(window / drawn.extent * (cells - 1) - 1e-9) + 1
        points = evaluation["points"][kind]
        if points < least:
            checks.fail(
                f"{checks.key_of(network, 'evaluation')}.points.{kind}",
                f"{points} points are too few to see the {cells} cells of pattern '{name}' in the "
                f"window of {key}; want at least {least}",
            )


def check_drawings(checks: Checks) -> None:
    """Check that a drawing wishes for low and high where the loss can be changed."""
    for key, pattern, center in checks.mined():
        movable = pattern.without_center() if center else pattern
        if not {patterns.LOW, patterns.HIGH} <= set(movable.cells.flat):
            checks.fail(
                key,
                f"pattern '{pattern.name}' has its only low or only high cell at 0, and there the "
                f"loss is that of center '{center}'; want another one elsewhere",
            )


def check_frozen(checks: Checks) -> None:
    """Check that frozen statistics of BatchNorm mean something at every center looked at."""
    config = checks.config
    used = [item for _, _, item in checks.items()]
    used += config["populations"].values()
    used += [{"center": name} for name in (config["hessian"] or {"centers": []})["centers"]]
    for network in config["networks"]:
        if of_network(config, "evaluation", network)["batchnorm"] != "frozen":
            continue
        key = f"{checks.key_of(network, 'evaluation')}.batchnorm"
        for item in used:
            if "center" not in item:
                message = "'frozen' has no statistics for a mined origin; want 'recompute'"
                checks.fail(key, message)
            center = of_network(config, "centers", network)[item["center"]]
            if "midpoint" in center:
                checks.fail(key, "'frozen' has no statistics for a midpoint; want 'recompute'")
            if center.get("epoch") == 0:
                checks.fail(
                    key,
                    f"'frozen' means nothing at center '{item['center']}': at epoch 0 the running "
                    "statistics are still 0 and 1; want 'recompute' or a later epoch",
                )
