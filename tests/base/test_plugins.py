"""Your own code by import path: found, or one line that says which key and path are wrong."""

import sys

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
    (tmp_path / "own_but_wrong.py").write_text("\n1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert message_of("own_but_wrong:net") == (
        "dataset.name: cannot import 'own_but_wrong:net': ZeroDivisionError: division by zero "
        "(own_but_wrong.py, line 2)"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\ndef net(:\n", "SyntaxError: invalid syntax (odd.py, line 2)"),
        ("import sys\nsys.exit('enough')\n", "SystemExit: enough (odd.py, line 2)"),
        ("raise ValueError('a\\nb' + 'c' * 9999)\n", "ValueError: a bccc"),
    ],
)
def test_whatever_an_own_module_does_is_one_short_line(text, said, tmp_path, monkeypatch):
    (tmp_path / "odd.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    sys.modules.pop("odd", None)
    line = message_of("odd:net")
    assert said in line
    assert len(line) < 300


def test_what_cannot_be_called_is_named():
    line = message_of("prospect:__version__")
    assert line.startswith("dataset.name: 'prospect:__version__' is '")
    assert line.endswith("want a function or class")
