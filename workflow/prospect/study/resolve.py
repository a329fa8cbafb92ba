"""What a study asks for, resolved: centers, directions, curves and surfaces of every network.

This is the only place that knows how the shared parts of a config hang together.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

from prospect.base import references
from prospect.landscape import patterns
from prospect.landscape.kinds import MINED, source_of
from prospect.study import paths


def joined(first: Mapping, second: Mapping) -> dict:
    """Join two configs key by key; the second one wins."""
    both = {
        key: joined(first[key], second[key])
        for key in first.keys() & second.keys()
        if isinstance(first[key], Mapping) and isinstance(second[key], Mapping)
    }
    return {**first, **second, **both}


def of_network(config: Mapping, section: str, network: str) -> dict:
    """Return a section as it is for one network: its own words in place of the study's.

    A center is one thing: a network's own takes the place of the study's as a whole.
    """
    own = config["networks"][network].get(section, {})
    return {**config[section], **own} if section == "centers" else joined(config[section], own)


class Study:
    """A complete config, as `config.complete` returns it, and the folder of patterns."""

    def __init__(self, config: dict, folder: Path):
        self.config, self.drawings = config, patterns.files(folder)
        self.name = config["study"]
        self.networks = list(config["networks"])
        self.seeds = config["seeds"]
        self.curves = list(config["curves"])

    def section(self, name: str, network: str) -> dict:
        """Return a section of the config as it is for one network."""
        return of_network(self.config, name, network)

    def architecture(self, network: str) -> dict:
        """Return what a network is, without the recipe or the weights that it has of its own."""
        spec, others = self.config["networks"][network], {*self.config, "checkpoints"}
        return {key: value for key, value in spec.items() if key not in others}

    @property
    def own_modules(self) -> dict[str, list[str]]:
        """Return the user's modules by the module of the library that imports them."""
        config = self.config
        drawn = [*config["directions"].values(), *config["populations"].values()]
        paths = {
            "prospect.model.networks": [n["architecture"] for n in config["networks"].values()],
            "prospect.model.data": [config["dataset"]["name"]],
            "prospect.model.task": [config["task"][key] or "" for key in ("loss", "metric")],
            "prospect.landscape.directions": [spec.get("noise", "") for spec in drawn],
        }
        return {
            module: sorted({path.partition(":")[0] for path in own if ":" in path})
            for module, own in paths.items()
        }

    # --- models ----------------------------------------------------------------------------------

    def of_models(self, names: Callable[[str, int], list[str]]) -> list[str]:
        """Join what a function of network and seed returns for every model."""
        return [name for n in self.networks for s in self.seeds for name in names(n, s)]

    def path(self, template: str, network: str, seed: int, **names) -> str:
        """Fill in a path of the grammar for one model."""
        return template.format(study=self.name, network=network, seed=seed, **names)

    def twin(self, seed: int) -> int:
        """Return the seed of the twin: of the first the second, of every other the first."""
        return self.seeds[1] if seed == self.seeds[0] else self.seeds[0]

    def other(self, of: str | int, network: str, seed: int) -> tuple[str, int]:
        """Return network and seed of the model that ``of:`` means."""
        if isinstance(of, int):
            return network, of
        if of == "twin":
            return network, self.twin(seed)
        return (network if of == "self" else of), seed

    def run(self, of: str | int, network: str, seed: int) -> list[str]:
        """Return the checkpoints of the training run that ``of:`` means, in their order."""
        own, number = self.other(of, network, seed)
        return [self.path(paths.CHECKPOINT, own, number, epoch=epoch) for epoch in self.epochs(own)]

    # --- centers ---------------------------------------------------------------------------------

    def imported(self, network: str) -> dict[int, str]:
        """Return the user's files of a network's checkpoints by epoch; none where it is trained."""
        files = self.config["networks"][network].get("checkpoints", {})
        return {epoch: files[str(epoch)] for epoch in sorted(map(int, files))}

    def last(self, network: str) -> int:
        """Return the last epoch of a network."""
        return max(self.imported(network), default=self.section("training", network)["epochs"])

    def epoch(self, center: str, network: str) -> int:
        """Return the epoch of a center's checkpoint."""
        epoch = self.section("centers", network)[center]["epoch"]
        return self.last(network) if epoch == "last" else epoch

    def has_center(self, center: str, network: str) -> bool:
        """Whether a network has a center; one that is imported has only the epochs of its files."""
        kind, imported = self.section("centers", network)[center], self.imported(network)
        if "midpoint" in kind:
            return self.has_center(kind["midpoint"], network)
        return not imported or ("epoch" in kind and self.epoch(center, network) in imported)

    def epochs(self, network: str) -> list[int]:
        """Return the epochs whose checkpoints are kept."""
        if imported := self.imported(network):
            return list(imported)
        centers = self.section("centers", network).items()
        kept = {self.epoch(name, network) for name, center in centers if "epoch" in center}
        training = self.section("training", network)
        return sorted({0, training["epochs"], *training["checkpoints"], *kept})

    def checkpoints(self, network: str) -> dict[int | str, str]:
        """Return the files of the checkpoints that are kept, by epoch; the average is ``swa``."""
        files: dict[int | str, str] = {
            epoch: paths.CHECKPOINT.replace("{epoch}", str(epoch)) for epoch in self.epochs(network)
        }
        averages = ["swa" in center for center in self.section("centers", network).values()]
        if any(averages) and not self.imported(network):
            files["swa"] = paths.AVERAGE
        return files

    def is_mined_origin(self, center: str) -> bool:
        """Whether a center is a mined origin, not a checkpoint or a midpoint."""
        return center not in self.config["centers"]

    def center(self, center: str, network: str, seed: int) -> str:
        """Return the path of the file of a center: checkpoint, midpoint or mined directions."""
        if self.is_mined_origin(center):
            return self.path(paths.DIRECTION, network, seed, center=center, direction=center)
        kind = self.section("centers", network)[center]
        if "midpoint" in kind:
            return self.path(paths.MIDPOINT, network, seed, center=center)
        if "swa" in kind:
            return self.path(paths.AVERAGE, network, seed)
        return self.path(paths.CHECKPOINT, network, seed, epoch=self.epoch(center, network))

    def point(self, center: str, network: str, seed: int) -> object:
        """Return what is equal for centers that are the same point of weight space.

        At epoch 0 networks of one architecture are one, unless they start elsewhere.
        """
        kind = self.section("centers", network).get(center, {})
        trained = not self.imported(network)
        if trained and "epoch" in kind and self.epoch(center, network) == 0:
            if start := self.section("training", network)["start"]:
                return self.point(start["center"], start["network"], seed)
            return self.architecture(network), seed
        return self.center(center, network, seed)

    # --- curves and surfaces ---------------------------------------------------------------------

    def surfaces(self, network: str) -> list[str]:
        """Return the names of the surfaces of a network."""
        return [
            name
            for name, surface in self.config["surfaces"].items()
            if network in surface.get("networks", self.networks)
        ]

    def seeds_of(self, item: Mapping) -> list[int]:
        """Return the seeds of a curve or surface."""
        return item.get("seeds", self.seeds)

    def surfaces_of(self, network: str, seed: int) -> list[str]:
        """Return the names of the surfaces of one model."""
        surfaces = self.config["surfaces"]
        return [name for name in self.surfaces(network) if seed in self.seeds_of(surfaces[name])]

    def items(self, network: str, seed: int | None = None) -> dict[str, dict]:
        """Return the curves and surfaces of a network or of one of its models, by their keys."""
        surfaces = {name: self.config["surfaces"][name] for name in self.surfaces(network)}
        parts = {"curve": self.config["curves"], "surface": surfaces}
        return {
            paths.key_of(kind, name): item
            for kind in parts
            for name, item in parts[kind].items()
            if seed is None or seed in self.seeds_of(item)
        }

    def center_of(self, item: dict) -> str:
        """Return the center of a curve or surface; a mined origin bears its pattern's name."""
        return item["center"] if "center" in item else item["pattern"]

    def references(self, item: dict) -> list[str]:
        """Return the directions of a curve or surface, as ``name``, ``name.1`` or ``name.2``."""
        if "directions" in item:
            return item["directions"]
        if "direction" in item:
            return [item["direction"]]
        name = item["pattern"]
        plane = patterns.read(self.drawings[name]).dimensions == 2
        return [f"{name}.1", f"{name}.2"] if plane else [name]

    def kinds(self, item: dict) -> list[str]:
        """Return the sources of the directions of a curve or surface, sorted."""
        made, names = self.config["directions"], map(references.split, self.references(item))
        return sorted({source_of(made.get(name)) for name, _ in names})

    def pattern_of(self, item: dict) -> str | None:
        """Return the pattern of a curve or surface that is mined as a whole."""
        if "pattern" in item:
            return item["pattern"]
        name = item.get("direction")
        if name is None or name in self.config["directions"]:
            return None
        return references.split(name)[0]

    # --- directions ------------------------------------------------------------------------------

    def used(self, network: str, seed: int | None = None) -> list[tuple[str, str]]:
        """Return the sorted pairs of center and direction or pattern that a network uses.

        Those of the model from one seed where there is one.
        """
        return sorted(
            {
                (self.center_of(item), references.split(reference)[0])
                for item in self.items(network, seed).values()
                for reference in self.references(item)
            }
        )

    def mined(self, network: str) -> list[tuple[str, str]]:
        """Return the pairs of center and pattern that are mined for a network."""
        return [pair for pair in self.used(network) if pair[1] not in self.config["directions"]]

    def made(self, network: str, seed: int | None = None) -> list[tuple[str, str]]:
        """Return the pairs of center and direction that are made for a network or model."""
        return [pair for pair in self.used(network, seed) if pair[1] in self.config["directions"]]

    def made_alike(self, network: str) -> dict[tuple[tuple[str, str], ...], list[int]]:
        """Return the seeds for which the same directions are made, by those."""
        alike: dict[tuple[tuple[str, str], ...], list[int]] = {}
        for seed in self.seeds:
            if pairs := tuple(self.made(network, seed)):
                alike.setdefault(pairs, []).append(seed)
        return alike

    @cached_property
    def patterns(self) -> list[str]:
        """Return the names of the patterns that are mined."""
        return sorted({name for network in self.networks for _, name in self.mined(network)})

    def is_mined(self, item: dict) -> bool:
        """Whether a curve or surface has a mined direction."""
        return MINED in self.kinds(item)
