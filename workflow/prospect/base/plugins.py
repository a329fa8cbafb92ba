"""Your own code by import path, and what is said where it fails."""

import importlib
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from prospect.base.errors import ProspectError, brief, shortened
from prospect.base.files import short

OWN: set[str] = set()  # packages that something was imported from by its path


def by_import_path(path: str, key: str) -> Callable:
    """Import ``package.module:attribute``; `key` is the config key that names it.

    Raises ProspectError where there is no such module or attribute, or where it cannot be called.
    """
    module, _, attribute = path.partition(":")
    OWN.update({module.partition(".")[0]} - {"prospect"})
    try:
        with own_code(f"{key}: cannot import '{path}'", but=(ImportError, AttributeError)):
            found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ProspectError(
            f"{key}: cannot import '{path}' ({shortened(str(error), 120)}); want "
            "package.module:name, found from the project's root"
        ) from error
    if not callable(found):
        raise ProspectError(f"{key}: '{path}' is {brief(found)}; want a function or class")
    return found


@contextmanager
def own_code(what: str, but: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Make one line of whatever fails in your own code; `what` says which code that is.

    Errors of the types `but` are for the caller.
    """
    try:
        yield
    except (Exception, SystemExit) as error:
        if isinstance(error, (ProspectError, *but)):
            raise
        raise ProspectError(f"{what}: {in_words(error)}") from error


def in_words(error: BaseException) -> str:
    """Say an error's type and message, and where in your own code it was."""
    message = f"{type(error).__name__}: {shortened(' '.join(str(error).split()), 160)}"
    place = place_of(error)
    return f"{message} ({place})" if place else message


def place_of(error: BaseException) -> str | None:
    """Name file and line of your own code where an error was; None where it was not there."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{short(Path(error.filename))}, line {error.lineno}"
    own = [
        f"{short(Path(frame.f_code.co_filename))}, line {line}"
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_globals.get("__name__", "").partition(".")[0] in OWN
    ]
    return own[-1] if own else None
