"""All files of a study are listed, the same each time, and what differs is said."""

import json

import pytest

from prospect.base.files import sha256
from prospect.records import provenance


@pytest.fixture
def listed(tmp_path):
    """The list of a small study's files."""
    path = tmp_path / "results" / "s" / "provenance.json"
    names = ["shapes.csv", "n/seed0/curves/a.h5", "figures/a.png", "logs/a.log"]
    names += ["benchmarks/a.tsv", "report.html", "n/seed0/curves/b.h5.partial", "n/a.tmp"]
    for number, name in enumerate(names):
        file = path.parent / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(str(number))
    provenance.write(path, {"study": "s", "seeds": [0]})
    return path


def test_all_is_listed_but_what_tells_times_or_passes(listed):
    found = json.loads(listed.read_text())
    names = ["figures/a.png", "n/seed0/curves/a.h5", "shapes.csv"]
    assert found["files"] == {name: sha256(listed.parent / name) for name in names}
    assert found["config"] == {"study": "s", "seeds": [0]}
    before = listed.read_bytes()
    provenance.write(listed, {"seeds": [0], "study": "s"})
    assert listed.read_bytes() == before


def test_what_is_as_it_was_written_is_said(listed, capsys):
    assert provenance.main([str(listed)]) == 0
    assert capsys.readouterr().out == f"{listed.parent}: all files are as they were written\n"


def test_what_differs_is_missing_or_is_new_is_said_a_line_each(listed, capsys):
    folder = listed.parent
    (folder / "shapes.csv").write_text("another")
    (folder / "figures/a.png").unlink()
    (folder / "n/seed0/curves/c.h5").write_text("new")
    (folder / "logs/a.log").write_text("of no account")
    assert provenance.main([str(listed)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{folder / 'figures/a.png'}: missing",
        f"{folder / 'n/seed0/curves/c.h5'}: new",
        f"{folder / 'shapes.csv'}: differs",
    ]


def test_a_damaged_list_is_one_line_and_others_are_still_compared(listed, tmp_path, capsys):
    other = tmp_path / "results" / "t" / "provenance.json"
    provenance.write(other, {})
    listed.write_bytes(listed.read_bytes()[:-9])
    assert provenance.main([str(listed), str(other)]) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{listed}: not a readable JSON file (damaged, or not the one that")
    assert second == f"{other.parent}: all files are as they were written"
