"""The one exception for a mistake that a user can mend, and what its line is made of."""

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

LONGEST = 400  # characters of a message
BRIEF = 60  # characters of a value in it


class ProspectError(Exception):
    """A user's mistake: one line that names the file or key, what is wrong and what is right."""

    def __str__(self) -> str:
        return shortened(" ".join(super().__str__().splitlines()), LONGEST)


@contextmanager
def one_line() -> Iterator[None]:
    """End the process with a user's mistake as its last line."""
    try:
        yield
    except ProspectError as error:
        raise SystemExit(str(error)) from error


def shortened(text: str, most: int = BRIEF) -> str:
    """Leave out the middle of a text that is too long.

    >>> shortened("a text of many words", 11)
    'a tex…words'
    """
    end = (most - 1) // 2
    return text if len(text) <= most else f"{text[: most - 1 - end]}…{text[-end:]}"


def brief(value: object) -> str:
    """Write a value for a message: on one line, and not too long.

    >>> brief("text"), brief([1, 2]), brief(None), brief(True)
    ("'text'", '[1, 2]', 'nothing', 'true')
    """
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    text = repr(value)
    return f"'{shortened(text[1:-1])}'" if isinstance(value, str) else shortened(text)


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the most similar of some names, None where none is similar."""
    return next(iter(difflib.get_close_matches(name[:BRIEF], list(names), n=1)), None)


def hint(name: str, names: Iterable[str]) -> str:
    """Say what an unknown name may mean.

    >>> hint("mpl", ["mlp", "vgg"]), hint("tree", ["mlp", "vgg"])
    ("did you mean 'mlp'?", 'known are mlp, vgg')
    """
    names = sorted(names)
    near = nearest(name, names)
    if near:
        return f"did you mean '{near}'?"
    return f"known are {shortened(', '.join(names), 3 * BRIEF)}" if names else "there are none"
