"""The schemas of all sections, defaults, and errors in the user's words.

Every section's schema lies with its owner: the shared ones in ``workflow/schemas``, a system's in
its folder. A `pattern` comes with an ``explain``: what to say where a value does not match it.
"""

import copy
import math
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator, ValidationError, validators

from prospect.base.errors import hint, nearest
from prospect.study import systems

SHARED = Path(__file__).parents[2] / "schemas"
# what users call the schema's types
WORDS = {
    "object": "a mapping",
    "array": "a list",
    "integer": "a whole number",
    "number": "a number",
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
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


_Validator = validators.extend(
    Draft202012Validator,
    {"properties": _filling_defaults, "pattern": _matching_whole},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"integer": _is_whole, "number": _is_number}
    ),
)


def _key_of(error: ValidationError) -> str:
    return ".".join(str(part) for part in error.absolute_path) or "top level"


def _explain(error: ValidationError) -> str:
    """Say what is wrong and what is right."""
    match error.validator:
        case "additionalProperties":
            return _unknown_key(error)
        case "required":
            missing = error.message.split("'")[1]
            return f"the key '{missing}' is missing"
        case "type":
            return _wrong_type(error)
        case "enum":
            choices = [str(choice) for choice in error.validator_value]
            near = nearest(str(error.instance), choices)
            meant = f"; did you mean '{near}'?" if near else ""
            return f"'{error.instance}' is not one of {', '.join(choices)}{meant}"
        case "pattern":
            shown = repr(error.instance)[1:-1]  # a line break shall not break the line
            return error.schema["explain"].format(value=shown)
    return error.message.splitlines()[0]


def _unknown_key(error: ValidationError) -> str:
    known = sorted(error.schema.get("properties", {}))
    strange = next(key for key in error.instance if key not in known)
    return f"unknown key '{strange}'; {hint(str(strange), known)}"


def _wrong_type(error: ValidationError) -> str:
    value, types = error.instance, error.validator_value
    types = [types] if isinstance(types, str) else types
    want = " or ".join(WORDS.get(name, name) for name in types)
    if isinstance(value, str) and {"number", "integer"} & set(types):
        try:
            right = _as_number(float(value), whole="number" not in types)
        except ValueError:
            return f"'{value}' is text; want {want}"
        return f"'{value}' is text, not a number; YAML wants a dot and no quotes: write {right}"
    found = "nothing" if value is None else repr(value)
    meant = ""
    key = error.absolute_path[-1] if error.absolute_path else None
    if isinstance(value, list) and isinstance(key, str):
        meant = f"; for a network a value, put {{{key}}} into the network's name"
    return f"{found} is not right; want {want}{meant}"


def _as_number(number: float, whole: bool) -> str:
    """Write a number such that YAML reads it as one.

    >>> _as_number(0.001, whole=False), _as_number(1e6, whole=False), _as_number(100.0, whole=True)
    ('1.0e-3', '1.0e+6', '100')
    """
    if whole:
        return f"{number:.0f}"
    mantissa, _, exponent = f"{number:e}".partition("e")
    mantissa = mantissa.rstrip("0")
    mantissa += "0" if mantissa.endswith(".") else ""
    return f"{mantissa}e{int(exponent):+d}"
