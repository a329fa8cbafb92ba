"""Schema, defaults and cross-checks of a study's config: every mistake is one clear line."""

import copy
import difflib
import importlib.util
import math
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator, ValidationError, validators

from prospect import patterns
from prospect.errors import ProspectError

OPTIONS = {
    "mlp": {"hidden"},
    "resnet": {"width", "blocks"},
    "vgg": {"depth", "width", "batchnorm"},
}
KINDS = ("noise", "to", "sign", "gradient", "hessian")
# what users call the schema's types
WORDS = {
    "object": "a mapping",
    "array": "a list",
    "integer": "a whole number",
    "number": "a number",
}
# keys of "one value or one a network"
PER_NETWORK = ("epoch", "lr", "rate", "steps", "points", "curve", "surface")


def complete(config: Mapping, schema: Mapping, files: Iterable[Path], folder: Path) -> dict:
    """Check a config and fill in its defaults.

    Parameters
    ----------
    config : as read by Snakemake
    schema : the JSON schema
    files : the config files, to name them and to find keys given twice
    folder : where the pattern files are

    Raises ProspectError with one line that names file and key.
    """
    files = [Path(file) for file in files]
    where = " + ".join(_short(file) for file in files) or "config"
    for file in files:
        _check_twice(file)
    config = copy.deepcopy(dict(config))
    if {"centers", "directions"} & config.keys():
        # the default curve and surface are about the default centers and directions
        config = {"curves": {}, "surfaces": {}} | config
    for error in _Validator(schema).iter_errors(config):
        raise ProspectError(_explain(error, where))
    _cross_check(config, where, folder)
    return config


def _short(file: Path) -> str:
    """Name a file as seen from here where that is shorter."""
    try:
        return str(file.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(file)


def _filling_defaults(validator, properties, instance, schema):
    """Fill in defaults, then validate; so the defaults of parts are filled in too."""
    if isinstance(instance, dict):
        for key, subschema in properties.items():
            if "default" in subschema and key not in instance:
                instance[key] = copy.deepcopy(subschema["default"])
    yield from Draft202012Validator.VALIDATORS["properties"](
        validator, properties, instance, schema
    )


def _is_whole(checker, value) -> bool:
    """Whether a value is a whole number; 3.0 is none, JSON schema would let it pass."""
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(checker, value) -> bool:
    """Whether a value is a number; YAML's .inf and .nan are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


_Validator = validators.extend(
    Draft202012Validator,
    {"properties": _filling_defaults},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"integer": _is_whole, "number": _is_number}
    ),
)


def _explain(error: ValidationError, where: str) -> str:
    """Turn a schema error into one line: file, key, what is wrong, what is right."""
    key = ".".join(str(part) for part in error.absolute_path) or "top level"
    value = error.instance
    if error.validator == "additionalProperties":
        known = sorted(error.schema.get("properties", {}))
        strange = next(k for k in value if k not in known)
        near = difflib.get_close_matches(str(strange), known, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(known)}"
        return f"{where}: {key}: unknown key '{strange}'; {hint}"
    if error.validator == "required":
        missing = error.message.split("'")[1]
        return f"{where}: {key}: the key '{missing}' is missing"
    if error.validator == "type":
        types = error.validator_value
        types = [types] if isinstance(types, str) else types
        want = " or ".join(WORDS.get(name, name) for name in types)
        if isinstance(value, str) and {"number", "integer"} & set(types):
            try:
                number = float(value)
            except ValueError:
                return f"{where}: {key}: '{value}' is text; want {want}"
            right = f"{number:e}" if "number" in types else f"{number:.0f}"
            mantissa, e, exponent = right.partition("e")
            if e:
                mantissa = mantissa.rstrip("0")
                mantissa += "0" if mantissa.endswith(".") else ""
                right = f"{mantissa}e{int(exponent)}"
            return (
                f"{where}: {key}: '{value}' is text, not a number; YAML wants a dot and no "
                f"quotes: write {right}"
            )
        found = "nothing" if value is None else repr(value)
        return f"{where}: {key}: {found} is not right; want {want}"
    if error.validator == "enum":
        near = difflib.get_close_matches(str(value), map(str, error.validator_value), n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        known = ", ".join(str(choice) for choice in error.validator_value)
        return f"{where}: {key}: '{value}' is not one of {known}{hint}"
    if error.validator == "pattern" and error.validator_value.startswith("^[a-z0-9]"):
        return (
            f"{where}: {key}: the name '{value}' is not right; lower-case letters, digits and "
            "dashes only"
        )
    if error.validator == "pattern" and "last" in error.validator_value:
        return f"{where}: {key}: '{value}' is no epoch; want a whole number or last"
    if error.validator == "pattern":
        known = error.validator_value.strip("^$()").split("|[")[0].replace("|", ", ")
        return f"{where}: {key}: '{value}' is unknown; want {known} or package.module:name"
    message = error.message.splitlines()[0]
    return f"{where}: {key}: {message}"


class _StrictLoader(yaml.SafeLoader):
    """A YAML loader that refuses a key given twice; PyYAML would keep the last one silently."""

    def construct_mapping(self, node, deep=False):
        """Build a mapping; raises KeyError with the line of a key that is there already."""
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key_node.tag != "tag:yaml.org,2002:merge" and key in seen:
                raise KeyError(key_node.start_mark.line + 1, key)
            seen.add(key)
        return super().construct_mapping(node, deep)


def _check_twice(file: Path) -> None:
    try:
        yaml.load(file.read_text(), Loader=_StrictLoader)
    except KeyError as error:
        line, key = error.args
        raise ProspectError(
            f"{_short(file)}: line {line}: '{key}' is given twice; every name must be one thing"
        ) from error


def _cross_check(config: dict, where: str, folder: Path) -> None:
    """Check what a schema cannot: that names refer to something and parts fit together."""

    def fail(key: str, message: str):
        raise ProspectError(f"{where}: {key}: {message}")

    def known(key: str, name: str, names: Iterable[str], what: str) -> None:
        names = sorted(names)
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(names)}"
            fail(key, f"there is no {what} '{name}'; {hint}")

    networks, centers, directions = config["networks"], config["centers"], config["directions"]
    available = patterns.files(folder)

    def check_module(key: str, path: str) -> None:
        module = path.partition(":")[0]
        try:
            found = ":" not in path or importlib.util.find_spec(module)
        except ModuleNotFoundError:
            found = None
        if not found:
            fail(key, f"there is no module '{module}'; it is looked for from the project's root")

    dataset = config["dataset"]
    check_module("dataset.name", dataset["name"])
    if dataset["options"] and ":" not in dataset["name"]:
        fail("dataset.options", f"'{dataset['name']}' takes none; they are for your own data")
    for name, network in networks.items():
        check_module(f"networks.{name}.architecture", network["architecture"])
        allowed = OPTIONS.get(network["architecture"], {"options"})
        for option in network.keys() - allowed - {"architecture"}:
            fail(
                f"networks.{name}.{option}",
                f"architecture '{network['architecture']}' takes only {', '.join(sorted(allowed))}",
            )
    for key in (
        "training.optimizer.lr",
        "mining.steps",
        "mining.points",
        "mining.rate",
        "evaluation.points.curve",
        "evaluation.points.surface",
        *(f"centers.{name}.epoch" for name, center in centers.items() if "epoch" in center),
    ):
        value = config
        for part in key.split("."):
            value = value[part]
        if isinstance(value, dict):
            for network in value:
                known(key, network, networks, "network")
            for network in networks.keys() - value.keys():
                fail(key, f"has no value for network '{network}'")
    last = config["training"]["epochs"]
    for epoch in config["training"]["checkpoints"]:
        if epoch > last:
            fail("training.checkpoints", f"{epoch} is after the last epoch {last} of training")
    for name, center in centers.items():
        if name in available:
            fail(f"centers.{name}", f"the name is taken by {_short(available[name])}; choose one")
        if len(center) != 1:
            fail(f"centers.{name}", "want exactly one of epoch, midpoint")
        if "midpoint" in center:
            known(f"centers.{name}.midpoint", center["midpoint"], centers, "center")
            if "midpoint" in centers[center["midpoint"]]:
                fail(f"centers.{name}.midpoint", f"'{center['midpoint']}' is itself a midpoint")
            if len(config["seeds"]) == 1:
                fail(
                    f"centers.{name}.midpoint", "needs a twin from another seed; seeds has only one"
                )
            continue
        for network in networks:
            epoch = for_network(center, network)["epoch"]
            if epoch != "last" and epoch > last:
                fail(f"centers.{name}.epoch", f"{epoch} is after the last epoch {last} of training")

    for name, direction in directions.items():
        key = f"directions.{name}"
        if name in available:
            fail(key, f"the name is taken by {_short(available[name])}; choose one")
        if len(direction.keys() & set(KINDS)) != 1:
            fail(key, f"want exactly one of {', '.join(KINDS)}")
        if "hessian" in direction:
            if not config["hessian"]:
                fail(
                    key, "the section 'hessian' is missing; it says where eigenvectors are computed"
                )
            index, pairs = direction["hessian"]["index"], config["hessian"]["eigenpairs"]
            if not -pairs <= index < pairs:
                fail(
                    f"{key}.hessian.index",
                    f"{index} is not among hessian.eigenpairs {pairs} of each end",
                )
        if "to" in direction:
            known(f"{key}.to", direction["to"], centers, "center")
        elif "of" in direction:
            fail(f"{key}.of", "goes only with 'to'")
        if direction.get("of") == "twin" and len(config["seeds"]) == 1:
            fail(f"{key}.of", "a twin is the same network from another seed; seeds has only one")

    def check_reference(key: str, reference: str, center: str) -> None:
        base, _, index = reference.partition(".")
        known(key, base, directions.keys() | available, "direction or pattern")
        spec = directions.get(base, {})
        if "hessian" in spec and center not in config["hessian"]["centers"]:
            fail(key, f"'{base}' is an eigenvector at '{center}', which hessian.centers leaves out")
        if spec.get("to") == center and spec.get("of", "self") == "self":
            fail(key, f"'{base}' leads to '{center}', where it starts: it is zero")
        if base in directions and index:
            fail(key, f"'{base}' is one direction; '.{index}' is for the parts of a 2D pattern")
        if base not in directions:
            plane = patterns.read(available[base]).dimensions == 2
            if plane != bool(index):
                want = f"'{base}.1' or '{base}.2'" if plane else f"'{base}'"
                fail(key, f"'{base}' is a {1 + plane}D pattern; want {want}")
            check_mined(key, base, center)

    def check_mined(key: str, name: str, center: str | None) -> None:
        drawn = patterns.read(available[name])
        movable = drawn.without_center() if center else drawn
        if not {patterns.LOW, patterns.HIGH} <= set(movable.cells.flat):
            fail(
                key,
                f"pattern '{name}' has its only low or only high cell at 0, and there the loss is "
                f"that of center '{center}'; want another one elsewhere",
            )
        goal = config["mining"] | drawn.wishes
        if goal["margin"] >= goal["ceiling"]:
            fail(
                key,
                f"pattern '{name}' is mined to a margin of {goal['margin']:g} below a ceiling of "
                f"{goal['ceiling']:g}; the margin must be the smaller one",
            )

    def check_pattern(key: str, item: dict, kind: str) -> None:
        name = item["pattern"]
        known(f"{key}.pattern", name, available, "pattern")
        drawn, dimensions = patterns.read(available[name]), ("curve", "surface").index(kind) + 1
        if drawn.dimensions != dimensions:
            fail(f"{key}.pattern", f"pattern '{name}' is not {dimensions}D")
        check_mined(f"{key}.pattern", name, item.get("center"))
        window = item.get("window", config["evaluation"]["window"])
        if window < drawn.extent:
            fail(
                f"{key}.window",
                f"{window:g} cuts pattern '{name}' off, whose cells reach to {drawn.extent:g}; "
                "want at least that",
            )
        cells = max(drawn.cells.shape)
        least = math.ceil(window / drawn.extent * (cells - 1) - 1e-9) + 1
        for network in item.get("networks", networks):
            points = for_network(config["evaluation"]["points"], network)[kind]
            if points < least:
                fail(
                    f"evaluation.points.{kind}",
                    f"{points} points are too few to see the {cells} cells of pattern '{name}' in "
                    f"the window of {key}; want at least {least}",
                )

    for name, curve in config["curves"].items():
        key = f"curves.{name}"
        known(f"{key}.center", curve["center"], centers, "center")
        if ("direction" in curve) == ("pattern" in curve):
            fail(key, "want exactly one of direction and pattern")
        if "pattern" in curve:
            check_pattern(key, curve, "curve")
        else:
            check_reference(f"{key}.direction", curve["direction"], curve["center"])
    for name, surface in config["surfaces"].items():
        key = f"surfaces.{name}"
        for network in surface.get("networks", []):
            known(f"{key}.networks", network, networks, "network")
        if ("directions" in surface) == ("pattern" in surface):
            fail(key, "want exactly one of directions and pattern")
        if "center" in surface:
            known(f"{key}.center", surface["center"], centers, "center")
        if "pattern" in surface:
            check_pattern(key, surface, "surface")
        else:
            if "center" not in surface:
                fail(key, "two directions need a center; only a pattern can mine its own origin")
            for reference in surface["directions"]:
                check_reference(f"{key}.directions", reference, surface["center"])
            if len(set(surface["directions"])) == 1:
                fail(f"{key}.directions", "the two directions are the same")
    if config["hessian"]:
        for center in config["hessian"]["centers"]:
            known("hessian.centers", center, centers, "center")
    if config["population"]:
        known("population.center", config["population"]["center"], centers, "center")
    if config["evaluation"]["batchnorm"] == "frozen":
        used = [*config["curves"].values(), *config["surfaces"].values()]
        used += [config["population"]] if config["population"] else []
        for item in used:
            if "center" not in item:
                fail("evaluation.batchnorm", "'frozen' has no statistics for a mined origin")
            if "midpoint" in centers[item["center"]]:
                fail("evaluation.batchnorm", "'frozen' has no statistics for a midpoint")
            epoch = centers[item["center"]]["epoch"]
            if 0 in (epoch.values() if isinstance(epoch, dict) else [epoch]):
                fail(
                    "evaluation.batchnorm",
                    f"'frozen' means nothing at center '{item['center']}': at epoch 0 the running "
                    "statistics are still 0 and 1; use 'recompute' or a later epoch",
                )


def for_network(value, network: str):
    """Resolve "one value or one a network" everywhere inside a section, for one network."""
    if not isinstance(value, dict):
        return value
    return {
        key: part[network]
        if key in PER_NETWORK and isinstance(part, dict)
        else for_network(part, network)
        for key, part in value.items()
    }
