"""The two lists of packages are the same, and the library has no circular imports."""

import ast
import graphlib
import re
from pathlib import Path

import yaml


def test_conda_and_pip_have_the_same_versions():
    pinned = re.findall(r"^[\w.-]+==\S+$", Path("envs/requirements.txt").read_text(), re.M)
    conda = yaml.safe_load(Path("envs/prospect.yaml").read_text())
    (pip,) = [part["pip"] for part in conda["dependencies"] if isinstance(part, dict)]
    assert pinned
    assert sorted(pip) == sorted(pinned)


def imports(path):
    """The library's modules that a module imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "prospect":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("prospect."):
            found.add(node.module.removeprefix("prospect."))
    return found


def test_no_circular_imports_and_the_stated_order():
    library = Path("workflow/prospect")
    graph = {path.stem: imports(path) for path in library.glob("[!_]*.py")}
    graph = {name: needs & graph.keys() for name, needs in graph.items()}
    tuple(graphlib.TopologicalSorter(graph).static_order())  # raises CycleError
    stated = re.findall(r"^([a-z]+) {2,}\S", (library / "__init__.py").read_text(), re.M)
    assert sorted(stated) == sorted(graph)
    for name, needs in graph.items():
        assert all(stated.index(need) < stated.index(name) for need in needs), name


def test_only_figures_import_matplotlib_and_figures_no_torch():
    for path in Path("workflow/prospect").glob("[!_]*.py"):
        text = path.read_text()
        assert ("matplotlib" in text) == (path.stem == "figures"), path
    assert "torch" not in Path("workflow/prospect/figures.py").read_text()
