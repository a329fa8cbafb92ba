"""What a study asks for, resolved: what is trained, made, mined, evaluated and drawn.

This is the only place that knows how the config's parts hang together. Rules ask it for names and
for parameters; a stage's parameters are one key-sorted dict of plain values without sweep axes, so
that Snakemake re-runs a job where its own parameters changed and nowhere else.
"""

from functools import cached_property
from pathlib import Path

from prospect import patterns
from prospect.config import KINDS, for_network


class Study:
    """A complete config, as `config.complete` returns it, and the folder of patterns."""

    def __init__(self, config: dict, folder: Path):
        self.config, self.drawings = config, patterns.files(folder)
        self.name = config["study"]
        self.networks = list(config["networks"])
        self.seeds = config["seeds"]
        self.curves = list(config["curves"])

    @property
    def own_modules(self) -> list[str]:
        """Return the modules that networks and data are imported from, the user's own."""
        specs = [network["architecture"] for network in self.config["networks"].values()]
        specs.append(self.config["dataset"]["name"])
        return sorted({spec.partition(":")[0] for spec in specs if ":" in spec})

    def surfaces(self, network: str) -> list[str]:
        """Return the names of the surfaces of a network."""
        return [
            name
            for name, surface in self.config["surfaces"].items()
            if network in surface.get("networks", self.networks)
        ]

    def twin(self, seed: int) -> int:
        """Return the seed of the twin: of the first the second, of every other the first."""
        return self.seeds[1] if seed == self.seeds[0] else self.seeds[0]

    def epoch(self, center: str, network: str) -> int:
        """Return the epoch of a center's checkpoint."""
        epoch = for_network(self.config["centers"][center], network)["epoch"]
        return self.config["training"]["epochs"] if epoch == "last" else epoch

    @cached_property
    def patterns(self) -> list[str]:
        """Return the names of the patterns that are used."""
        return sorted({name for network in self.networks for _, name in self.mined(network)})

    def source(self, item: dict) -> str:
        """Return what kinds of directions a curve or surface has, as ``mined`` or ``noise``."""
        made = self.config["directions"]
        kinds = {
            next(iter(made[name].keys() & set(KINDS))) if name in made else "mined"
            for name in (reference.split(".")[0] for reference in self.references(item))
        }
        return " ".join(sorted(kinds))

    def pattern_of(self, item: dict) -> str | None:
        """Return the pattern of a curve or surface that is mined as a whole."""
        if "pattern" in item:
            return item["pattern"]
        name = item.get("direction")
        return None if name is None or name in self.config["directions"] else name.split(".")[0]

    def center_of(self, item: dict) -> str:
        """Return the center of a curve or surface; a mined origin is named as its pattern."""
        return item.get("center", item.get("pattern"))

    def references(self, item: dict) -> list[str]:
        """Return the directions of a curve or surface, as ``name``, ``name.1`` or ``name.2``."""
        if "directions" in item:
            return item["directions"]
        if "direction" in item:
            return [item["direction"]]
        name = item["pattern"]
        plane = patterns.read(self.drawings[name]).dimensions == 2
        return [f"{name}.1", f"{name}.2"] if plane else [name]

    def used(self, network: str) -> list[tuple[str, str]]:
        """Return the sorted pairs of center and direction or pattern that a network uses."""
        surfaces = [self.config["surfaces"][name] for name in self.surfaces(network)]
        return sorted(
            {
                (self.center_of(item), reference.split(".")[0])
                for item in (*self.config["curves"].values(), *surfaces)
                for reference in self.references(item)
            }
        )

    def mined(self, network: str) -> list[tuple[str, str]]:
        """Return the pairs of center and pattern that are mined for a network."""
        return [pair for pair in self.used(network) if pair[1] not in self.config["directions"]]

    @cached_property
    def made(self) -> list[tuple[str, str]]:
        """Return the pairs of center and direction that are made, the same for every network."""
        pairs = {pair for network in self.networks for pair in self.used(network)}
        return sorted(pair for pair in pairs if pair[1] in self.config["directions"])

    def epochs(self, network: str) -> list[int]:
        """Return the epochs whose checkpoints are kept."""
        centers = {
            self.epoch(name, network)
            for name, center in self.config["centers"].items()
            if "epoch" in center
        }
        training = self.config["training"]
        return sorted({0, training["epochs"], *training["checkpoints"], *centers})

    def free(self, center: str) -> bool:
        """Return whether a center is a mined origin, not a checkpoint."""
        return center not in self.config["centers"]

    def center(self, center: str, network: str, seed: int) -> str:
        """Return the path of the file of a center: checkpoint, midpoint or mined directions."""
        if self.free(center):
            return self.direction(center, center, network, seed)
        if "midpoint" in self.config["centers"][center]:
            return f"results/{self.name}/{network}/seed{seed}/midpoints/{center}.safetensors"
        return self._checkpoint(self.epoch(center, network), network, seed)

    def start(self, center: str, network: str, seed: int) -> str:
        """Return the path of the center where mining starts: epoch 0 if the origin moves."""
        if self.free(center):
            return self._checkpoint(0, network, seed)
        return self.center(center, network, seed)

    def _checkpoint(self, epoch: int, network: str, seed: int) -> str:
        return f"results/{self.name}/{network}/seed{seed}/checkpoints/epoch{epoch}.safetensors"

    def direction(self, center: str, name: str, network: str, seed: int) -> str:
        """Return the path of a direction's or pattern's file."""
        return f"results/{self.name}/{network}/seed{seed}/directions/{center}/{name}.h5"

    def hessian(self, center: str, network: str, seed: int) -> str:
        """Return the path of the file of a Hessian."""
        return f"results/{self.name}/{network}/seed{seed}/hessian/{center}.h5"

    def eigenplanes(self, network: str) -> list[tuple[str, str]]:
        """Return the pairs of surfaces over noise and over eigenvectors at the same center."""

        def over(kind: str) -> list[str]:
            made = self.config["directions"]
            items = {name: self.config["surfaces"][name] for name in self.surfaces(network)}
            return [
                name
                for name, item in items.items()
                if all(kind in made.get(reference, {}) for reference in self.references(item))
            ]

        center = {name: self.center_of(item) for name, item in self.config["surfaces"].items()}
        return [
            (one, other)
            for other in over("hessian")
            for one in over("noise")
            if center[one] == center[other]
        ]

    def _common(self, network: str) -> dict:
        return {
            "network": self.config["networks"][network],
            "dataset": self.config["dataset"],
            "device": self.config["device"],
        }

    def training_params(self, network: str) -> dict:
        """Return the parameters of training one model."""
        training = for_network(self.config["training"], network)
        del training["checkpoints"]
        return _sorted(
            self._common(network) | {"training": training, "epochs": self.epochs(network)}
        )

    def direction_params(self, network: str) -> dict:
        """Return the parameters of making a model's directions."""
        specs = {name: dict(self.config["directions"][name]) for _, name in self.made}
        for spec in specs.values():
            spec.setdefault("normalise", "none" if "to" in spec else "scaled")
        own = {"directions": specs, "evaluation": self._whole_training_set()}
        return _sorted(self._common(network) | own)

    def mining_params(self, network: str, center: str, pattern: str) -> dict:
        """Return the parameters of mining one pattern at one center."""
        return _sorted(
            self._common(network)
            | {
                "mining": for_network(self.config["mining"], network),
                "free_origin": self.free(center),
                "evaluation": self._whole_training_set()
                | {"batch": self.config["mining"]["batch"]},
            }
        )

    def _evaluation(self) -> dict:
        evaluation = self.config["evaluation"]
        return {key: evaluation[key] for key in ("split", "samples", "batchnorm", "batch")}

    def _whole_training_set(self) -> dict:
        return self._evaluation() | {"split": "train", "samples": None}

    def _grid(self, kind: str, item: dict, network: str) -> dict:
        evaluation = self.config["evaluation"]
        return {
            "center": self.center_of(item),
            "directions": self.references(item),
            "window": item.get("window", evaluation["window"]),
            "points": for_network(evaluation["points"], network)[kind],
        } | ({"tolerance": evaluation["tolerance"]} if kind == "surface" else {})

    def items(self, network: str) -> dict[str, dict]:
        """Return the curves and surfaces of a network by ``curves/{name}``, ``surfaces/{name}``."""
        surfaces = {name: self.config["surfaces"][name] for name in self.surfaces(network)}
        parts = {"curves": self.config["curves"], "surfaces": surfaces}
        return {f"{kind}/{name}": item for kind in parts for name, item in parts[kind].items()}

    def tested(self, network: str) -> list[str]:
        """Return which curves and surfaces are judged on the test samples too: the mined ones."""
        if self.config["evaluation"]["split"] == "test":
            return []
        items = self.items(network).items()
        return [name for name, item in items if "mined" in self.source(item).split()]

    def grid_params(self, network: str, names: list[str], test: bool = False) -> dict:
        """Return the parameters of evaluating some curves and surfaces of a model."""
        items = self.items(network)
        grids = {
            name: self._grid(name.split("/")[0].removesuffix("s"), items[name], network)
            for name in names
        }
        evaluation = self._evaluation()
        if test:
            evaluation |= {"split": "test", "samples": None}
        return _sorted(self._common(network) | {"evaluation": evaluation, "items": grids})

    def population_params(self, network: str) -> dict:
        """Return the parameters of evaluating a population."""
        population = dict(self.config["population"])
        evaluation = self._evaluation() | {"samples": population.pop("samples")}
        population["window"] = self.config["evaluation"]["window"]
        return _sorted(self._common(network) | {"evaluation": evaluation, "population": population})

    def hessian_params(self, network: str) -> dict:
        """Return the parameters of analysing a model's Hessians."""
        options = dict(self.config["hessian"])
        evaluation = self._whole_training_set() | {"samples": options.pop("samples")}
        del options["centers"]
        return _sorted(self._common(network) | {"evaluation": evaluation, "hessian": options})

    def lens_params(self, network: str) -> dict:
        """Return the parameters of explaining a model's curves."""
        params = self.grid_params(network, [f"curves/{name}" for name in self.curves])
        for curve in params["items"].values():
            del curve["points"]
        return params

    def naming_params(self) -> dict:
        """Return the parameters of naming the shapes: what was asked for, and the threshold."""
        asked = {
            f"{kind}s/{name}": {
                "center": self.center_of(item),
                "directions": self.references(item),
                "pattern": self.pattern_of(item),
                "source": self.source(item),
            }
            for kind in ("curve", "surface")
            for name, item in self.config[f"{kind}s"].items()
        }
        return _sorted(
            {
                "shapes": self.config["shapes"],
                "asked": asked,
                "ceiling": self.config["mining"]["ceiling"],
            }
        )

    def figure_params(self) -> dict:
        """Return the parameters of drawing."""
        return _sorted(self.config["figures"])


def _sorted(value):
    """Sort the keys of dicts everywhere: Snakemake compares parameters by their text."""
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    if isinstance(value, (list, tuple)):
        return [_sorted(item) for item in value]
    return value
