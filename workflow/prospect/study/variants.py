"""One entry with a list, and a name that says so, means one entry a value.

``"mlp-b{batch}": {training: {batch: [8, 32]}}`` means ``mlp-b8`` and ``mlp-b32``; several keys in a
name give the product of their lists.
"""

import itertools
import math
import re
from collections.abc import Iterator, Mapping

from prospect.base.errors import ProspectError, brief, shortened

PLACE = re.compile(r"{([^{}]*)}")
MOST = 1000  # variants of one entry


def expanded(section: Mapping, where: str) -> dict:
    """Return a section with every entry whose name holds ``{key}`` replaced by its variants.

    Raises ProspectError, with the key `where` it is, where a name's key has no list, or two.
    """
    found = {}
    for name, entry in section.items():
        for variant, part in _variants(name, entry, f"{where}.{shortened(str(name))}"):
            if variant in found:
                raise ProspectError(
                    f"{where}: there are two {brief(variant)}; every name is one thing"
                )
            found[variant] = part
    return found


def _variants(name: object, entry: object, where: str) -> Iterator[tuple[object, object]]:
    """Yield names and entries: the product of the lists whose keys stand in the name."""
    keys = list(dict.fromkeys(PLACE.findall(str(name))))
    if not keys:
        yield name, entry
        return
    lists: list[list] = []
    for key in keys:
        values = list(_lists(entry, key))
        if len(values) != 1:
            raise ProspectError(
                f"{where}: the name asks for one list {brief(key)} among its keys, and there are "
                f"{len(values)}; want the key once, with a list of values"
            )
        lists.append(values[0])
    if (count := math.prod(map(len, lists))) > MOST:
        raise ProspectError(f"{where}: the name stands for {count} variants; want at most {MOST}")
    for product in itertools.product(*lists):
        chosen = dict(zip(keys, product, strict=True))
        yield _filled(str(name), chosen), _chosen(entry, chosen)


def _lists(entry: object, key: str) -> Iterator[list]:
    """Yield the lists that stand under a key, anywhere in an entry."""
    for name, value in entry.items() if isinstance(entry, Mapping) else ():
        if name == key and isinstance(value, list):
            yield value
        else:
            yield from _lists(value, key)


def _chosen(entry: object, chosen: Mapping[str, object]) -> object:
    """Return an entry with the lists of these keys replaced by a value each."""
    if not isinstance(entry, Mapping):
        return entry
    return {
        name: chosen[name] if name in chosen and isinstance(value, list) else _chosen(value, chosen)
        for name, value in entry.items()
    }


def _filled(name: str, chosen: Mapping[str, object]) -> str:
    """Return a name with the values of its keys.

    >>> _filled("net-{hidden}-{lr}", {"hidden": [64, 64], "lr": 0.05})
    'net-64x64-0.05'
    """
    return PLACE.sub(lambda place: _text(chosen[place[1]]), name)


def _text(value: object) -> str:
    """Write a value as part of a name.

    >>> _text(0.05), _text([64, 64]), _text("theta")
    ('0.05', '64x64', 'theta')
    """
    return "x".join(map(_text, value)) if isinstance(value, list) else str(value)
