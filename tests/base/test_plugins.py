"""Your own code by import path: found, or one line that says which key and path are wrong."""

import pytest

from prospect.base.errors import ProspectError
from prospect.base.plugins import by_import_path


def own(x):
    """A function of a user's."""
    return x + 1


class Holder:
    """Something with an attribute."""

    part = 1


def message_of(path):
    with pytest.raises(ProspectError) as caught:
        by_import_path(path, "dataset.name")
    (line,) = str(caught.value).splitlines()
    return line


def test_an_own_function_is_imported():
    assert by_import_path(f"{__name__}:own", "dataset.name") is own


def test_a_module_of_a_package_is_imported():
    found = by_import_path("prospect.base.plugins:by_import_path", "networks: architecture")
    assert found is by_import_path


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("no.such.module:f", "No module named 'no'"),
        ("prospect.nothing:f", "No module named 'prospect.nothing'"),
        (f"{__name__}:nothing", "has no attribute 'nothing'"),
        (f"{__name__}:Holder.part", "has no attribute 'Holder.part'"),
        (f"{__name__}", "has no attribute ''"),
    ],
)
def test_what_is_missing_is_one_line_with_key_and_path(path, reason):
    line = message_of(path)
    assert line.startswith(f"dataset.name: cannot import '{path}' (")
    assert reason in line
    assert "want package.module:name" in line


def test_a_module_that_cannot_import_its_own_imports_says_which(tmp_path, monkeypatch):
    (tmp_path / "own_but_broken.py").write_text("import not_installed_here\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert "No module named 'not_installed_here'" in message_of("own_but_broken:net")


def test_a_mistake_inside_an_own_module_is_not_called_a_missing_one(tmp_path, monkeypatch):
    (tmp_path / "own_but_wrong.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ZeroDivisionError):
        by_import_path("own_but_wrong:net", "dataset.name")
