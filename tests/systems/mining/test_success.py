"""Success, chance and mined points: shares, medians, barriers, and what the sentences say."""

import numpy as np
import pandas as pd
import pytest

from prospect.landscape import patterns
from prospect.records import grids
from prospect.records.grids import Grid
from prospect.records.losses import Losses
from prospect.systems.mining import chance, solutions, success

ALPHA = np.linspace(-2, 2, 41)


def row(**values):
    """Return a row of the table of shapes."""
    empty = {"network": "n", "seed": 0, "kind": "curve", "name": "w-peak", "pattern": "w-peak"}
    empty |= {
        "center": "c",
        "directions": "d",
        "source": "mined",
        "wanted": "w-peak",
        "shape": "w-peak",
    }
    empty |= {"found": True, "test_found": True, "mining": "reached", "attempts": 1}
    empty |= {"gradients": 100.0, "low_loss": 0.1, "high_loss": 4.0, "overlap": 0.9}
    empty |= {"test_overlap": 0.8, "confidence": 2.0, "curves": np.nan, "share": np.nan}
    empty |= {"threshold": 0.23, "loss_unit": "nats", "file": "", "test_file": ""}
    return empty | values


def test_success_is_a_share_with_its_wilson_interval_and_medians():
    runs = [row(seed=seed, gradients=100.0 * seed) for seed in range(9)]
    runs.append(row(seed=9, found=False, test_found=False, mining="not reached", gradients=5000.0))
    runs.append(row(name="other", source="noise", pattern="", found=True))
    table = success.success_table(pd.DataFrame(runs))
    assert len(table) == 1
    found = table.iloc[0]
    assert (found["runs"], found["found"], found["found_on_test"], found["reached"]) == (
        10,
        9,
        9,
        9,
    )
    z, n, p = 1.959964, 10, 0.9  # Wilson 1927
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert found["share_low"] == pytest.approx(middle - half, abs=1e-5)
    assert found["share_high"] == pytest.approx(middle + half, abs=1e-5)
    assert (found["gradients"], found["gradients_most"]) == (450, 5000)
    text = success.findings(table)
    assert "found in 9 of 10 runs" in text[0]
    assert "9 on the test samples" in text[0]


def test_chance_counts_curves_of_every_name_and_populations():
    rows = [
        row(),
        row(name="a", pattern="", wanted="", source="noise", shape="w-peak", found=pd.NA),
        row(name="b", pattern="", wanted="", source="noise", shape="v-basin", found=pd.NA),
        row(name="c", pattern="", wanted="", source="to", shape="v-basin", found=pd.NA),
        row(kind="population", name="population", pattern="", wanted="", source="noise")
        | {"shape": "v-basin", "curves": 200, "share": 0.99},
        row(kind="population", name="population", pattern="", wanted="", source="noise")
        | {"shape": "w-peak", "curves": 200, "share": 0.01},
        row(kind="surface", name="x", pattern="", wanted="", source="noise", shape="bowl"),
        row(name="d", pattern="", wanted="", source="noise", shape="w-peak", center="elsewhere"),
    ]
    table = chance.chance_table(pd.DataFrame(rows)).set_index("source")
    assert table.loc["noise", ["count", "found"]].tolist() == [202, 3]
    assert table.loc["to", ["count", "found"]].tolist() == [1, 0]
    assert set(table.index) == {"noise", "to"}
    assert table["shape"].unique().tolist() == ["w-peak"]
    (text,) = chance.findings(table.reset_index())
    assert "w-peak at c without mining the whole: 3 of 202 along random directions" in text


def written(path, loss, accuracy, axes, **center):
    zeros = np.zeros_like(loss)
    values = Losses(loss, accuracy, zeros, zeros, zeros == 0, **center)
    attrs = {"direction_norms": [2.0] * loss.ndim, "center_norm": 4.0}
    grids.write(path, Grid(axes, values, attrs))
    return str(path)


def test_mined_points_have_distance_accuracy_and_barrier(tmp_path):
    loss = 3 * np.minimum.reduce([np.abs(ALPHA), np.abs(ALPHA - 1), np.abs(ALPHA + 1)])
    train = written(
        tmp_path / "train.h5", loss, np.exp(-loss), {"alpha": ALPHA}, center_loss=0.0,
        center_accuracy=1.0,
    )  # fmt: skip
    test = written(
        tmp_path / "test.h5", loss + 0.1, np.exp(-loss) - 0.02, {"alpha": ALPHA}, center_loss=0.1,
        center_accuracy=0.97,
    )  # fmt: skip
    pattern = patterns.read("config/patterns/vvv-basin.txt")
    shapes = pd.DataFrame([row(pattern="vvv-basin", file=train, test_file=test)])
    points = solutions.mined_points(shapes, {"vvv-basin": pattern})
    assert points["alpha"].round(9).tolist() == [-1, 1]  # the center is no other solution
    assert points["distance"].tolist() == [2, 2]
    assert points["relative_distance"].tolist() == [0.5, 0.5]
    assert points["barrier"].to_numpy() == pytest.approx([1.5, 1.5], abs=0.03)
    assert points["test_loss"].to_numpy() == pytest.approx([0.1, 0.1])
    assert points["test_accuracy"].to_numpy() == pytest.approx([0.98, 0.98])
    assert points["center_test_accuracy"].tolist() == [0.97, 0.97]
    (text,) = solutions.findings(points)
    assert text.startswith("2 of 2 mined low points lie behind a barrier")
    assert text.endswith("other solutions, which carry over to samples they have not seen.")


def test_points_of_a_plane_are_reached_on_the_straight_way(tmp_path):
    alpha, beta = np.meshgrid(ALPHA, ALPHA, indexing="ij")
    loss = (np.hypot(alpha, beta) - 1) ** 2  # a ring of radius 1 about a hump of height 1
    axes = {"alpha": ALPHA, "beta": ALPHA}
    file = written(tmp_path / "ring.h5", loss, loss, axes, center_loss=1.0, center_accuracy=0.1)
    shapes = pd.DataFrame([row(kind="surface", pattern="wine-bottle", file=file, test_file=file)])
    pattern = patterns.read("config/patterns/wine-bottle.txt")
    points = solutions.mined_points(shapes, {"wine-bottle": pattern})
    assert len(points) == len(pattern.places("#"))
    assert points["barrier"].abs().max() < 0.01  # downhill all the way
    assert points["distance"].between(1.6, 2.4).all()


def line(tmp_path, alpha, loss, center_loss=0.0):
    """Return the mined points of vvv-basin, low at -1, 0 and 1, on a curve."""
    file = written(
        tmp_path / "line.h5", loss, loss, {"alpha": alpha}, center_loss=center_loss,
        center_accuracy=1.0,
    )  # fmt: skip
    shapes = pd.DataFrame([row(pattern="vvv-basin", file=file, test_file=file)])
    pattern = patterns.read("config/patterns/vvv-basin.txt")
    return solutions.mined_points(shapes, {"vvv-basin": pattern})


def test_low_cells_outside_the_window_are_no_mined_points(tmp_path):
    alpha = np.linspace(-0.5, 0.5, 11)
    assert line(tmp_path, alpha, alpha**2).empty


def test_the_center_is_no_mined_point_on_a_grid_without_it(tmp_path):
    alpha = np.linspace(-2, 2, 40)
    assert line(tmp_path, alpha, alpha**2)["alpha"].abs().tolist() == pytest.approx(
        [0.974] * 2, 0.01
    )


def test_cells_at_the_same_grid_point_are_one_mined_point(tmp_path):
    axes = dict.fromkeys(("alpha", "beta"), np.linspace(-1.25, 1.25, 9))
    loss = np.ones((9, 9))
    file = written(tmp_path / "g.h5", loss, loss, axes, center_loss=1.0, center_accuracy=0.1)
    shapes = pd.DataFrame([row(kind="surface", pattern="heart", file=file, test_file=file)])
    points = solutions.mined_points(shapes, {"heart": patterns.read("config/patterns/heart.txt")})
    assert 10 < len(points) == len(points[["alpha", "beta"]].drop_duplicates())
    assert points[["alpha", "beta"]].abs().max(axis=1).min() > 0  # cells beside 0 fall on it


def test_what_is_not_finite_on_the_way_is_an_infinite_barrier(tmp_path):
    loss = np.where(np.abs(ALPHA - 0.5) < 0.05, np.nan, ALPHA**2)
    points = line(tmp_path, ALPHA, loss)
    assert points["barrier"].tolist() == [0, np.inf]


def test_the_barrier_starts_at_the_center_whatever_the_grid(tmp_path):
    alpha = np.linspace(-2, 2, 40)
    points = line(tmp_path, alpha, 1 + alpha**2, center_loss=9.0)  # measured at 0 itself
    assert points["barrier"].tolist() == [0, 0]


def test_only_points_behind_a_barrier_are_called_solutions(tmp_path):
    points = line(tmp_path, ALPHA, 3 * np.minimum(np.abs(ALPHA), np.abs(ALPHA - 1)))
    assert points["barrier"].tolist() == pytest.approx([0, 1.5])
    (text,) = solutions.findings(points)
    assert text.startswith("1 of 2 mined low points")
