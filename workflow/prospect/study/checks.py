"""What a schema cannot say: that names refer to something and parts fit together.

One function a section; each fails with the first thing that is wrong.
"""

import importlib.util
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NoReturn

from prospect.base import references
from prospect.base.errors import ProspectError, hint
from prospect.base.files import short
from prospect.landscape import patterns
from prospect.landscape.kinds import KINDS
from prospect.study.resolve import of_network

OPTIONS = {  # of every architecture
    "mlp": {"hidden", "width", "depth", "bias", "batchnorm"},
    "resnet": {"width", "blocks"},
    "vgg": {"depth", "width", "batchnorm"},
}


VGG_DEPTHS = (11, 13, 16, 19)


class Checks:
    """A config with its defaults, and what the checks of all sections share.

    config, where : the config, and the names of its files
    patterns : the pattern files by name
    """

    def __init__(self, config: Mapping, where: str, folder: Path):
        self.config, self.where = config, where
        self.patterns = patterns.files(folder)

    def fail(self, key: str, message: str) -> NoReturn:
        """Raise a ProspectError that names file and key."""
        raise ProspectError(f"{self.where}: {key}: {message}")

    def known(self, key: str, name: str, names: Iterable[str], what: str) -> None:
        """Fail where a name is not among the known ones."""
        names = list(names)
        if name not in names:
            self.fail(key, f"there is no {what} '{name}'; {hint(name, names)}")

    def center(self, key: str, name: str) -> None:
        """Fail where there is no such center."""
        self.known(key, name, self.config["centers"], "center")

    def key_of(self, network: str, section: str) -> str:
        """Return where a section of a network stands: with the network, or with the study."""
        own = section in self.config["networks"][network]
        return f"networks.{network}.{section}" if own else section

    def free_name(self, key: str, name: str) -> None:
        """Fail where a name is a pattern's already."""
        if name in self.patterns:
            file = short(self.patterns[name])
            self.fail(key, f"the name is taken by {file}; choose one")

    def module(self, key: str, path: str) -> None:
        """Fail where there is no module to import ``package.module:name`` from."""
        module, colon, _ = path.partition(":")
        try:
            found = not colon or importlib.util.find_spec(module)
        except ModuleNotFoundError:
            found = None
        if not found:
            message = f"there is no module '{module}'; it is looked for from the project's root"
            self.fail(key, message)

    def items(self) -> Iterator[tuple[str, str, Mapping]]:
        """Yield key, kind and description of every curve and surface."""
        for kind in ("curve", "surface"):
            for name, item in self.config[f"{kind}s"].items():
                yield f"{kind}s.{name}", kind, item

    def mined(self) -> Iterator[tuple[str, patterns.Pattern, str | None]]:
        """Yield key, pattern and center, if it has one, of everything that is mined."""
        for key, _, item in self.items():
            for part, reference in _named(item):
                name, _ = references.split(reference)
                if name not in self.config["directions"]:
                    pattern = patterns.read(self.patterns[name])
                    yield f"{key}.{part}", pattern, item.get("center")


def _named(item: Mapping) -> Iterator[tuple[str, str]]:
    """Yield the key and name of every pattern and direction of a curve or surface."""
    for key in ("pattern", "direction"):
        if key in item:
            yield key, item[key]
    for reference in item.get("directions", []):
        yield "directions", reference


def check_shared(checks: Checks) -> None:
    """Check all shared sections."""
    check_dataset(checks)
    check_networks(checks)
    for network in checks.config["networks"]:
        check_training(checks, network)
        check_centers(checks, network)
    check_starts(checks)
    check_directions(checks)
    check_hessian(checks)
    check_populations(checks)
    check_curves(checks)
    check_surfaces(checks)
    check_drawings(checks)
    check_frozen(checks)


def check_dataset(checks: Checks) -> None:
    """Check that own data can be imported, and that only they have options."""
    dataset = checks.config["dataset"]
    checks.module("dataset.name", dataset["name"])
    if dataset["options"] and ":" not in dataset["name"]:
        checks.fail(
            "dataset.options", f"'{dataset['name']}' takes none; they are for your own data"
        )


def check_networks(checks: Checks) -> None:
    """Check that own networks can be imported, and that options fit the architecture."""
    for name, network in checks.config["networks"].items():
        key, architecture = f"networks.{name}", network["architecture"]
        checks.module(f"{key}.architecture", architecture)
        allowed = OPTIONS.get(architecture, {"options"})
        options = network.keys() - {"architecture", "batchnorm_init"} - checks.config.keys()
        for option in sorted(options - allowed):
            takes = ", ".join(sorted(allowed))
            message = f"architecture '{architecture}' takes only {takes}"
            checks.fail(f"{key}.{option}", message)
        if architecture == "vgg" and network.get("depth", 16) not in VGG_DEPTHS:
            known = ", ".join(map(str, VGG_DEPTHS))
            checks.fail(f"{key}.depth", f"{network['depth']} is not one of {known}")
        if architecture == "mlp" and ("width" in network) != ("depth" in network):
            checks.fail(key, "width and depth go together: that many layers of that width")
        if "hidden" in network and "width" in network:
            checks.fail(key, "want either hidden, or width and depth")


def check_training(checks: Checks, network: str) -> None:
    """Check that epochs and parts of a network's training are there."""
    training = of_network(checks.config, "training", network)
    key, last = checks.key_of(network, "training"), training["epochs"]
    for epoch in training["checkpoints"]:
        if epoch > last:
            message = f"{epoch} is after the last epoch {last} of training"
            checks.fail(f"{key}.checkpoints", message)
    if training["part"] >= training["parts"]:
        message = f"{training['part']} is none of the parts 0 to {training['parts'] - 1}"
        checks.fail(f"{key}.part", message)
    if training["swa"] and training["swa"]["start"] > last:
        message = f"{training['swa']['start']} is after the last epoch {last} of training"
        checks.fail(f"{key}.swa.start", message)
    if training["swa"] and training["until"]:
        checks.fail(f"{key}.swa", "goes not together with until: its epochs would be missing")


def check_starts(checks: Checks) -> None:
    """Check that training starts at a checkpoint of another network, and not in a circle."""
    config, starts = checks.config, {}
    for network in config["networks"]:
        start = of_network(config, "training", network)["start"]
        if not start:
            continue
        key = f"{checks.key_of(network, 'training')}.start"
        checks.known(f"{key}.network", start["network"], config["networks"], "network")
        centers = of_network(config, "centers", start["network"])
        checks.known(f"{key}.center", start["center"], centers, "center")
        if "midpoint" in centers[start["center"]]:
            checks.fail(f"{key}.center", f"'{start['center']}' is a midpoint; want a checkpoint")
        starts[network] = start["network"]
    for network in starts:
        seen, place = {network}, starts[network]
        while place in starts and place not in seen:
            seen.add(place)
            place = starts[place]
        if place in seen:
            message = f"training of '{network}' starts where it ends: in a circle by '{place}'"
            checks.fail(f"{checks.key_of(network, 'training')}.start.network", message)


def check_centers(checks: Checks, network: str) -> None:
    """Check that a network's centers are checkpoints there are, averages or midpoints of two."""
    training = of_network(checks.config, "training", network)
    last, study = training["epochs"], checks.config["centers"]
    for name, center in of_network(checks.config, "centers", network).items():
        own = name in checks.config["networks"][network].get("centers", {})
        key = f"networks.{network}.centers.{name}" if own else f"centers.{name}"
        checks.known(key, name, study, "center of the study")
        checks.free_name(key, name)
        if len(center) != 1:
            checks.fail(key, "want exactly one of epoch, midpoint, swa")
        if "midpoint" in center:
            check_midpoint(checks, f"{key}.midpoint", center["midpoint"])
        if "swa" in center and not training["swa"]:
            checks.fail(f"{key}.swa", f"training of '{network}' takes no average: no training.swa")
        if center.get("epoch", "last") != "last" and center["epoch"] > last:
            checks.fail(
                f"{key}.epoch", f"{center['epoch']} is after the last epoch {last} of training"
            )


def check_midpoint(checks: Checks, key: str, of: str) -> None:
    """Check that a midpoint lies between a checkpoint and that of a twin."""
    checks.center(key, of)
    if "midpoint" in checks.config["centers"][of]:
        checks.fail(key, f"'{of}' is itself a midpoint")
    if len(checks.config["seeds"]) == 1:
        checks.fail(key, "needs a twin from another seed; seeds has only one")


def check_directions(checks: Checks) -> None:
    """Check that a direction is of one kind, and made from what is there."""
    for name, direction in checks.config["directions"].items():
        key = f"directions.{name}"
        checks.free_name(key, name)
        if len(direction.keys() & set(KINDS)) != 1:
            checks.fail(key, f"want exactly one of {', '.join(KINDS)}")
        if "hessian" in direction:
            check_eigenvector(checks, key, direction["hessian"]["index"])
        check_noise(checks, key, direction)
        check_target(checks, key, direction)


def check_target(checks: Checks, key: str, direction: Mapping) -> None:
    """Check that the other center of a direction is there."""
    of = direction.get("of")
    for name in ("to", "at"):
        if name in direction:
            checks.center(f"{key}.{name}", direction[name])
    if "weights" not in direction:
        for name in {"at", "centred"} & direction.keys():
            checks.fail(f"{key}.{name}", "goes only with 'weights'")
    if of and not {"to", "at"} & direction.keys():
        checks.fail(f"{key}.of", "goes only with 'to' or 'at'")
    if of == "twin" and len(checks.config["seeds"]) == 1:
        message = "a twin is the same network from another seed; seeds has only one"
        checks.fail(f"{key}.of", message)
    if of not in (None, "self", "twin"):
        checks.known(f"{key}.of", of, [*checks.config["networks"], "self", "twin"], "network")


def check_eigenvector(checks: Checks, key: str, index: int) -> None:
    """Check that an eigenvector is one of those that are computed."""
    hessian = checks.config["hessian"]
    if not hessian:
        message = "the section 'hessian' is missing; it says where eigenvectors are computed"
        checks.fail(key, message)
    pairs = hessian["eigenpairs"]
    if not -pairs <= index < pairs:
        message = f"{index} is not among hessian.eigenpairs {pairs} of each end"
        checks.fail(f"{key}.hessian.index", message)


def check_hessian(checks: Checks) -> None:
    """Check that Hessians are analysed at centers there are."""
    for center in (checks.config["hessian"] or {"centers": []})["centers"]:
        checks.center("hessian.centers", center)


def check_populations(checks: Checks) -> None:
    """Check that populations pass through centers there are, along noise that can be drawn."""
    for name, population in checks.config["populations"].items():
        checks.center(f"populations.{name}.center", population["center"])
        check_noise(checks, f"populations.{name}", population)


def check_noise(checks: Checks, key: str, spec: Mapping) -> None:
    """Check that own noise can be imported, and that an expression is one."""
    if "noise" in spec:
        checks.module(f"{key}.noise", spec["noise"])
    elif "signs" in spec:
        checks.fail(f"{key}.signs", "goes only with 'noise'")
    try:
        re.compile(spec.get("only", ""))
    except re.error as error:
        checks.fail(f"{key}.only", f"'{spec['only']}' is no regular expression ({error})")


def check_curves(checks: Checks) -> None:
    """Check that a curve has a center, and a direction or a pattern on a line."""
    for name, curve in checks.config["curves"].items():
        key = f"curves.{name}"
        checks.center(f"{key}.center", curve["center"])
        if ("direction" in curve) == ("pattern" in curve):
            checks.fail(key, "want exactly one of direction and pattern")
        if "pattern" in curve:
            check_pattern(checks, key, curve, "curve")
        else:
            check_reference(checks, f"{key}.direction", curve["direction"], curve["center"])


def check_surfaces(checks: Checks) -> None:
    """Check that a surface has two directions at a center, or a pattern on a plane."""
    for name, surface in checks.config["surfaces"].items():
        key = f"surfaces.{name}"
        for network in surface.get("networks", []):
            checks.known(f"{key}.networks", network, checks.config["networks"], "network")
        if ("directions" in surface) == ("pattern" in surface):
            checks.fail(key, "want exactly one of directions and pattern")
        if "center" in surface:
            checks.center(f"{key}.center", surface["center"])
        if "pattern" in surface:
            check_pattern(checks, key, surface, "surface")
            continue
        if "center" not in surface:
            message = "two directions need a center; only a pattern can mine its own origin"
            checks.fail(key, message)
        for reference in surface["directions"]:
            check_reference(checks, f"{key}.directions", reference, surface["center"])
        if len(set(surface["directions"])) == 1:
            checks.fail(f"{key}.directions", "the two directions are the same")


def check_reference(checks: Checks, key: str, reference: str, center: str) -> None:
    """Check that a reference means a direction at the center, or one of a pattern."""
    made, (name, _) = checks.config["directions"], references.split(reference)
    numbered = name != reference
    checks.known(key, name, made.keys() | checks.patterns, "direction or pattern")
    if name not in made:
        plane = patterns.read(checks.patterns[name]).dimensions == 2
        if plane != numbered:
            want = f"'{name}.1' or '{name}.2'" if plane else f"'{name}'"
            checks.fail(key, f"'{name}' is a {1 + plane}D pattern; want {want}")
        return
    spec = made[name]
    if "hessian" in spec and center not in checks.config["hessian"]["centers"]:
        message = f"'{name}' is an eigenvector at '{center}', which hessian.centers leaves out"
        checks.fail(key, message)
    if spec.get("to") == center and spec.get("of", "self") == "self":
        checks.fail(key, f"'{name}' leads to '{center}', where it starts: it is zero")
    if numbered:
        message = f"'{name}' is one direction; '.1' and '.2' are for the parts of a 2D pattern"
        checks.fail(key, message)


def check_pattern(checks: Checks, key: str, item: Mapping, kind: str) -> None:
    """Check that a pattern has the right dimension, and that window and grid show it."""
    name = item["pattern"]
    checks.known(f"{key}.pattern", name, checks.patterns, "pattern")
    drawn = patterns.read(checks.patterns[name])
    dimensions = ("curve", "surface").index(kind) + 1
    if drawn.dimensions != dimensions:
        checks.fail(f"{key}.pattern", f"pattern '{name}' is not {dimensions}D")
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
    for network in config["networks"]:
        if of_network(config, "evaluation", network)["batchnorm"] != "frozen":
            continue
        key = f"{checks.key_of(network, 'evaluation')}.batchnorm"
        for item in used:
            if "center" not in item:
                checks.fail(key, "'frozen' has no statistics for a mined origin")
            center = of_network(config, "centers", network)[item["center"]]
            if "midpoint" in center:
                checks.fail(key, "'frozen' has no statistics for a midpoint")
            if center.get("epoch") == 0:
                checks.fail(
                    key,
                    f"'frozen' means nothing at center '{item['center']}': at epoch 0 the running "
                    "statistics are still 0 and 1; use 'recompute' or a later epoch",
                )
