"""The table of shapes: verdicts, shares, one threshold, and the summary."""

import math

import numpy as np
import pandas as pd
import pytest

from prospect.base.errors import ProspectError
from prospect.landscape import patterns
from prospect.records import grids
from prospect.records.grids import Grid
from prospect.records.losses import Losses
from prospect.systems.mining import tables
from prospect.systems.mining.figures.titles import title_of

ALPHA = np.linspace(-2, 2, 41)
PARAMS = {"shapes": {"persistence": 0.1, "z": 3.0, "overlap": 0.85}, "trained": {"n": ["c"]}}
ASKED = {"center": "c", "directions": ["d"], "pattern": None, "source": "noise"}


def written(path, loss, axes, sem=0.0, at_center=None, **attrs):
    """Write a grid of these losses, with loss and accuracy at its center."""
    path.parent.mkdir(parents=True, exist_ok=True)
    empty = np.zeros_like(loss)
    at_center = at_center or (float(loss.min()), 1.0)
    values = Losses(loss, empty, empty, np.full_like(loss, sem), empty == 0, *at_center)
    base = {"network": "n", "seed": 0, "center": "c", "batchnorm": "none", "split": "train"}
    base |= {"loss_scale": math.log(10), "metric": "accuracy", "loss_unit": "nats"}
    base |= {"samples": 100, "classes": 10, "params": {"item": {"noise": "gaussian"}}}
    base |= {"directions": ["d"], "direction_sha256": ["e"], "center_sha256": "c"}
    grids.write(path, Grid(axes, values, base | attrs))
    return str(path)


OUTCOME = {"network": "n", "seed": 0, "center": "c", "pattern": "w-peak"}
OUTCOME |= {"reached": True, "attempts": 1, "gradients": 1.0, "mining": {"ceiling": 3.0}}
OUTCOME |= {"sha256": ["e"], "file": "w-peak.h5"}
OUTCOME |= {"pattern_sha256": patterns.read("config/patterns/w-peak.txt").sha256}
MINED = {"directions": ["w-peak"]}


def named(files, asked):
    drawn = {"w-peak": patterns.read("config/patterns/w-peak.txt")}
    return tables.name_all(files, PARAMS | {"asked": asked}, drawn, [], [OUTCOME])


def test_verdicts(tmp_path):
    curves = {
        "v-basin": (ALPHA**2, None),
        "w-basin": (ALPHA**2, None),
        "w-peak": (2 * np.minimum((ALPHA - 1) ** 2, (ALPHA + 1) ** 2), "w-peak"),
        "anything": (ALPHA**2, None),
    }
    files = [
        written(tmp_path / "curves" / f"{name}.h5", loss, {"alpha": ALPHA})
        for name, (loss, _) in curves.items()
    ]
    asked = {f"curves/{name}": ASKED | {"pattern": p} for name, (_, p) in curves.items()}
    table, *_ = named(files, asked)
    rows = table.set_index("name")
    assert rows["found"].tolist()[:3] == [True, False, True]
    assert pd.isna(rows.loc["anything", "found"])
    assert rows.loc["w-basin", "reason"] == "the shape is v-basin"
    assert 0 < rows.loc["w-peak", "overlap"] <= 1
    text = tables.summary(table, "s")
    assert "curves: 2 of 3 found as wanted" in text
    assert "not found: n seed 0 w-basin: the shape is v-basin" in text


def test_mined_curves_are_judged_on_the_test_samples_too(tmp_path):
    wanted = 2 * np.minimum((ALPHA - 1) ** 2, (ALPHA + 1) ** 2)
    axes = {"alpha": ALPHA}
    file = written(tmp_path / "curves" / "w-peak.h5", wanted, axes, **MINED)
    test = tmp_path / "test" / "curves" / "w-peak.h5"
    test = written(test, ALPHA**2, axes, split="test", **MINED)
    drawn = {"w-peak": patterns.read("config/patterns/w-peak.txt")}
    asked = {"curves/w-peak": ASKED | MINED | {"pattern": "w-peak"}}
    outcome = OUTCOME | {"reached": False, "attempts": 2, "gradients": 300.0}
    table, *_ = tables.name_all([file], PARAMS | {"asked": asked}, drawn, [test], [outcome])
    row = table.iloc[0]
    assert row["found"] and row["shape"] == "w-peak"
    assert not row["test_found"] and row["test_shape"] == "v-basin"
    assert row["test_reason"] == "the shape is v-basin"
    assert row["test_file"] == test
    assert (row["mining"], row["attempts"], row["gradients"]) == ("not reached", 2, 300)
    assert row["low_loss"] < 0.2 < row["high_loss"]
    assert "mined ones on the test samples: 0 of 1" in tables.summary(table, "s")


def test_a_pattern_that_is_not_reached_says_so_in_the_reason(tmp_path):
    file = written(tmp_path / "curves" / "w-peak.h5", ALPHA**2, {"alpha": ALPHA}, **MINED)
    drawn = {"w-peak": patterns.read("config/patterns/w-peak.txt")}
    asked = {"curves/w-peak": ASKED | MINED | {"pattern": "w-peak"}}
    outcome = OUTCOME | {"reached": False}
    table, *_ = tables.name_all([file], PARAMS | {"asked": asked}, drawn, [], [outcome])
    assert table.loc[0, "reason"] == "the shape is v-basin; mining did not reach its goal"


def test_a_mined_curve_without_walls_is_not_found(tmp_path):
    loss = np.where(np.abs(ALPHA) > 1, 0.0, 2.0 - 2 * np.abs(ALPHA))
    file = written(tmp_path / "curves" / "w-peak.h5", loss, {"alpha": ALPHA})
    table, *_ = named([file], {"curves/w-peak": ASKED | {"pattern": "w-peak"}})
    assert not table.loc[0, "found"]
    assert "no wall" in table.loc[0, "reason"]


def test_shares_of_a_population_with_wilson_intervals(tmp_path):
    loss = np.stack([ALPHA**2] * 9 + [ALPHA + 2])
    axes = {"direction": np.arange(10), "alpha": ALPHA}
    table, members, bands = named([written(tmp_path / "populations" / "p.h5", loss, axes)], {})
    assert len(members) == 10
    assert members["population"].unique().tolist() == ["p"]
    assert members["log_asymmetry"].tolist() == pytest.approx([0] * 9 + [-math.log(3)])
    assert bands["alpha"].tolist() == pytest.approx(ALPHA.tolist())
    assert bands["loss_50"].tolist() == pytest.approx(np.median(loss, axis=0).tolist())
    assert table["share"].tolist() == [0.9, 0.1]
    z, n, p = 1.959964, 10, 0.9  # Wilson 1927
    middle, half = (p + z**2 / 2 / n), z * math.sqrt(p * (1 - p) / n + z**2 / 4 / n**2)
    assert table.loc[0, "share_low"] == pytest.approx((middle - half) / (1 + z**2 / n), rel=1e-4)
    assert table.loc[0, "share_high"] == pytest.approx((middle + half) / (1 + z**2 / n), rel=1e-4)


def test_one_threshold_for_the_study(tmp_path):
    quiet = written(tmp_path / "curves" / "v-basin.h5", ALPHA**2, {"alpha": ALPHA})
    noisy = written(tmp_path / "curves" / "v-side.h5", ALPHA**2, {"alpha": ALPHA}, sem=0.2)
    asked = {"curves/v-basin": ASKED, "curves/v-side": ASKED}
    alone, *_ = named([quiet], asked)
    both, *_ = named([quiet, noisy], asked)
    assert alone["threshold"].tolist() == [pytest.approx(0.1 * math.log(10))]
    assert both["threshold"].tolist() == [pytest.approx(0.6)] * 2


CENTERS = {
    "trained": (0.01, 1.0, True),
    "diverged": (22.0, 0.10, False),  # the loss is finite
    "sure of what is wrong": (5.0, 0.6, False),
    "one class for all": (2.29, 0.12, False),  # 12 of 100 may be chance
    "a little": (2.2, 0.25, True),
}


@pytest.mark.parametrize("kind", ["curves", "populations"])
@pytest.mark.parametrize(("loss", "accuracy", "learned"), CENTERS.values(), ids=CENTERS)
def test_networks_that_learned_nothing_are_named(tmp_path, kind, loss, accuracy, learned):
    axes, losses = {"alpha": ALPHA}, ALPHA**2
    if kind == "populations":
        axes, losses = {"direction": np.arange(2)} | axes, np.stack([losses] * 2)
    file = written(tmp_path / kind / "x.h5", losses, axes, at_center=(loss, accuracy))
    table, *_ = named([file], {"curves/x": ASKED})
    assert table["learned"].tolist() == [learned]
    line = f"learned nothing: n seed 0 at center c: loss {loss:.3g} nats, accuracy {accuracy:.1%}"
    assert (line in tables.summary(table, "s")) is not learned
    assert title_of(table.iloc[0]).endswith("; learned nothing") is not learned
    params = PARAMS | {"asked": {"curves/x": ASKED}, "trained": {"n": ["other"]}}
    (elsewhere,) = tables.name_all([file], params, {})[0]["learned"]
    assert pd.isna(elsewhere)


STRANGE = {
    "another center": ({"center": "d"}, {}, "center d and not c"),
    "other directions": ({"directions": ["e"]}, {}, r"directions \['e'\] and not \['w-peak'\]"),
    "mined anew": ({}, {"sha256": ["f"]}, "not along w-peak of w-peak.h5"),
    "drawn anew": ({}, {"pattern_sha256": "f"}, "mined for another drawing than w-peak is now"),
}


@pytest.mark.parametrize(("attrs", "outcome", "said"), STRANGE.values(), ids=STRANGE)
def test_a_grid_of_other_directions_or_of_another_center_is_refused(tmp_path, attrs, outcome, said):
    path = tmp_path / "curves" / "w-peak.h5"
    file = written(path, ALPHA**2, {"alpha": ALPHA}, **MINED | attrs)
    drawn = {"w-peak": patterns.read("config/patterns/w-peak.txt")}
    params = PARAMS | {"asked": {"curves/w-peak": ASKED | MINED | {"pattern": "w-peak"}}}
    with pytest.raises(ProspectError, match=said):
        tables.name_all([file], params, drawn, [], [OUTCOME | outcome])


@pytest.mark.parametrize("name", ["center_sha256", "direction_sha256"])
def test_a_grid_over_test_samples_of_another_place_is_refused_with_both_files(tmp_path, name):
    path = tmp_path / "curves" / "w-peak.h5"
    test = tmp_path / "test" / "curves" / "w-peak.h5"
    written(path, ALPHA**2, {"alpha": ALPHA}, **MINED)
    other = {name: ["f"] if name == "direction_sha256" else "f"}
    written(test, ALPHA**2, {"alpha": ALPHA}, **MINED | other)
    drawn = {"w-peak": patterns.read("config/patterns/w-peak.txt")}
    params = PARAMS | {"asked": {"curves/w-peak": ASKED | MINED | {"pattern": "w-peak"}}}
    with pytest.raises(ProspectError, match=f"{path} and {test} differ in their {name}"):
        tables.name_all([str(path)], params, drawn, [str(test)], [OUTCOME])
