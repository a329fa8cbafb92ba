"""Real runs of the pipeline in a copy of the project, so that nothing of the user's is touched."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


class Project:
    """A copy of the project in a folder of its own, with the tiny study's config to edit."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.config = folder / "config" / "studies" / "tiny.yaml"
        for part in ("workflow", "config", "envs", "profiles"):
            shutil.copytree(
                ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__")
            )
        shutil.copy(ROOT / "Snakefile", folder)

    def snakemake(self, *arguments: str, config: Path | None = None) -> subprocess.CompletedProcess:
        """Run Snakemake on the tiny study."""
        command = [sys.executable, "-m", "snakemake", *arguments]
        command += ["--configfile", str(config or self.config)]
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )

    def run(self, *arguments: str) -> None:
        """Run the pipeline and insist that it succeeds."""
        done = self.snakemake(*arguments)
        assert done.returncode == 0, done.stderr[-3000:]

    def planned(self, *arguments: str) -> dict[str, int]:
        """Return the rules that a dry run lists, with the number of their jobs."""
        done = self.snakemake("--dry-run", *arguments)
        assert done.returncode == 0, done.stderr[-3000:]
        text = done.stdout + done.stderr
        if "Nothing to be done" in text:
            return {}
        table = text.split("Job stats:")[1].split("total")[0]
        return {rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", table, re.M)}

    def results(self) -> dict[str, bytes]:
        """Return checkpoints, directions and grids by path, with their bytes."""
        files = (self.folder / "results").rglob("*")
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in files
            if path.suffix in {".h5", ".safetensors"}
        }


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A project whose tiny study has run to its end on two cores."""
    project = Project(tmp_path_factory.mktemp("two"))
    project.run("--cores", "2")
    return project


@pytest.fixture
def project(finished):
    """The finished project; what a test edits is put back."""
    library = finished.folder / "workflow" / "prospect"
    kept = {path: path.read_bytes() for path in (finished.config, *library.rglob("*.py"))}
    yield finished
    for path in [finished.config, *library.rglob("*.py")]:
        if path not in kept:
            path.unlink()
        elif path.read_bytes() != kept[path]:
            path.write_bytes(kept[path])


@pytest.fixture
def fresh(tmp_path):
    """A project where nothing has run."""
    return Project(tmp_path)


@pytest.fixture
def copied(finished, tmp_path):
    """A copy of the finished project, with its results."""
    shutil.copytree(finished.folder, tmp_path / "copy")
    project = Project.__new__(Project)
    project.folder = tmp_path / "copy"
    project.config = project.folder / finished.config.relative_to(finished.folder)
    return project
