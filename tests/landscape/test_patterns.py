"""Patterns: reading a drawing, its coordinates, its overlap, and what bad drawings get."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prospect.base.errors import ProspectError
from prospect.landscape import patterns

SHIPPED = sorted(patterns.files(Path("config/patterns")).values())


def drawn(tmp_path, text):
    path = tmp_path / "drawing.txt"
    path.write_text(text)
    return patterns.read(path)


def test_a_line_lies_along_alpha(tmp_path):
    pattern = drawn(tmp_path, "extent: 1.5\n.# . #.\n")
    assert pattern.dimensions == 1
    assert pattern.places("#").ravel().tolist() == [-1, 1]
    assert pattern.places(".").ravel().tolist() == [-1.5, 0, 1.5]


def test_a_plane_has_alpha_to_the_right_and_beta_up(tmp_path):
    pattern = drawn(tmp_path, "..#\n...\n")
    assert pattern.cells.shape == (3, 2)
    assert pattern.places("#").tolist() == [[1, 1]]


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


def test_a_frozen_center_has_no_say(tmp_path):
    pattern = drawn(tmp_path, ".#.#.\n")
    alpha = np.linspace(-1, 1, 41)
    loss = np.where(pattern.nearest(alpha) == "#", 0.0, 3.0)
    loss[np.abs(alpha) < 0.24] = 0  # low at the center, which is drawn high
    low, stray = (loss == 0).sum() - 9, 9
    assert pattern.overlap((alpha,), loss, ceiling=2) == pytest.approx(low / (low + stray))
    frozen = pattern.without_center()
    assert frozen.overlap((alpha,), loss, ceiling=2) == 1
    assert frozen.places(".").ravel().tolist() == [-1, 1]


def test_without_a_cell_at_0_all_have_a_say(tmp_path):
    pattern = drawn(tmp_path, "#..#\n.##.\n")
    assert np.array_equal(pattern.without_center().cells, pattern.cells)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_patterns_are_whole(path):
    pattern = patterns.read(path)
    assert len(pattern.places("#")) and len(pattern.places("."))


def test_a_dozen_is_shipped():
    assert len(SHIPPED) >= 12


def test_the_ring_of_the_wine_bottle_has_radius_1():
    pattern = patterns.read("config/patterns/wine-bottle.txt")
    assert np.allclose(np.hypot(*pattern.places("#").T), 1, atol=0.15)
    assert pattern.nearest(np.zeros(1), np.zeros(1)) == " "


def test_header_lines_in_any_order(tmp_path):
    pattern = drawn(tmp_path, "target: 0.1\nextent: 2\nceiling: 5\nmargin: 1\n#.\n")
    assert pattern.extent == 2
    assert pattern.wishes == {"target": 0.1, "ceiling": 5, "margin": 1}


def picture(path, pixels, mode="L"):
    Image.fromarray(np.asarray(pixels, dtype=np.uint8), mode).save(path)
    return path


def test_an_image_is_dark_low_and_bright_high(tmp_path):
    pixels = np.full((8, 8), 255)
    pixels[:4, 4:] = 0  # at the top, to the right
    pattern = patterns.read(picture(tmp_path / "corner.png", pixels))
    assert pattern.name == "corner"
    assert pattern.cells.shape == (8, 8)
    assert (pattern.places("#") > 0).all()


def test_transparent_is_free_and_an_oblong_image_keeps_its_proportions(tmp_path):
    pixels = np.zeros((4, 10, 2))
    pixels[..., 0], pixels[..., 1] = 255, 255
    pixels[:, :5, 0] = 0
    pixels[0, :, 1] = 0
    pattern = patterns.read(picture(tmp_path / "wide.png", pixels, "LA"))
    assert pattern.cells.shape == (10, 10)
    low, high = pattern.places("#"), pattern.places(".")
    assert len(low) == len(high) == 5 * 3
    assert np.ptp(low[:, 1]) == pytest.approx(2 * 2 / 9)


def test_a_large_image_is_shrunk_and_its_shape_stays(tmp_path):
    x, y = np.meshgrid(np.linspace(-1, 1, 500), np.linspace(-1, 1, 300))
    disc = np.where((x / 0.6) ** 2 + (y / 0.6) ** 2 < 1, 0, 255)
    pattern = patterns.read(picture(tmp_path / "disc.png", disc))
    assert pattern.cells.shape == (patterns.SHRUNK, patterns.SHRUNK)
    share = (pattern.cells == "#").sum() / (pattern.cells != " ").sum()
    assert share == pytest.approx(np.pi * 0.36 / 4, rel=0.05)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path.write_bytes(b"no image"), "not a readable image"),
        (
            lambda path: Image.fromarray(np.full((4, 4), 20000, np.uint16)).save(path),
            "more than 8 bits a channel; save it with 8",
        ),
        (lambda path: picture(path, np.zeros((9, 9))), "at least one low"),
        (lambda path: picture(path, np.full((9, 9), 255)), "at least one low"),
        (lambda path: picture(path, [[0]]), "at least one low"),
    ],
)
def test_bad_images_get_one_clear_line(tmp_path, make, message):
    make(tmp_path / "bad.png")
    with pytest.raises(ProspectError, match=message) as caught:
        patterns.read(tmp_path / "bad.png")
    assert "bad.png" in str(caught.value)


def test_a_name_given_twice_is_refused(tmp_path):
    drawn(tmp_path, "#.\n")
    picture(tmp_path / "drawing.png", np.eye(4) * 255)
    with pytest.raises(ProspectError, match="'drawing' is there twice"):
        patterns.files(tmp_path)


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
        ("ceiling: nan\n#.\n", "header 'ceiling: nan'"),
        ("#" + "." * 40 + "\n", "41 cells; a drawing has at most 40"),
        (("#" * 41 + "\n") * 41, "41 x 41 cells"),
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
