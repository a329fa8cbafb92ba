"""A real SLURM cluster of two nodes, for the tests of this folder."""

import pytest
from on_slurm import OnSlurm
from small_slurm import Cluster, Missing


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Two nodes; tests are skipped where there can be none."""
    try:
        with Cluster(tmp_path_factory.mktemp("slurm")) as started:
            yield started
    except Missing as error:
        pytest.skip(str(error))


@pytest.fixture
def on_slurm(cluster, tmp_path):
    """A project where nothing has run, beside the cluster."""
    project = OnSlurm(tmp_path / "project")
    yield project
    project.stop()
