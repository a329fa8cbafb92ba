"""The one exception for a mistake that a user can mend, and hints at what was meant."""

import difflib
from collections.abc import Iterable


class ProspectError(Exception):
    """A user's mistake: one line that names the file or key, what is wrong and what is right."""


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the most similar of some names, None where none is similar."""
    return next(iter(difflib.get_close_matches(name, list(names), n=1)), None)


def hint(name: str, names: Iterable[str]) -> str:
    """Say what an unknown name may mean.

    >>> hint("mpl", ["mlp", "vgg"]), hint("tree", ["mlp", "vgg"])
    ("did you mean 'mlp'?", 'known are mlp, vgg')
    """
    names = sorted(names)
    near = nearest(name, names)
    return f"did you mean '{near}'?" if near else f"known are {', '.join(names)}"
