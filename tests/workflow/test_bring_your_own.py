"""README's "Bring your own": its very text is run."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from prospect.records.tables import read_table

README = Path(__file__).parents[2] / "README.md"
BLOCK = re.compile(r"```(?:python|yaml)\n# (\S+)\n(.*?)```", re.DOTALL)


@pytest.fixture
def brought(fresh):
    """A project with the files of that section."""
    (section,) = re.findall(
        r"^## Bring your own\n(.*?)^## ", README.read_text(), re.DOTALL | re.MULTILINE
    )
    files = dict(BLOCK.findall(section))
    assert list(files) == ["my_net.py", "config/studies/mine.yaml", "config/studies/trained.yaml"]
    for name, text in files.items():
        assert text.count("\n") < 30, name
        assert f"{name}`" in section or name == "my_net.py"  # as a command has it
        (fresh.folder / name).write_text(text)
    return fresh


def run(project, study):
    """Run a study to its end; return its table of shapes."""
    project.config = project.folder / "config/studies" / f"{study}.yaml"
    project.run("--cores", "1")
    folder = project.folder / "results" / study
    assert (folder / "figures/atlas.pdf").stat().st_size > 5000
    return read_table(folder / "shapes.csv").set_index("name")


def test_a_network_and_data_of_ones_own(brought):
    shapes = run(brought, "mine")
    assert shapes["found"].to_dict() == {"v-basin": 1, "bowl": 1}
    history = read_table(brought.folder / "results/mine/mine/seed0/history.csv")
    assert history["test_accuracy"].iloc[-1] > 0.9


def test_weights_that_were_trained_elsewhere(brought):
    subprocess.run([sys.executable, "my_net.py"], cwd=brought.folder, check=True)
    brought.config = brought.folder / "config/studies/trained.yaml"
    assert not [rule for rule in brought.planned() if rule.startswith("train_")]
    shapes = run(brought, "trained")
    assert shapes["found"].to_dict() == {"v-basin": 1, "vvv-basin": 1, "bowl": 1}
    history = read_table(brought.folder / "results/trained/mine/seed0/history.csv")
    assert list(history["epoch"]) == [100] and history["test_accuracy"][0] > 0.9
