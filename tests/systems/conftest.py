"""What the tests of all systems share."""

import pytest

from prospect.base import stage


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    """Belong to no run of Snakemake."""
    monkeypatch.delenv(stage.RUN, raising=False)
