"""The schemas of all sections, defaults, and errors in the user's words.

Every section's schema lies with its owner: the shared ones in ``workflow/schemas``, a system's in
its folder. A `pattern` comes with an ``explain``: what to say where a value does not match it; a
`type` may have one too.
"""

import copy
import math
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator, ValidationError, validators

from prospect.base.errors import brief, hint, nearest, shortened
from prospect.study import systems

SHARED = Path(__file__).parents[2] / "schemas"
# what users call the schema's types
WORDS = {
    "object": "a mapping",
    "array": "a list",
    "integer": "a whole number",
    "number": "a number",
    "string": "a text",
    "boolean": "true or false",
}
# and its limits
LIMITS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "minItems": "a list of at least {}",
    "maxItems": "a list of at most {}",
    "uniqueItems": "every value once",
    "minProperties": "at least {} entry",
    "maxProperties": "at most {} entries",
    "minLength": "at least {} character",
    "maxLength": "at most {} characters",
}


def files() -> list[Path]:
    """List the files of all schemas, in the order of the sections."""
    first, last = [SHARED / "study.yaml", SHARED / "landscape.yaml"], [SHARED / "figures.yaml"]
    return [*first, *(folder / "schema.yaml" for folder in systems.folders()), *last]


@cache
def schema() -> dict:
    """Return the schema of a config: all sections together.

    Raises ValueError where two files describe the same section.
    """
    whole: dict = {}
    for file in files():
        part = yaml.safe_load(file.read_text(encoding="utf-8"))
        for name in ("$defs", "properties"):
            known, new = whole.setdefault(name, {}), part.pop(name, {})
            if twice := known.keys() & new.keys():
                raise ValueError(f"{file}: {name} {sorted(twice)[0]} is described elsewhere too")
            known.update(new)
        whole.update(part)
    networks = whole["properties"]["networks"]["additionalProperties"]["properties"]
    for name, section in whole["properties"].items():
        if section.get("each-network"):
            networks[name] = _without_defaults(section) | {
                "description": f"in place of the study's `{name}`, key by key, for this network"
            }
    return whole


def _without_defaults(part):
    """Return a schema that fills nothing in: what a network does not say is the study's."""
    if isinstance(part, list):
        return [_without_defaults(item) for item in part]
    if not isinstance(part, dict):
        return part
    return {key: _without_defaults(value) for key, value in part.items() if key != "default"}


def mistakes(config: dict, where: str) -> Iterator[str]:
    """Fill in the config's defaults, in place, and yield a line for everything that is wrong."""
    for error in _Validator(schema()).iter_errors(config):
        yield f"{where}: {_key_of(error)}: {_explain(error)}"


def _filling_defaults(validator, properties, instance, schema):
    """Fill in defaults, then validate; so the defaults of parts are filled in too."""
    if isinstance(instance, dict):
        for key, subschema in properties.items():
            if "default" in subschema and key not in instance:
                instance[key] = copy.deepcopy(subschema["default"])
    yield from Draft202012Validator.VALIDATORS["properties"](
        validator, properties, instance, schema
    )


def _matching_whole(validator, pattern, instance, schema):
    """Match the whole text; ``$`` alone would let a line break pass."""
    if isinstance(instance, str) and not re.fullmatch(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _is_whole(checker, value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(checker, value) -> bool:
    # compared as it is: a whole number may be too large for a float
    return not isinstance(value, bool) and isinstance(value, int | float) and abs(value) < math.inf


_Validator = validators.extend(
    Draft202012Validator,
    {"properties": _filling_defaults, "pattern": _matching_whole},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"integer": _is_whole, "number": _is_number}
    ),
)


def _key_of(error: ValidationError) -> str:
    return ".".join(shortened(str(part)) for part in error.absolute_path) or "top level"


def _explain(error: ValidationError) -> str:
    """Say what is wrong and what is right."""
    kind, value, wanted = error.validator, error.instance, error.validator_value
    match kind:
        case "additionalProperties":
            return _unknown_key(error)
        case "required":
            missing = error.message.split("'")[1]
            return f"the key '{missing}' is missing"
        case "type":
            return _wrong_type(error)
        case "enum":
            choices = [choice if isinstance(choice, str) else brief(choice) for choice in wanted]
            near = nearest(str(value), choices)
            meant = f"; did you mean '{near}'?" if near else ""
            return f"{brief(value)} is not one of {', '.join(choices)}{meant}"
        case "pattern":
            return error.schema["explain"].format(value=brief(value)[1:-1])
    return f"{brief(value)} is not right; want {LIMITS[kind].format(wanted)}"


def _unknown_key(error: ValidationError) -> str:
    known = sorted(error.schema.get("properties", {}))
    strange = next(key for key in error.instance if key not in known)
    return f"unknown key {brief(strange)}; {hint(str(strange), known)}"


def _wrong_type(error: ValidationError) -> str:
    value, types = error.instance, error.validator_value
    if "explain" in error.schema and "pattern" not in error.schema:
        return error.schema["explain"].format(value=brief(value))
    types = [types] if isinstance(types, str) else types
    want = " or ".join(WORDS.get(name, name) for name in types)
    if isinstance(value, str) and {"number", "integer"} & set(types):
        if right := _as_number(value, whole="number" not in types):
            said = "is text, not a number; YAML wants a dot and no quotes: write"
            return f"{brief(value)} {said} {right}"
        return f"{brief(value)} is text; want {want}"
    meant, plain = "", not {"object", "array"} & set(types)
    if isinstance(value, int | float) and "string" in types:
        meant = "; put it in quotes"
    elif isinstance(value, list) and plain and _networks_differ_by(error.absolute_path):
        key = error.absolute_path[-1]
        meant = f"; for a network a value, put {{{key}}} into the network's name"
    return f"{brief(value)} is not right; want {want}{meant}"


def _networks_differ_by(path: Sequence[str | int]) -> bool:
    """Whether a value may differ from network to network: one of a network, not one in a list."""
    if len(path) < 2 or not isinstance(path[-1], str):
        return False
    return path[0] == "networks" or "each-network" in schema()["properties"][path[0]]


def _as_number(text: str, whole: bool) -> str | None:
    """Write a text as a number such that YAML reads it as one; None where it is none.

    >>> _as_number("1e-3", whole=False), _as_number("1e6", whole=False), _as_number("1e2", True)
    ('1.0e-3', '1.0e+6', '100')
    >>> _as_number("1.5", whole=True)
    """
    try:
        number = float(text)
    except ValueError:
        return None
    if not math.isfinite(number) or (whole and number != round(number)):
        return None
    if whole:
        return f"{number:.0f}"
    mantissa, _, exponent = f"{number:e}".partition("e")
    mantissa = mantissa.rstrip("0")
    mantissa += "0" if mantissa.endswith(".") else ""
    return f"{mantissa}e{int(exponent):+d}"
