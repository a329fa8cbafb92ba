"""Configs of a few lines, completed as a study's is, and what is said of wrong ones."""

from pathlib import Path

import pytest
import yaml

from prospect.base.errors import ProspectError
from prospect.study import config

FOLDER = Path("config/patterns")


def completed(base, text):
    """Complete a config of two parts, the second in place of the first, section by section."""
    whole = yaml.safe_load(base) | yaml.safe_load(text)
    return config.complete(whole, [], FOLDER)


def refusal(base, text):
    """Return what is said of a config that cannot be, one line."""
    with pytest.raises(ProspectError) as failed:
        completed(base, text)
    assert "\n" not in str(failed.value)
    return str(failed.value)
