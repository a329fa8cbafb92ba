"""The spinglass system: its sections, their checks, its stages' parameters, its results."""

import math
from collections.abc import Mapping

from prospect.model.layers import hidden_layers
from prospect.study import paths, sizes, stages
from prospect.study.checks import Checks
from prospect.study.landscape_checks import check_shards
from prospect.study.resolve import of_network
from prospect.study.systems import System

OF_NETWORK = paths.STUDY + "/{network}/{table}.csv"
SHARD = paths.STUDY + "/{network}/shards/{section}/{shard}.h5"

# the tables of a network by the section that brings them
TABLES = {
    "overlaps": ["overlaps"],
    "walks": ["walks", "metropolis"],
    "permutations": ["permutations", "segments"],
    "widths": ["widths"],
    "solutions": ["solutions", "distributions", "hierarchy", "distances"],
    "ruggedness": ["ruggedness"],
    "threshold": ["threshold"],
}
# the tables and texts of the study, and the figures, by the same
RESULTS = {
    "overlaps": ["orders.csv", "orders-units.csv", "spectra.csv"],
    "walks": ["memory.csv", "diffusion.csv"],
    "permutations": ["permutations.csv", "permutations-units.csv", "permutations-exponents.csv"],
    "widths": ["widths.csv", "widths-exponents.csv"],
    "solutions": ["solutions.csv", "hierarchy.csv", "hierarchy.txt"],
    "ruggedness": ["ruggedness.csv", "paired.csv", "ranks.csv", "ranks-units.csv"],
    "threshold": ["threshold.csv"],
}
FIGURES = {
    "overlaps": ["spectra", "orders"],
    "walks": ["walks"],
    "permutations": ["permutations"],
    "widths": ["widths"],
    "solutions": ["distributions", "dendrograms", "hierarchy"],
    "ruggedness": ["flatness", "correlations"],
    "threshold": ["threshold"],
}
# what several jobs may share, and by what: ensembles that are trained one after another
SHARED = {"solutions": "sets", "ruggedness": "settings"}
ONE_LAYER = ("permutations", "ruggedness")  # their protocols are of one hidden ReLU layer


class Spinglass(System):
    """What arXiv:2407.20724 asks for: walks, permutations, solutions and ruggedness."""

    sections = tuple(RESULTS)

    @classmethod
    def check(cls, config: Mapping, checks: Checks) -> None:
        """Check that networks, centers and epochs are there, of the right kind, with a recipe."""
        for section in cls.sections:
            if config[section] is None:
                continue
            of = config[section].get("networks", config["networks"])
            for network in of:
                checks.known(f"{section}.networks", network, config["networks"], "network")
                checks.recipe(f"{section}.networks", network)
                cls._check_of_network(config, checks, section, network)

    @classmethod
    def _check_of_network(cls, config: Mapping, checks: Checks, section: str, network: str) -> None:
        """Check a section as it is for one network."""
        own, key = of_network(config, section, network), checks.key_of(network, section)
        training = of_network(config, "training", network)
        if section in ONE_LAYER:
            _check_one_layer(config["networks"][network], checks, section, network)
        for center in own.get("centers", ()):
            checks.epoch(f"{key}.centers", center, network)
        if section == "permutations":
            units = hidden_layers(config["networks"][network])[0]
            for moved in own["moved"]:
                if moved % 2 or not 2 <= moved <= units:
                    checks.fail(
                        f"{key}.moved",
                        f"{moved} of {units} units to move; want even numbers of 2 to {units}",
                    )
        if section == "solutions":
            _check_forks(own["forks"], training["epochs"], checks, key)
        if section == "ruggedness":
            _check_settings(own, checks, key)
        if section in SHARED:
            check_shards(checks, key, own, _parts(section, own), SHARED[section])

    # --- parameters of its stages ----------------------------------------------------------------

    def params(self, section: str, network: str) -> dict:
        """Return the parameters of measuring a section's networks."""
        params = stages.section_params(self.study, section, network)
        params[section].pop("shards", None)
        if "centers" in (own := params[section]):
            own["centers"] = {name: self.study.epoch(name, network) for name in own["centers"]}
        return stages.ordered(params)

    def join_params(self, section: str) -> dict:
        """Return what a section says to all networks."""
        own = dict(self.study.config[section])
        own.pop("shards", None)
        return stages.ordered(own)

    def shards(self, section: str, network: str) -> int:
        """Return how many jobs share the measuring of a section's networks."""
        return self.study.section(section, network).get("shards", 1)

    def shard_files(self, section: str, network: str) -> dict[str, list[str]]:
        """Name the files of shards in their order, none where one job does all."""
        count = self.shards(section, network)
        if count == 1:
            return {}
        path = SHARD.format(
            study=self.study.name, network=network, section=section, shard="{shard}"
        )
        return {"shards": [path.replace("{shard}", str(shard)) for shard in range(count)]}

    def seconds(self, section: str, network: str) -> int:
        """Guess the seconds of measuring a section's networks."""
        own = self.study.section(section, network)
        epochs = self.study.section("training", network)["epochs"]
        passes = _trained(section, own, epochs) * (sizes.BACKWARD + 1) + _looked_at(section, own)
        return sizes.seconds(self.study, network, passes)

    def shard_seconds(self, section: str, network: str) -> int:
        """Guess the seconds of measuring a section's networks, or one of its shards."""
        return round(self.seconds(section, network) / self.shards(section, network))

    # --- results ---------------------------------------------------------------------------------

    def files_of(self, section: str) -> dict[str, list[str]]:
        """List the tables that a section brings of its networks, by the name of the table."""
        return {
            table: [
                OF_NETWORK.format(study=self.study.name, network=network, table=table)
                for network in self.networks(section)
            ]
            for table in TABLES[section]
        }

    def results_of(self, section: str) -> list[str]:
        """List the tables and texts of the study that a section brings."""
        return [self.table(name) for name in RESULTS[section]]

    def tables(self) -> list[str]:
        """List the tables of the study that its claims may be held against."""
        there = [section for section in self.sections if self.has(section)]
        results = [path for section in there for path in self.results_of(section)]
        return [path for path in results if path.endswith(".csv")]

    def page_files(self) -> dict[str, list[str]]:
        """List the files that its panels on the page are made from, by the names that they read."""
        shown = {"overlaps": "spectra", "permutations": "permutations"}
        found = {
            name: [self.table(f"{name}.csv")] if self.has(section) else []
            for section, name in shown.items()
        }
        distances = self.files_of("solutions")["distances"] if self.has("solutions") else []
        return found | {"distances": distances}

    def targets(self) -> list[str]:
        """List the files that a finished study has of it."""
        there = [section for section in self.sections if self.has(section)]
        figures = [f"spinglass/{name}" for section in there for name in FIGURES[section]]
        results = [path for section in there for path in self.results_of(section)]
        return [*results, *stages.figure_files(self.study, figures)]


def _check_one_layer(network: Mapping, checks: Checks, section: str, name: str) -> None:
    """Fail where a network is not one hidden ReLU layer."""
    if network["architecture"] != "mlp" or network.get("batchnorm"):
        checks.fail(
            f"{section}.networks", f"'{name}' is not one hidden ReLU layer; want an mlp that is"
        )
    if len(layers := hidden_layers(network)) != 1:
        checks.fail(
            f"{section}.networks",
            f"'{name}' has {len(layers)} hidden layers; want one, such as hidden: [64]",
        )


def _check_settings(own: Mapping, checks: Checks, key: str) -> None:
    """Fail where the settings of `ruggedness` do not go together."""
    if own["reference"] not in own["batches"]:
        checks.fail(f"{key}.reference", f"{own['reference']} is not one of `batches`")
    losses, noises = len(own["losses"]), len(own["label_noises"])
    if losses != noises:
        checks.fail(f"{key}.losses", f"{losses} for {noises} label noises; want one each")


def _check_forks(forks: list[int], epochs: int, checks: Checks, key: str) -> None:
    """Fail where runs cannot fork at these epochs."""
    if forks != sorted(forks):
        checks.fail(f"{key}.forks", f"{forks} does not increase; want epochs in order")
    if forks[-1] >= epochs:
        checks.fail(
            f"{key}.forks",
            f"{forks[-1]} is not before the last epoch {epochs} of training; want at most "
            f"{epochs - 1}",
        )


def _parts(section: str, own: Mapping) -> int:
    """Return how many ensembles a section trains one after another, each in passes of its own."""
    if section == "solutions":
        return own["sets"]
    return len(own["batches"]) * len(own["rates"]) * 2 * len(own["label_noises"])


def _trained(section: str, own: Mapping, epochs: int) -> float:
    """Return the epochs that a section trains, all networks together."""
    if section == "solutions":
        forked = own["branches"] ** len(own["forks"])
        return _parts(section, own) * (own["count"] + forked) * epochs
    if section == "ruggedness":
        return _parts(section, own) * own["starts"] * own["epochs"] / 4
    if section == "threshold":
        return len(own["widths"]) * own["count"] * own["steps"] / 10
    lengths = sum(own.get("epochs", [epochs]))
    return own["count"] * len(own.get("widths", [1])) * lengths


def _looked_at(section: str, own: Mapping) -> float:
    """Return the forward passes that a section takes of its networks once they are trained."""
    if section == "overlaps":
        return 16 * own["circles"] * own["count"] * len(own["centers"]) * (len(own["radii"]) + 1)
    if section == "walks":
        walked = 3 * own["steps"] + 1600 * (len(own["temperatures"]) + 1)
        return walked * own["count"] * len(own["centers"])
    if section == "permutations":
        copies = 3 * len(own["moved"]) * own["draws"]
        return 40 * own["count"] * copies * len(own["epochs"])
    if section == "widths":
        return 80 * math.comb(own["count"], 2) * len(own["widths"]) * len(own["epochs"])
    return 0
