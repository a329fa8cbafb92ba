"""Scripts of stages that train networks, stopped half-way and run again; columns of claims."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from jobs import run, scripts_of, stop_after_a_part

from prospect.model import networks
from prospect.model.objective import Objective
from prospect.records import claims
from prospect.records.tables import read_table
from prospect.systems.samples import items
from prospect.systems.samples.system import JOINED, TABLES

PARAMS = {
    "name": "small",
    "network": {"architecture": "mlp", "hidden": [8]},
    "dataset": {"name": "digits"},
    "device": "cpu",
    "training": {
        **{"epochs": 2, "batch": 128, "schedule": "constant"},
        "optimizer": {"name": "adam", "lr": 0.001, "weight_decay": 0},
        **{"parts": 1, "part": 0, "samples": None, "label_noise": 0},
    },
    "evaluation": {"samples": 200, "batchnorm": "recompute", "batch": 4096},
}
# of every section: its options, the words by which its rows are known, and their number
STAGES = {
    "increments": (
        {"widths": [4, 8], "depths": [1, 2], "epochs": [1, 2], "batch": 64, "rate": 0.001}
        | {"samples": 300, "orders": 5, "count": 2},
        *(["network", "epochs", "seed"], 4 * 2 * 2),
    ),
    "convergence": (
        {"centers": [["init", 0], ["trained", 2]], "radii": [0.3, 1.0], "sizes": [10, 50, 150]}
        | {"points": 3, "accuracy": 0.1, "pilot": 20, "orders": 5, "count": 2},
        *(["center", "radius", "k", "seed"], 2 * 2 * 3 * 2),
    ),
    "second_order": (
        {"radii": [0.01, 1.0], "sizes": [20, 50], "directions": 2, "orders": 3, "count": 2},
        *(["k", "radius", "seed"], 2 * 2 * 2),
    ),
    "bounds": (
        {"widths": [4], "depths": [0], "width": 4, "depth": 1, "shallow": [4], "scales": [0.1]}
        | {"samples": 6, "epochs": 1, "batch": 128, "rate": 0.001, "count": 2},
        *(["width", "depth", "state", "scale", "seed"], 2 * (2 + 3)),
    ),
    "hessians": (
        {"widths": [2], "depths": [0], "samples": 200, "sizes": [10, 100], "epochs": 1}
        | {"batch": 64, "rate": 0.001, "orders": 1, "count": 2},
        *(["state", "seed", "k"], 2 * 2 * 2),
    ),
    "retraining": (
        {"width": 8, "depth": 0, "first": 150, "loss": 1.5, "epochs": 20, "batch": 64}
        | {"rate": 0.003, "through": [150, 600], "points": 3, "orders": 2, "count": 2},
        *(["seed", "k"], 2 * 5),
    ),
}


def called(script, folder, names, read=None, **params):
    """Run a script; return the paths of its outputs."""
    outputs = [str(folder / name) for name in names]
    run("samples", script, outputs, read, **params)
    return outputs


def measured(section, folder):
    """Run a section's stage; return the paths of its tables."""
    stage_params = PARAMS | {section: STAGES[section][0]}
    return called(f"measure_{section}", folder, TABLES[section], stage=stage_params)


@pytest.mark.parametrize("section", STAGES)
def test_a_stage_goes_on_and_ends_with_the_same_bytes(section, tmp_path, monkeypatch):
    _, keys, count = STAGES[section]
    whole = measured(section, tmp_path / "whole")
    made = stop_after_a_part(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        measured(section, tmp_path / "stopped")
    assert not Path(whole[0].replace("whole", "stopped")).exists()
    again = measured(section, tmp_path / "stopped")
    assert made[:2] == [1, 2]  # the first part was not made again
    for one, other in zip(whole, again, strict=True):
        assert Path(one).read_bytes() == Path(other).read_bytes()
        assert not Path(f"{other}.partial").exists()
    rows = read_table(whole[0])
    assert len(rows) == count and not rows.duplicated(keys).any()


def test_tables_of_the_study_have_what_claims_ask_for(tmp_path):
    found = {}
    for section in STAGES:
        paths = measured(section, tmp_path / section)
        names = (Path(path).stem.replace("-", "_") for path in paths)
        read = {name: [path] for name, path in zip(names, paths, strict=True)}
        joined = JOINED[section] and called(
            f"join_{section}", tmp_path, JOINED[section], read,
            stage={"dataset": {"name": "digits"}, section: STAGES[section][0]},
        )  # fmt: skip
        found |= {Path(path).name: Path(path) for path in paths}
        found |= {Path(path).name: Path(path) for path in joined}
    claimed = [
        one
        for one in claims.read(scripts_of("samples").parent / "claims.yaml")
        if one.table in found
    ]
    rows = claims.judge("samples", claimed, found)
    assert {row["verdict"] for row in rows} <= {"holds", "fails", "undecided", "not tested"}
    tested = {row["id"] for row in rows if row["units"]}
    assert {"increments-fall-as-one-over-k", "planes-settle-as-root-k"} <= tested
    assert {"second-order-bound-holds", "minimum-is-shared"} <= tested
    assert {"ladder-is-in-order", "bound-is-tight", "bernstein-is-within-a-decade"} <= tested
    assert {"no-barrier-between-neighbours", "excess-loss-falls-as-one-over-k"} <= tested


class Place:
    """A landscape of one small network, along two fixed directions."""

    def __init__(self, digits, directions):
        network = networks.build(PARAMS["network"], (1, 8, 8), 10, seed=0)
        self.objective = Objective(network, digits.train.subset(200, seed=0))
        self.theta = self.objective.flat.weights.clone()
        rng = torch.Generator().manual_seed(0)
        self.vectors = torch.randn(directions, len(self.theta), generator=rng)
        item = {"center": "init", "window": 0.5, "points": 9}
        self.params = {"items": {f"{'curves' if directions == 1 else 'surfaces'}/one": item}}
        self.model = {"network": "small", "seed": 3}

    def go_to(self, center):
        assert center == "init"
        return self.theta

    def along(self, item, theta):
        return self.vectors, [], []


def test_a_curve_is_looked_at_on_its_grid_and_says_what_it_needs(digits):
    place = Place(digits, 1)
    (key,) = place.params["items"]
    own = {"accuracy": 0.1, "pilot": 20, "orders": 200, "points": 5}
    rows, sizes, curve = items.measure(place, own, key)
    assert curve["alpha"].tolist() == [-0.5, -0.25, 0, 0.25, 0.5]
    for row in curve.itertuples():
        alone = place.objective.sample_losses(place.theta, place.vectors, (row.alpha,)).loss
        assert row.loss == pytest.approx(float(alone.mean()), rel=1e-5)
        assert row.deviation == pytest.approx(float(alone.std(correction=0)), rel=1e-4)
    (row,) = rows.to_dict("records")
    assert (row["network"], row["seed"], row["kind"], row["item"]) == ("small", 3, "curve", "one")
    assert row["range"] == pytest.approx(np.ptp(curve["loss"]), rel=1e-5)
    assert row["deviation"] ** 2 == pytest.approx((curve["deviation"] ** 2).mean(), rel=1e-4)
    assert sizes["k"].is_monotonic_increasing and sizes["k"].iloc[-1] == 199
    assert (sizes["error"] / sizes["expected"]).to_numpy() == pytest.approx(1, abs=0.25)


def test_a_surface_has_no_curve(digits):
    place = Place(digits, 2)
    (key,) = place.params["items"]
    own = {"accuracy": 0.1, "pilot": 20, "orders": 5, "points": 3}
    rows, _, curve = items.measure(place, own, key)
    assert isinstance(rows, pd.DataFrame) and rows["kind"].item() == "surface" and curve.empty
