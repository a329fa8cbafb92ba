"""A browser and pages that many tests look at."""

import pytest
from browser import Browser, Missing


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium; tests are skipped where there can be none."""
    try:
        with Browser() as started:
            yield started
    except Missing as error:
        pytest.skip(str(error))
