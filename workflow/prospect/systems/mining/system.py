"""The mining system: its sections, their checks, its stages' parameters, its results."""

from collections import Counter
from collections.abc import Mapping

from prospect.base.files import short
from prospect.landscape import patterns
from prospect.study import paths, sizes, stages
from prospect.study.checks import Checks
from prospect.study.resolve import of_network
from prospect.study.systems import System

LENS = paths.MODEL + "/lens.csv"


class Mining(System):
    """What arXiv:2405.12493 asks for: mined patterns, named shapes, the Hessian's explanation."""

    sections = for_any_task = ("mining", "shapes")

    @classmethod
    def check(cls, config: Mapping, checks: Checks) -> None:
        """Check that what is mined has a goal that can be met."""
        for key, pattern, _ in checks.mined():
            for network in config["networks"]:
                goal = options_for(of_network(config, "mining", network), pattern)
                if goal["margin"] >= goal["ceiling"]:
                    checks.fail(
                        key,
                        f"pattern '{pattern.name}' is mined to a margin of {goal['margin']:g} "
                        f"below a ceiling of {goal['ceiling']:g}; the margin must be the smaller "
                        "one",
                    )

    @property
    def wanted(self) -> bool:
        """Whether there is anything to name or to explain."""
        config = self.study.config
        sections = ("curves", "surfaces", "populations", "hessian")
        return any(config[section] for section in sections)

    # --- what is mined and what is judged -------------------------------------------------------

    def tested(self, network: str) -> list[str]:
        """Return which curves and surfaces are judged on the test samples too: the mined ones."""
        if self.study.section("evaluation", network)["split"] == "test":
            return []
        items = self.study.items(network).items()
        return [key for key, item in items if self.study.is_mined(item)]

    def eigenplanes(self, network: str) -> list[tuple[str, str]]:
        """Return the pairs of surfaces over noise and over eigenvectors at the same center.

        Those of the first seed.
        """
        study = self.study
        names = study.surfaces_of(network, study.seeds[0])
        surfaces = {name: study.config["surfaces"][name] for name in names}
        over = {
            kind: [name for name, item in surfaces.items() if study.kinds(item) == [kind]]
            for kind in ("noise", "hessian")
        }
        center = {name: study.center_of(item) for name, item in surfaces.items()}
        return [
            (one, other)
            for other in over["hessian"]
            for one in over["noise"]
            if center[one] == center[other]
        ]

    # --- parameters and inputs of its stages -----------------------------------------------------

    def mining_params(self, network: str, center: str, pattern: str) -> dict:
        """Return the parameters of mining one pattern at one center."""
        study = self.study
        mining = study.section("mining", network)
        own = {
            "mining": options_for(mining, patterns.read(study.drawings[pattern])),
            "free_origin": study.is_mined_origin(center),
            "evaluation": stages.whole_training_set(study, network),
        }
        return stages.ordered(stages.common(study, network) | own)

    def mining_inputs(self, network: str, seed: int, center: str, pattern: str) -> dict[str, str]:
        """Name the pattern and where mining starts: the first checkpoint if the origin moves."""
        study = self.study
        start = study.center(center, network, seed)
        if study.is_mined_origin(center):
            start = study.path(paths.CHECKPOINT, network, seed, epoch=study.epochs(network)[0])
        return {"start": start, "pattern": short(study.drawings[pattern])}

    def test_inputs(self, network: str, seed: int) -> dict[str, str]:
        """Name the centers and directions of what is judged on the test samples."""
        return stages.grid_inputs(self.study, self.tested(network), network, seed)

    def test_params(self, network: str) -> dict:
        """Return the parameters of evaluating what is judged on the test samples."""
        over = {"split": "test", "samples": None}
        return stages.grid_params(self.study, network, self.tested(network), **over)

    def naming_params(self) -> dict:
        """Return the parameters of naming: the threshold, what was asked for, trained centers."""
        study, asked = self.study, {}
        for kind in ("curve", "surface"):
            for name, item in study.config[f"{kind}s"].items():
                asked[paths.key_of(kind, name)] = {
                    "center": study.center_of(item),
                    "directions": study.references(item),
                    "pattern": study.pattern_of(item),
                    "source": " ".join(study.kinds(item)),
                }
        trained = {network: self.trained_centers(network) for network in study.networks}
        options = {"shapes": study.config["shapes"], "asked": asked, "trained": trained}
        return stages.ordered(options)

    def trained_centers(self, network: str) -> list[str]:
        """Return the centers looked at where training ends: the last epoch, or an average."""
        study, kinds = self.study, self.study.section("centers", network)
        last = study.last(network)
        used = {study.center_of(item) for item in study.items(network).values()}
        used |= {population["center"] for population in study.config["populations"].values()}
        ends = {
            name
            for name in used & kinds.keys()
            if "swa" in kinds[name]
            or ("epoch" in kinds[name] and 0 < last == study.epoch(name, network))
        }
        return sorted(ends)

    def lens_params(self, network: str) -> dict:
        """Return the parameters of explaining a model's curves."""
        study = self.study
        keys = {paths.key_of("curve", name): name for name in study.curves}
        params = stages.grid_params(study, network, keys)
        curves = {keys[key]: curve for key, curve in params.pop("items").items()}
        for curve in curves.values():
            del curve["points"]
        return stages.ordered(params | {"curves": curves})

    def mining_seconds(self, network: str) -> int:
        """Guess the seconds of mining one pattern: half of the steps of one attempt."""
        mining = self.study.section("mining", network)
        passes = sizes.BACKWARD * mining["steps"] * mining["points"]  # of low, and of high points
        return sizes.seconds(self.study, network, passes, mining["batch"])

    def test_seconds(self, network: str) -> int:
        """Guess the seconds of evaluating what is judged on the test samples."""
        return sizes.grid_seconds(self.study, network, self.tested(network))

    def lens_seconds(self, network: str) -> int:
        """Guess the seconds of explaining a model's curves: about 50 losses in float64 each."""
        return sizes.seconds(self.study, network, 2 * 50 * len(self.study.curves))

    # --- results ---------------------------------------------------------------------------------

    def grid_files(self) -> list[str]:
        """List the files of all that is named."""
        study = self.study
        named = stages.curve_files(study), stages.surface_files(study)
        return [path for paths_of in (*named, stages.population_files(study)) for path in paths_of]

    def mined_files(self) -> list[str]:
        """List the files of all mined directions."""
        study = self.study
        return study.of_models(
            lambda network, seed: [
                study.path(paths.DIRECTION, network, seed, center=center, direction=pattern)
                for center, pattern in study.mined(network)
            ]
        )

    def test_files(self) -> list[str]:
        """List the files of all grids over the test samples."""
        study = self.study
        return study.of_models(
            lambda network, seed: [
                study.path(paths.TEST_GRID, network, seed, key=key) for key in self.tested(network)
            ]
        )

    def pattern_files(self) -> list[str]:
        """List the files of all patterns that are mined."""
        return [short(self.study.drawings[name]) for name in self.study.patterns]

    def lens_files(self) -> list[str]:
        """List the tables of all models' curves through the lens."""
        study = self.study
        if not (study.config["hessian"] and study.curves):
            return []
        return study.of_models(lambda *model: [study.path(LENS, *model)])

    def eigenplane_files(self) -> list[str]:
        """List pairs of surfaces over noise and over eigenvectors, for the first seed."""
        study, seed = self.study, self.study.seeds[0]
        return [
            study.path(paths.SURFACE, network, seed, surface=name)
            for network in study.networks
            for pair in self.eigenplanes(network)
            for name in pair
        ]

    def compared(self) -> list[str]:
        """List the surfaces that are drawn side by side: those of several models, if asked for."""
        study = self.study
        if not study.config["figures"]["common_limits"]:
            return []
        counts = Counter(study.of_models(study.surfaces_of))
        return [name for name, count in counts.items() if count > 1]

    def figures(self) -> dict[str, list[str]]:
        """Return the names of its figures that have something to show, by theme."""
        study = self.study
        surfaces = study.of_models(
            lambda network, seed: [
                f"surfaces/{network}-seed{seed}-{name}" for name in study.surfaces_of(network, seed)
            ]
        )
        curves = study.of_models(lambda network, seed: [f"curves/{network}-seed{seed}"])
        there = {
            "curves": curves if study.curves else [],
            "surfaces": surfaces,
            "comparisons": [f"comparisons/{name}" for name in self.compared()],
            "atlas": ["atlas"] if study.curves or surfaces else [],
            "populations": [f"populations/{name}" for name in study.config["populations"]],
            "mining": ["mining", "success"] if self.mined_files() else [],
            "hessian": ["spectrum", "curvature"] if stages.hessian_files(study) else [],
            "lens": ["lens"] if self.lens_files() else [],
            "eigenplanes": ["eigenplanes"] if self.eigenplane_files() else [],
        }
        return {theme: names for theme, names in there.items() if names}

    def tables(self) -> list[str]:
        """List the tables of the study that its claims may be held against."""
        names = ["shapes.csv", "population.csv"]
        names += ["success.csv", "chance.csv", "mined.csv"] if self.mined_files() else []
        names += ["hessian.csv", "lens.csv"] if stages.hessian_files(self.study) else []
        return list(map(self.table, names))

    def targets(self) -> list[str]:
        """List the files that a finished study has of it."""
        tables = ["shapes.csv"]
        tables += ["mining.txt"] if self.mined_files() else []
        tables += ["findings.txt"] if stages.hessian_files(self.study) else []
        figures = [name for names in self.figures().values() for name in names]
        return [*map(self.table, tables), *stages.figure_files(self.study, figures)]

    def page_files(self) -> dict[str, list[str]]:
        """List the files that its panels on the page are made from, by the names that they read."""
        hessians = stages.hessian_files(self.study)
        mined = self.mined_files()
        return {
            "shapes": [self.table("shapes.csv")],
            "population": [self.table("population.csv")],
            "tests": self.test_files(),
            "patterns": self.pattern_files(),
            "lens": self.lens_files(),
            "success": [self.table("success.csv")] if mined else [],
            "hessians": hessians,
            "densities": [self.table("densities.csv")] if hessians else [],
        }


def options_for(mining: Mapping, pattern: patterns.Pattern) -> dict:
    """Return mining's options for one pattern: its own wishes take the place of the study's."""
    return {**mining, **pattern.wishes}
