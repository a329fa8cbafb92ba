"""Real runs of the pipeline in a copy of the project, so that nothing of the user's is touched."""

import shutil

import pytest
from project import Project


@pytest.fixture
def project(finished):
    """The finished project; what a test edits is put back."""
    library = finished.folder / "workflow" / "prospect"

    def edited():
        files = (path for path in library.rglob("*") if path.suffix in (".py", ".js", ".css"))
        return [finished.config, *files]

    kept = {path: path.read_bytes() for path in edited()}
    yield finished
    for path in edited():
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
