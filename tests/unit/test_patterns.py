"""Patterns: reading a drawing, its coordinates, its overlap, and what bad drawings get."""

from pathlib import Path

import numpy as np
import pytest

from prospect import patterns
from prospect.errors import ProspectError

SHIPPED = sorted(Path("config/patterns").glob("*.txt"))


def drawn(tmp_path, text):
    path = tmp_path / "drawing.txt"
    path.write_text(text)
    return patterns.read(path)


def test_a_line_lies_along_alpha(tmp_path):
    pattern = drawn(tmp_path, "extent: 1.5\n.# . #.\n")
    assert pattern.dimensions == 1
    assert pattern.points("#").ravel().tolist() == [-1, 1]
    assert pattern.points(".").ravel().tolist() == [-1.5, 0, 1.5]


def test_a_plane_has_alpha_to_the_right_and_beta_up(tmp_path):
    pattern = drawn(tmp_path, "..#\n...\n")
    assert pattern.cells.shape == (3, 2)
    assert pattern.points("#").tolist() == [[1, 1]]


def test_overlap_is_intersection_over_union(tmp_path):
    pattern = drawn(tmp_path, "##..\n##..\n")
    alpha, beta = np.linspace(-1, 1, 4), np.linspace(-1, 1, 2)
    loss = np.full((4, 2), 9.0)
    assert pattern.overlap((alpha, beta), loss, ceiling=2) == 0
    loss[:2] = 0.5
    assert pattern.overlap((alpha, beta), loss, ceiling=2) == 1
    loss[2] = 0.5
    assert pattern.overlap((alpha, beta), loss, ceiling=2) == pytest.approx(4 / 6)


def test_overlap_leaves_out_what_is_free_or_outside(tmp_path):
    pattern = drawn(tmp_path, "# .\n")
    alpha = np.array([-3.0, -1, 0, 1, 3])
    loss = np.array([0.0, 0, 0, 9, 0])
    assert pattern.overlap((alpha,), loss, ceiling=2) == 1


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_patterns_are_whole(path):
    pattern = patterns.read(path)
    assert len(pattern.points("#")) and len(pattern.points("."))


def test_the_ring_of_the_wine_bottle_has_radius_1():
    pattern = patterns.read("config/patterns/wine-bottle.txt")
    assert np.allclose(np.hypot(*pattern.points("#").T), 1, atol=0.15)
    assert pattern.nearest(np.zeros(1), np.zeros(1)) == "."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("##.\n#.\n", "row 2 has 2 cells, row 1 has 3"),
        ("#x.\n", "row 1 holds 'x'"),
        ("...\n", "at least one low"),
        ("###\n", "at least one low"),
        ("#\n", "at least one low"),
        ("", "no rows"),
        ("extent: wide\n#.\n", "header 'extent: wide'"),
        ("extent: -1\n#.\n", "header 'extent: -1'"),
        ("size: 1\n#.\n", "header 'size: 1'"),
    ],
)
def test_bad_drawings_get_one_clear_line(tmp_path, text, message):
    with pytest.raises(ProspectError, match=message) as caught:
        drawn(tmp_path, text)
    assert "drawing.txt" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ProspectError, match=r"nothing\.txt"):
        patterns.read(tmp_path / "nothing.txt")
