"""The files that a script depends on, found by following its imports.

A file counts where it holds code: the text that says what a package is for is none. Imports that
only type checkers see are passed over.
"""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from prospect.base.errors import ProspectError
from prospect.base.files import short

PLUGINS = "prospect.base.plugins"  # who imports it may import the user's own modules


def files_of(script: Path, roots: Iterable[Path], own: Iterable[str] = ()) -> list[Path]:
    """List the files below `roots` that a script imports, directly or not, sorted.

    Parameters
    ----------
    script
        The file to start from; it is not listed.
    roots
        Folders that modules are imported from.
    own
        Modules that are imported by their names in the config, by scripts that can do so.
    """
    roots = tuple(roots)
    found = _closure(_imports(script, ""), roots)
    if PLUGINS in found:
        found |= _closure(own, roots)
    return sorted(path for path in found.values() if path and _holds_code(path))


def _closure(names: Iterable[str], roots: tuple[Path, ...]) -> dict[str, Path | None]:
    """Return the modules that names mean and all that they import, with their files."""
    found: dict[str, Path | None] = {}
    todo = list(names)
    while todo:
        name = todo.pop()
        if name in found:
            continue
        found[name] = path = _file_of(name, roots)
        if parent := name.rpartition(".")[0]:
            todo.append(parent)
        if path:
            todo += _imports(path, name)
    return found


@cache
def _file_of(name: str, roots: tuple[Path, ...]) -> Path | None:
    """Return the file of a module, None where it lies elsewhere or is none."""
    for root in roots:
        place = root.joinpath(*name.split("."))
        for path in (place.with_name(place.name + ".py"), place / "__init__.py"):
            if path.is_file():
                return path
    return None


@cache
def _imports(path: Path, name: str) -> tuple[str, ...]:
    """Return the names that a file imports; of ``from a import b`` both a and a.b."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    names = []
    for node in _nodes(_tree(path)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*(above if node.level else ()), *filter(None, [node.module])])
            names += [base, *(f"{base}.{alias.name}" for alias in node.names)]
    return tuple(names)


def _nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Walk a tree, but not into what only type checkers see."""
    yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield from _nodes(child)


@cache
def _tree(path: Path) -> ast.Module:
    """Parse a file; raises ProspectError where it is no Python, as a user's own may be."""
    try:
        return ast.parse(path.read_bytes())
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        place = f", line {line}" if line else ""
        raise ProspectError(f"{short(path)}{place}: not Python: {error.args[0]}") from error


def _holds_code(path: Path) -> bool:
    """Whether a file holds more than a docstring and names such as ``__version__``."""
    for node in _tree(path).body:
        names = [target.id for target in getattr(node, "targets", []) if hasattr(target, "id")]
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not docstring and not all(name.startswith("__") for name in names or [""]):
            return True
    return False
