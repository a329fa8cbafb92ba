"""The samples system: its sections, their checks, its stages' parameters, its results."""

import itertools
from collections.abc import Mapping, Sequence

from prospect.study import paths, sizes, stages
from prospect.study.checks import Checks
from prospect.study.resolve import of_network
from prospect.study.systems import System

OF_NETWORK = paths.STUDY + "/{network}/{table}"
OF_MODEL = paths.MODEL + "/{table}"

# the sections by what their stage is done for: once, for every network, or for every model
ONCE = ("increments", "bounds", "hessians", "retraining")
BY_NETWORK = ("convergence", "second_order")
# the tables that a section's stage brings
TABLES = {
    "increments": ["increments.csv", "increments-curves.csv"],
    "convergence": ["convergence.csv", "planes.csv"],
    "samples_needed": [
        *("samples_needed.csv", "samples_needed-sizes.csv", "samples_needed-curves.csv"),
    ],
    "second_order": ["second_order.csv"],
    "bounds": ["bounds.csv"],
    "hessians": ["hessians.csv"],
    "retraining": ["retraining.csv", "shared-plane.csv", "surfaces.csv", "corners.csv"],
}
# the tables and texts of the study that are joined from these, and the figures
JOINED = {
    "increments": ["increments-trends.csv", "increments-steps.csv", "increments-published.csv"],
    "convergence": TABLES["convergence"],
    "samples_needed": [*TABLES["samples_needed"], "samples_needed.txt"],
    "second_order": TABLES["second_order"],
    "bounds": [],
    "hessians": [],
    "retraining": ["exponents.csv", "exponents-units.csv"],
}
FIGURES = {
    "increments": ["increments", "levels", "published"],
    "convergence": ["convergence", "formula", "planes"],
    "samples_needed": ["samples-needed"],
    "second_order": ["second-order"],
    "bounds": ["ladder", "ladder-costs", "violation"],
    "hessians": ["hessians"],
    "retraining": ["retraining", "settling"],
}
ANIMATION = paths.FIGURE.replace("{figure}", "samples/animation").replace("{format}", "gif")


class Samples(System):
    """What arXiv:2409.11995 asks for: what samples that are added change of a landscape."""

    sections = tuple(TABLES)
    for_any_task = ("samples_needed",)

    @classmethod
    def check(cls, config: Mapping, checks: Checks) -> None:
        """Check that networks, recipes and centers are there, of the right kind; sizes increase."""
        if (hessians := config["hessians"]) is not None:
            _check_increasing(checks, "hessians.sizes", hessians["sizes"])
        for section in filter(config.get, BY_NETWORK):
            for network in config[section].get("networks", config["networks"]):
                checks.known(f"{section}.networks", network, config["networks"], "network")
                checks.recipe(f"{section}.networks", network)
            for network in config["networks"]:
                cls._check_of_network(config, checks, section, network)
        if config["samples_needed"] and not (config["curves"] or config["surfaces"]):
            checks.fail("samples_needed", "the study has no curve and no surface; want some")

    @classmethod
    def _check_of_network(cls, config: Mapping, checks: Checks, section: str, network: str) -> None:
        """Check a section as it is for one network."""
        own, key = of_network(config, section, network), checks.key_of(network, section)
        for center in own.get("centers", ()):
            checks.epoch(f"{key}.centers", center, network)
        _check_increasing(checks, f"{key}.sizes", own["sizes"])

    # --- parameters and inputs of its stages -----------------------------------------------------

    def params(self, section: str, network: str) -> dict:
        """Return the parameters of measuring a section's networks."""
        params = stages.section_params(self.study, section, network)
        if "centers" in (own := params[section]):
            epochs = [[name, self.study.epoch(name, network)] for name in own["centers"]]
            own["centers"] = sorted(epochs, key=lambda center: center[1])
        return stages.ordered(params)

    def own_params(self, section: str) -> dict:
        """Return what a section says, and of which data."""
        config = self.study.config
        names = ("dataset", "device", section)
        return stages.ordered({name: config[name] for name in names})

    def item_params(self, network: str, seed: int) -> dict:
        """Return the parameters of measuring a model's curves and surfaces."""
        own = dict(self.study.config["samples_needed"])
        samples = own.pop("samples")
        keys = self.study.items(network, seed)
        params = stages.grid_params(self.study, network, keys, samples=samples)
        return stages.ordered(params | {"samples_needed": own})

    def item_inputs(self, network: str, seed: int) -> dict[str, str]:
        """Name the centers and directions of a model's curves and surfaces."""
        return stages.grid_inputs(self.study, self.study.items(network, seed), network, seed)

    def seconds(self, section: str, network: str) -> int:
        """Guess the seconds of measuring a section's networks."""
        own = self.study.section(section, network)
        epochs = self.study.section("training", network)["epochs"]
        passes = epochs * (sizes.BACKWARD + 1)
        if section == "convergence":
            passes += len(own["centers"]) * len(own["radii"]) * own["points"] ** 2
        else:
            passes += own["orders"] * len(own["sizes"]) * 30 * sizes.PRODUCT
        return sizes.seconds(self.study, network, own["count"] * passes)

    def own_seconds(self, section: str) -> int:
        """Guess the seconds of a section that trains perceptrons of its own."""
        own, network = self.study.config[section], self.study.networks[0]
        samples = own["samples"] if section == "increments" else None
        if section == "increments":
            networks, epochs = len(own["widths"]) * len(own["depths"]), max(own["epochs"])
        elif section == "bounds":
            networks, epochs = (
                len(own["widths"]) + len(own["depths"]),
                own["epochs"] + own["samples"],
            )
        elif section == "hessians":
            networks, epochs = len(own["widths"]), own["epochs"] + 100 * own["orders"]
        else:
            networks, epochs = 2, own["epochs"]
        passes = networks * own["count"] * epochs * (sizes.BACKWARD + 1)
        return sizes.seconds(self.study, network, passes, samples)

    def item_seconds(self, network: str, seed: int) -> int:
        """Guess the seconds of measuring a model's curves and surfaces."""
        points = self.study.config["samples_needed"]["points"]
        keys = self.study.items(network, seed)
        passes = sum(points ** (1 if "curves/" in key else 2) for key in keys)
        return sizes.seconds(self.study, network, passes)

    # --- results ---------------------------------------------------------------------------------

    def outputs(self, section: str) -> list[str]:
        """List the paths of the tables that a section's stage brings."""
        place = OF_NETWORK if section in BY_NETWORK else OF_MODEL
        return [
            (paths.TABLE if section in ONCE else place).replace("{table}", name)
            for name in TABLES[section]
        ]

    def files_of(self, section: str) -> dict[str, list[str]]:
        """List the tables that a section's stages bring, by the name of the table."""
        study, found = self.study, {}
        for path, name in zip(self.outputs(section), TABLES[section], strict=True):
            if section in ONCE:
                files = [path.format(study=study.name)]
            elif section in BY_NETWORK:
                of = self.networks(section)
                files = [path.format(study=study.name, network=network) for network in of]
            else:
                files = study.of_models(lambda *model, path=path: [study.path(path, *model)])
            found[name.removesuffix(".csv").replace("-", "_")] = files
        return found

    def results_of(self, section: str) -> list[str]:
        """List the tables and texts of the study that a section brings."""
        names = JOINED[section] if section not in ONCE else TABLES[section] + JOINED[section]
        return [self.table(name) for name in names]

    def tables_of(self, section: str) -> list[str]:
        """List the tables of the study that a section brings."""
        return [path for path in self.results_of(section) if path.endswith(".csv")]

    def tables(self) -> list[str]:
        """List the tables of the study that its claims may be held against."""
        there = [section for section in self.sections if self.has(section)]
        return [path for section in there for path in self.tables_of(section)]

    def page_files(self) -> dict[str, list[str]]:
        """List the files that its panels on the page are made from, by the names that they read."""
        shown = {
            "surfaces": ("retraining", "surfaces.csv"),
            "convergence": ("convergence", "convergence.csv"),
            "needed": ("samples_needed", "samples_needed.csv"),
        }
        return {
            name: [self.table(table)] if self.has(section) else []
            for name, (section, table) in shown.items()
        }

    def targets(self) -> list[str]:
        """List the files that a finished study has of it."""
        there = [section for section in self.sections if self.has(section)]
        figures = [f"samples/{name}" for section in there for name in FIGURES[section]]
        results = [path for section in there for path in self.results_of(section)]
        moving = [ANIMATION.format(study=self.study.name)] if self.has("retraining") else []
        return [*results, *stages.figure_files(self.study, figures), *moving]


def _check_increasing(checks: Checks, key: str, sizes: Sequence[int]) -> None:
    """Fail where sizes do not increase."""
    for one, other in itertools.pairwise(sizes):
        if one >= other:
            checks.fail(key, f"{other} follows {one}; want increasing numbers")
