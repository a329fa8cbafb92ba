"""The valleys system: its sections, their checks, its stages' parameters, its results."""

from collections.abc import Mapping

from prospect.study import paths, sizes, stages
from prospect.study.checks import Checks
from prospect.study.resolve import of_network
from prospect.study.systems import System

ASYMMETRY = paths.MODEL + "/asymmetry/{center}.h5"
SIDES = paths.MODEL + "/asymmetry.csv"
OF_NETWORK = paths.STUDY + "/{network}/{table}.csv"
FEDERATED = paths.STUDY + "/{network}/federated/{method}.csv"

# the tables of a network by the section that brings them
TABLES = {
    "variations": ["variations"],
    "fusion": ["fusion"],
    "batches": ["batches", "batches-lines"],
    "averages": ["averages", "averages-lines"],
}
# the tables of the study, and the figures, by the same
RESULTS = {
    "asymmetry": ["asymmetry.csv", "controls.csv", "trends.csv", "asymmetry.txt"],
    "variations": ["variations.csv"],
    "fusion": ["fusion.csv", "correlations.csv", "correlations-units.csv"],
    "batches": ["batches.csv", "batches-lines.csv"],
    "averages": ["averages.csv", "averages-lines.csv"],
    "federated": ["federated.csv", "scores.csv", "gains.csv", "partitions.csv"],
    "theory": ["softmax.csv", "relu.csv", "theory.csv"],
}
FIGURES = {
    "asymmetry": [
        *("signs", "losses", "initialisation", "ratio", "directions", "growth-or-signs"),
    ],
    "variations": ["variations"],
    "fusion": ["fusion", "agreement"],
    "batches": ["batches"],
    "averages": ["averages"],
    "federated": ["federated", "growth", "partitions"],
    "theory": ["theory"],
}


def tables_of(section: str) -> list[str]:
    """List the paths of the tables that a section brings of a network."""
    return [OF_NETWORK.replace("{table}", name) for name in TABLES[section]]


class Valleys(System):
    """What arXiv:2405.12489 asks for: asymmetry and signs, fusion, federated training."""

    sections = tuple(RESULTS)

    @classmethod
    def check(cls, config: Mapping, checks: Checks) -> None:
        """Check that centers, networks, their recipes and epochs are there."""
        for section in cls.sections:
            if config[section] is None:
                continue
            for network in config[section].get("networks", config["networks"]):
                checks.known(f"{section}.networks", network, config["networks"], "network")
                if section in TABLES:
                    checks.recipe(f"{section}.networks", network)
            for network in config["networks"]:
                cls._check_of_network(config, checks, section, network)
        if federated := config["federated"]:
            checks.known("federated.network", federated["network"], config["networks"], "network")
            checks.recipe("federated.network", federated["network"])

    @classmethod
    def _check_of_network(cls, config: Mapping, checks: Checks, section: str, network: str) -> None:
        """Check a section as it is for one network."""
        own, key = of_network(config, section, network), checks.key_of(network, section)
        if section == "asymmetry":
            if 0 not in checks.study.epochs(network):
                message = f"wants the initialisation, and '{network}' has no checkpoint of epoch 0"
                checks.fail("asymmetry", message)
            for center in own["centers"]:
                checks.center(f"{key}.centers", center, [network])
            for group in own["groups"]:
                checks.expression(f"{key}.groups", group)
            if own["points"] % 2 == 0:
                checks.fail(f"{key}.points", f"{own['points']} is even; want an odd number")
        elif section == "fusion":
            if beyond := [epoch for epoch in own["compared"] if epoch > own["epochs"]]:
                checks.fail(
                    f"{key}.compared",
                    f"epoch {beyond[0]} is after the last epoch {own['epochs']} of training",
                )
        elif section == "averages" and own["start"] > own["epochs"]:
            checks.fail(
                f"{key}.start",
                f"{own['start']} is after the last epoch {own['epochs']} of training",
            )

    # --- parameters and inputs of its stages -----------------------------------------------------

    def asymmetry_params(self, network: str) -> dict:
        """Return the parameters of measuring the two sides of a model's directions."""
        study = self.study
        own = dict(study.section("asymmetry", network))
        evaluation = stages.evaluation(study, network, samples=own.pop("samples"))
        return stages.ordered(
            stages.common(study, network) | {"evaluation": evaluation, "asymmetry": own}
        )

    def asymmetry_inputs(self, network: str, seed: int) -> dict[str, str]:
        """Name the centers of a model, and its initialisation."""
        study = self.study
        centers = study.section("asymmetry", network)["centers"]
        start = study.path(paths.CHECKPOINT, network, seed, epoch=0)
        return stages.center_inputs(study, centers, network, seed) | {"start": start}

    def asymmetry_outputs(self, network: str) -> dict[str, str]:
        """Name the files of a model's directions, by center, and of their sides."""
        centers = self.study.section("asymmetry", network)["centers"]
        return {name: ASYMMETRY.replace("{center}", name) for name in centers} | {"sides": SIDES}

    def asymmetry_seconds(self, network: str) -> int:
        """Guess the seconds of measuring the two sides of a model's directions."""
        own = self.study.section("asymmetry", network)
        kinds = 2 * len(own["noises"]) * len(own["centers"]) + len(own["ratios"])
        kinds += 2 * len(own["groups"]) + 8 * own["controls"]
        passes = kinds * own["count"] * own["points"]
        return sizes.seconds(self.study, network, passes, own["samples"])

    def network_seconds(self, section: str, network: str) -> int:
        """Guess the seconds of a stage that trains networks of its own."""
        own = self.study.section(section, network)
        epochs = {
            "variations": self.study.section("training", network)["epochs"] * 8,
            "fusion": own.get("epochs", 0) * len(own.get("starts", ())),
            "batches": 8 * own.get("epochs", 0) * 16,
            "averages": own.get("epochs", 0) + own.get("epochs_after", 0),
        }[section]
        passes = epochs * own["pairs"] * (sizes.BACKWARD + 1)
        return sizes.seconds(self.study, network, passes)

    def federated_seconds(self, method: str) -> int:
        """Guess the seconds of training by one method."""
        own = self.study.config["federated"]
        runs = own["runs"] * len(own["alphas"]) * len(own["rates"]) * len(own["methods"][method])
        passes = runs * own["rounds"] * own["fraction"] * own["local_epochs"] * sizes.BACKWARD
        return sizes.seconds(self.study, own["network"], passes)

    def federated_params(self, method: str) -> dict:
        """Return the parameters of training by one method."""
        own = dict(self.study.config["federated"])
        params = stages.section_params(self.study, "federated", own.pop("network"))
        del params["training"], params["evaluation"], params["federated"]["network"]
        params["federated"]["strengths"] = params["federated"].pop("methods")[method]
        return params

    # --- results ---------------------------------------------------------------------------------

    def side_files(self) -> list[str]:
        """List the tables of all models' directions."""
        study = self.study
        return study.of_models(lambda *model: [study.path(SIDES, *model)])

    def grid_files(self) -> list[str]:
        """List the files of all models' directions."""
        study = self.study
        return study.of_models(
            lambda network, seed: [
                study.path(ASYMMETRY, network, seed, center=center)
                for center in study.section("asymmetry", network)["centers"]
            ]
        )

    def files_of(self, section: str) -> dict[str, list[str]]:
        """List the tables that a section brings of its networks, by the name of the table."""
        return {
            table.replace("-", "_"): [
                OF_NETWORK.format(study=self.study.name, network=network, table=table)
                for network in self.networks(section)
            ]
            for table in TABLES[section]
        }

    def federated_files(self) -> list[str]:
        """List the tables of all methods."""
        own = self.study.config["federated"]
        names = {"study": self.study.name, "network": own["network"]}
        return [FEDERATED.format(method=method, **names) for method in own["methods"]]

    def tables(self) -> list[str]:
        """List the tables of the study that its claims may be held against."""
        names = [
            name for section in self.sections if self.has(section) for name in RESULTS[section]
        ]
        return [self.table(name) for name in names if name.endswith(".csv")]

    def page_files(self) -> dict[str, list[str]]:
        """List the files that its panels on the page are made from, by the names that they read."""
        shown = {"asymmetry": ["asymmetry", "controls"], "fusion": ["fusion"]}
        shown["federated"] = ["federated"]
        return {
            name: [self.table(f"{name}.csv")] if self.has(section) else []
            for section, names in shown.items()
            for name in names
        }

    def targets(self) -> list[str]:
        """List the files that a finished study has of it."""
        there = [section for section in self.sections if self.has(section)]
        figures = [f"valleys/{name}" for section in there for name in FIGURES[section]]
        tables = [self.table(name) for section in there for name in RESULTS[section]]
        return [*tables, *stages.figure_files(self.study, figures)]
