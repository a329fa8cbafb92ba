"""The library's floors: no circle, no arrow upward, no system that imports another."""

import ast
import graphlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from prospect.study import systems
from prospect.study.code import files_of

WORKFLOW = Path("workflow")
LIBRARY = WORKFLOW / "prospect"
FLOORS = ["base", "model", "records", "landscape", "drawing", "study", "page", "systems"]
MODULES = sorted(path for path in LIBRARY.rglob("*.py") if path.name != "__init__.py")
SYSTEMS = [folder.name for folder in systems.folders()]


def name_of(path):
    return ".".join(path.relative_to(WORKFLOW).with_suffix("").parts)


def imports_of(path):
    """The library's modules that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("prospect"):
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    names = {name_of(module) for module in MODULES}
    return found & names


GRAPH = {name_of(path): imports_of(path) for path in MODULES}


def floor_of(module):
    return FLOORS.index(module.split(".")[1])


def test_no_circle():
    tuple(graphlib.TopologicalSorter(GRAPH).static_order())  # raises CycleError


def test_no_arrow_upward():
    for floor in FLOORS:
        names = sorted(name.split(".", 2)[2] for name in GRAPH if name.split(".")[1] == floor)
        print(f"{floor:10} {' '.join(name for name in names if '.scripts.' not in name)}")
    upward = [(a, b) for a, needs in GRAPH.items() for b in needs if floor_of(a) < floor_of(b)]
    assert upward == []


def test_the_library_states_its_floors_in_this_order():
    stated = re.findall(r"^([a-z]+) {2,}\S", (LIBRARY / "__init__.py").read_text(), re.M)
    assert stated == FLOORS


def test_no_system_imports_another():
    def system_of(name):
        parts = name.split(".")
        return parts[2] if parts[1] == "systems" else None

    strange = [
        (a, b)
        for a, needs in GRAPH.items()
        for b in needs
        if system_of(b) and system_of(a) != system_of(b)
    ]
    assert strange == []


def test_nothing_imports_scripts():
    assert [b for needs in GRAPH.values() for b in needs if ".scripts." in b] == []


def test_only_records_know_hdf5():
    for path in MODULES:
        if path.relative_to(LIBRARY).parts[0] != "records":
            assert "h5py" not in path.read_text(), path


def test_only_drawing_and_figures_import_matplotlib_and_they_import_no_torch():
    for path in MODULES:
        parts, text = path.relative_to(LIBRARY).parts, path.read_text()
        draws = parts[0] == "drawing" or "figures" in parts or path.stem == "figures"
        if "matplotlib" in text or "seaborn" in text:
            assert draws, path
        if draws or path.stem == "tables":
            assert "torch" not in text, path


@pytest.mark.parametrize("package", [f.parent for f in LIBRARY.rglob("__init__.py")], ids=str)
def test_a_package_lists_its_modules(package):
    if package in (LIBRARY, LIBRARY / "systems"):
        return  # these list floors; a system is there when its folder is
    inside = {path.stem for path in package.iterdir() if path.suffix == ".py"}
    inside |= {path.parent.name for path in package.glob("*/__init__.py")}
    text = ast.get_docstring(ast.parse((package / "__init__.py").read_text()))
    listed = re.findall(r"^([a-z0-9_]+) {2,}\S", text, re.M)
    assert sorted(listed) == sorted(inside - {"__init__"})


def test_what_snakemake_sees_imports_no_torch():
    code = "import sys; from prospect.study import read, systems; systems.classes(); "
    code += "from prospect.page import inputs; "
    code += "assert not {'torch', 'matplotlib', 'pandas', 'h5py'} & sys.modules.keys()"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(WORKFLOW)}, capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()


def scripts_of(file):
    """Yield, rule by rule, the script that it runs and the one whose code it lists.

    A rule of a loop is one a section; there the script's name is a parameter.
    """
    for rule in re.split(r"^ *rule\b", file.read_text(), flags=re.M)[1:]:
        script = re.search(r'script:\s+"(.*)"', rule)
        if script is None:
            continue
        listed, name = re.search(r'code=code\(f?"([^"]+)"(?:, "(\w+)")?\)', rule), script[1]
        if "{params.script}" in name:
            name = name.replace("{params.script}", re.search(r'script=f"(.*)"', rule)[1])
        place = f"prospect/systems/{listed[2]}/scripts" if listed[2] else "scripts"
        sections = systems.classes()[listed[2]].sections if "{section}" in name else [""]
        for section in sections:
            run, known = (text.replace("{section}", section) for text in (name, listed[1]))
            yield (file.parent / run).resolve(), (WORKFLOW / place / f"{known}.py").resolve()


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_system_is_complete(system):
    folder = LIBRARY / "systems" / system
    for part in systems.PARTS:
        there = (folder / part).exists() or (folder / part).with_suffix("").is_dir()
        assert there, f"{folder}/{part} is missing"
    schema = yaml.safe_load((folder / "schema.yaml").read_text())
    assert set(systems.classes()[system].sections) == schema["properties"].keys()
    assert (Path("tests/systems") / system).is_dir()
    run = {script for script, _ in scripts_of(folder / "rules.smk")}
    assert {script.resolve() for script in (folder / "scripts").glob("*.py")} <= run
    rules = (folder / "rules.smk").read_text()
    for section in systems.classes()[system].sections if "report/{section}.rst" in rules else ():
        rules += f"report/{section}.rst"
    for caption in (folder / "report").glob("*.rst"):
        assert f"report/{caption.name}" in rules or f'"{caption.stem}"' in rules, caption


SCRIPTS = sorted([*WORKFLOW.glob("scripts/*.py"), *LIBRARY.glob("systems/*/scripts/*.py")])


REAL_IMPORTS = """
import ast, json, sys
found = {}
for script in sys.argv[1:]:
    for name in [name for name in sys.modules if name.split(".")[0] == "prospect"]:
        del sys.modules[name]
    tree = ast.parse(open(script).read())
    tree.body = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    exec(compile(tree, script, "exec"), {})
    names = [name for name in sys.modules if name.startswith("prospect.")]
    found[script] = [sys.modules[name].__file__ for name in names]
print(json.dumps(found))
"""


def test_code_is_what_every_script_really_imports():
    done = subprocess.run(
        [sys.executable, "-c", REAL_IMPORTS, *map(str, SCRIPTS)],
        env={"PYTHONPATH": str(WORKFLOW.resolve())}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for script, files in json.loads(done.stdout).items():
        real = {Path(file) for file in files if not file.endswith("__init__.py")}
        listed = {path.resolve() for path in files_of(Path(script), [WORKFLOW], {})}
        assert listed == real, script


def test_every_rule_lists_the_code_of_its_own_script():
    count = 0
    for file in [*WORKFLOW.glob("rules/*.smk"), *LIBRARY.glob("systems/*/rules.smk")]:
        for script, listed in scripts_of(file):
            assert script == listed
            count += 1
    assert count >= len(SCRIPTS)


def test_conda_and_pip_have_the_same_versions():
    pinned = re.findall(r"^[\w.-]+==\S+$", Path("envs/requirements.txt").read_text(), re.M)
    conda = yaml.safe_load(Path("envs/prospect.yaml").read_text())
    (pip,) = [part["pip"] for part in conda["dependencies"] if isinstance(part, dict)]
    assert pinned
    assert sorted(pip) == sorted(pinned)
