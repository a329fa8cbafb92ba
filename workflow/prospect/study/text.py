"""YAML files -> plain values that are what they look like.

YAML 1.1 reads 010 as 8, 1:30 as 90 and yes as true. Such values are refused, as is all that is
not a text, a number, true, false, null, a list or a mapping by texts or whole numbers: nothing in a
file is executed.
"""

import itertools
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from prospect.base.errors import ProspectError, brief, one_line, shortened
from prospect.base.files import short

LARGEST = 1_000_000  # bytes of a file
MOST = 100_000  # values in it, where an alias stands for all that it means
DEEPEST = 20  # lists and mappings in one another
TAG = "tag:yaml.org,2002:"
# how values of these types must be written, and in words
WRITTEN = {
    "int": (r"[-+]?(0|[1-9][0-9]{0,17})", "a whole number in at most 18 digits"),
    "float": (
        r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[-+]?[0-9]+)?|[-+]?\.(inf|nan)",
        "a number as in 1.0e-3",
    ),
    "bool": ("true|false", "true or false"),
    "null": ("null|~|", "null"),
}


def load(file: Path) -> dict:
    """Read a YAML file.

    Raises ProspectError that names file, line and column, also for a name that is given twice.
    """
    try:
        return _values(_text(file))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        reason = shortened(error.problem or error.context or "", 200)
        raise ProspectError(f"{short(file)}: {place}{reason}") from error
    except yaml.YAMLError as error:
        reason = shortened(str(error).splitlines()[0], 200)
        raise ProspectError(f"{short(file)}: not the text of a config: {reason}") from error
    except UnicodeDecodeError as error:
        reason = f"byte {error.start + 1} is no character; save it as UTF-8"
        raise ProspectError(f"{short(file)}: not the text of a config: {reason}") from error
    except OSError as error:
        raise ProspectError(f"{short(file)}: cannot be read ({error.strerror})") from error
    except RecursionError as error:
        raise ProspectError(f"{short(file)}: too many brackets in one another; want few") from error


def _text(file: Path) -> str:
    """Return the text of a file."""
    if (size := file.stat().st_size) > LARGEST:
        raise yaml.YAMLError(f"{size:,} bytes are too many; want at most {LARGEST:,}")
    return file.read_text(encoding="utf-8")


def _values(text: str) -> dict:
    """Return what a YAML text means."""
    loader = yaml.SafeLoader(text)
    node = loader.get_single_node()
    if not isinstance(node, yaml.MappingNode):
        raise yaml.YAMLError("it holds no keys; want at least study and networks")
    _check(node, (), itertools.count(1))
    return loader.construct_document(node)


def _check(node: yaml.Node, above: tuple[yaml.Node, ...], count: Iterator[int]) -> None:
    """Fail where a value, or one in it, is not plain or not what it looks like."""
    if node in above:
        raise _mistake("an alias stands for what it is in; write the values out", node)
    if len(above) > DEEPEST or next(count) > MOST:
        message = f"want at most {MOST:,} values, and {DEEPEST} lists or mappings in one another"
        raise _mistake(message, node)
    if isinstance(node, yaml.ScalarNode):
        _check_scalar(node)
        return
    if node.tag not in (TAG + "map", TAG + "seq"):
        raise _mistake(f"the tag {brief(node.tag)} is not for configs; leave it out", node)
    parts = node.value
    if isinstance(node, yaml.MappingNode):
        _check_keys(node)
        parts = [value for _, value in parts]
    for part in parts:
        _check(part, (*above, node), count)


def _check_scalar(node: yaml.ScalarNode) -> None:
    kind = node.tag.removeprefix(TAG)
    if kind == "str":
        strange = next((c for c in node.value if not c.isprintable() and c not in "\n\t"), None)
        if strange:
            raise _mistake(f"a text holds {strange!r}, which cannot be seen; take it out", node)
    elif kind == "timestamp":
        raise _mistake(f"{brief(node.value)} is a date in YAML; put it in quotes", node)
    elif kind not in WRITTEN:
        raise _mistake(f"the tag {brief(node.tag)} is not for configs; leave it out", node)
    elif not re.fullmatch(WRITTEN[kind][0], node.value, re.IGNORECASE):
        message = f"{brief(node.value)} is not to YAML what it looks like; write {WRITTEN[kind][1]}"
        raise _mistake(f"{message}, or put it in quotes if it is a text", node)


def _check_keys(node: yaml.MappingNode) -> None:
    seen = set()
    for key, _ in node.value:
        if key.tag == TAG + "merge":
            continue
        if key.tag not in (TAG + "str", TAG + "int"):
            shown = f" {brief(key.value)}" if isinstance(key, yaml.ScalarNode) else ""
            raise _mistake(f"the key{shown} is no text; want a text, in quotes", key)
        _check_scalar(key)
        if key.value in seen:
            message = f"{brief(key.value)} is given twice; every name must be one thing"
            raise _mistake(message, key)
        if key.value == "__use_yte__":
            raise _mistake("'__use_yte__' would run the file as a program; take it out", key)
        seen.add(key.value)


def _mistake(problem: str, node: yaml.Node) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)


if __name__ == "__main__":  # `make` asks first: Snakemake tells a broken file without its name
    with one_line():
        load(Path(sys.argv[1]))
