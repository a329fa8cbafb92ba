"""Every study that ships can be planned: also those that only a cluster would run."""

from pathlib import Path

import pytest

STUDIES = sorted(path.name for path in Path("config/studies").glob("*.yaml"))


@pytest.mark.parametrize("study", STUDIES)
def test_a_study_is_planned(fresh, study):
    config = fresh.folder / "config" / "studies" / study
    done = fresh.snakemake("--dry-run", "--quiet", config=config)
    assert done.returncode == 0, done.stderr[-2000:]
    assert " jobs, about " in done.stdout + done.stderr
    assert not list(fresh.folder.glob("results/*"))
