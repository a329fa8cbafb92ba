"""Saving figures: to the outputs of that name, and the same figure is the same file."""

import hashlib
import json
import time
from types import SimpleNamespace

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
from PIL import Image

import prospect
from prospect.base.errors import ProspectError
from prospect.drawing.style import drawing, styled

STYLE = {"font": "DejaVu Sans", "size": 8, "palette": "colorblind", "dpi": 40}


def job(folder, *names):
    """What a script gets from Snakemake, as far as drawing looks at it."""
    return SimpleNamespace(
        output=[str(folder / name) for name in names], log=[str(folder / "log.txt")], rule="draw",
        wildcards={"study": "s"}, params=SimpleNamespace(style=STYLE), input=Inputs(),
    )  # fmt: skip


class Inputs(list):
    """What a script gets from Snakemake of a rule's inputs."""

    code = ("style.py",)


def a_figure(label="α"):
    figure, axis = plt.subplots(figsize=(2, 1))
    axis.plot([0, 1], [1, 2])
    axis.set_xlabel(label)
    return figure


def draw(folder):
    folder.mkdir()
    with drawing(job(folder, "one.pdf", "one.png", "one.svg", "two.png")) as save:
        save("one", a_figure())
        save("two", a_figure("β"))
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.stem != "log"}


def test_the_same_figure_is_the_same_file_in_every_format(tmp_path):
    first = draw(tmp_path / "a")
    time.sleep(1.1)  # time stamps are whole seconds
    assert draw(tmp_path / "b") == first
    assert sorted(first) == ["one.pdf", "one.png", "one.svg", "two.png"]
    assert first["one.png"] != first["two.png"]


def test_the_style_holds_inside_only_and_figures_are_closed():
    plt.close("all")
    before = dict(mpl.rcParams)
    with pytest.raises(ValueError, match="inside"), styled(STYLE | {"size": 5}):
        assert mpl.rcParams["font.size"] == 5
        assert mpl.rcParams["font.family"] == ["DejaVu Sans"]
        a_figure()
        raise ValueError("inside")
    assert dict(mpl.rcParams) == before
    assert plt.get_fignums() == []


def test_a_mistake_while_drawing_ends_the_script_with_its_line(tmp_path):
    with pytest.raises(SystemExit, match="no data"), drawing(job(tmp_path, "one.png")):
        raise ProspectError("no data")
    assert "no data" in (tmp_path / "log.txt").read_text()


def test_a_figure_says_what_it_was_made_from(tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("a")
    drawn = job(tmp_path, "one.pdf", "one.png", "one.svg")
    drawn.input.extend([str(table), "style.py"])
    with drawing(drawn) as save:
        save("one", a_figure())
    origin = {"study": "s", "params": STYLE}
    origin |= {"made_from": {str(table): hashlib.sha256(b"a").hexdigest()}}
    with Image.open(tmp_path / "one.png") as image:
        assert json.loads(image.text["Description"]) == origin
        assert image.text["Title"] == "s: one"
        assert image.text["Software"].startswith(f"Prospect {prospect.__version__}, Matplotlib ")
    for name in ("one.pdf", "one.svg"):
        content = (tmp_path / name).read_bytes()
        assert origin["made_from"][str(table)].encode() in content
        assert b"s: one" in content
        assert f"Prospect {prospect.__version__}, Matplotlib ".encode() in content
