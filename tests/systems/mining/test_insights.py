"""Tables and sentences about Hessians, and the lens on functions whose curvature is known."""

import math

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from prospect.base.files import as_text, write_texts
from prospect.landscape.curvature import share_above
from prospect.landscape.hessian import Analysis, Hessian
from prospect.model.objective import Objective
from prospect.records import hessians
from prospect.systems.mining import insights
from prospect.systems.mining.lens import explain

rng = np.random.default_rng(0)


def written(path, mean, center="trained"):
    """Write a Hessian with P = 100 parameters, tr H = 100 · mean and ‖H‖_F² = 100."""
    found = Analysis(
        eigenvalues=np.array([-1.0, 5.0]),
        eigenvectors=np.zeros((2, 100)),
        trace=100 * mean,
        trace_sem=1.0,
        squares=100.0,
        squares_sem=1.0,
        block_traces=np.zeros(1),
        block_sems=np.zeros(1),
        density_at=np.zeros(2),
        density=np.zeros(2),
        slopes=np.zeros(500),
        curvatures=rng.normal(mean, 0.1, 500),
        blocks=["a"],
        parameters=100,
    )
    attrs = {"network": "n", "seed": 0, "center": center, "samples": 9, "batchnorm": "none"}
    arrays = vars(found) | {"mean": found.mean, "spread": found.spread}
    hessians.write(path, arrays, attrs | {"theta_norm": 2.0})
    return str(path), found


def shapes():
    """A curve, and a population with two shapes."""
    row = {"network": "n", "seed": 0, "threshold": 0.2, "window": 2.0, "center": "trained"}
    population = row | {"kind": "population", "name": "p", "directions": "gaussian"}
    return pd.DataFrame(
        [
            row | {"kind": "curve", "name": "c", "shape": "v-basin", "curvature": 8.0},
            population | {"shape": "v-basin", "share": 0.75},
            population | {"shape": "v-side", "share": 0.25},
        ]
    )


def test_predictions_beside_what_is_seen(tmp_path):
    file, found = written(tmp_path / "h.h5", mean=0.1)
    other, _ = written(tmp_path / "i.h5", mean=-0.3, center="init")
    first, second = insights.hessian_table([file, other], shapes()).to_dict("records")
    variance = 2 * (100 * 100 - 10**2) / (100**2 * 102)
    assert found.spread == pytest.approx(math.sqrt(variance))
    needed = 2 * 0.2 / (2.0 * 2.0) ** 2  # half the curvature times the squared reach exceeds τ
    predicted = share_above(vars(found), [0.0, needed])
    assert (first["rising"], first["v_basin"]) == tuple(predicted)
    assert abs(first["z"]) < 4
    assert first["seen_rising"] > 0.7 > 0.3 > second["seen_rising"]
    assert first["seen_v_basin"] == 0.75
    assert math.isnan(second["v_basin"])


def test_densities_are_those_of_the_sample_and_of_the_prediction(tmp_path):
    file, found = written(tmp_path / "h.h5", mean=0.1)
    table = insights.density_table([file])
    width = table["high"] - table["low"]
    assert (table["seen"] * width).sum() == pytest.approx(1)
    assert (table["predicted"] * width).sum() == pytest.approx(1, abs=3e-3)  # a tail lies outside
    middle = (table["low"] + table["high"]) / 2
    mean = found.curvatures.mean()
    assert (table["seen"] * width * middle).sum() == pytest.approx(mean, abs=width.max())
    assert (table["predicted"] * width * middle).sum() == pytest.approx(found.mean, abs=1e-3)


def test_lens_is_joined_by_name_and_findings_have_their_numbers(tmp_path):
    row = {"network": "n", "seed": 0, "center": "trained", "name": "c", "norm": 2.0}
    row |= {"slope": 0.1, "curvature": 1.0, "curvature_ratio": 1.02, "radius": 0.3}
    lost = row | {"name": "d", "curvature_ratio": math.nan, "reason": "lost in rounding"}
    rows = [row | {"curvature_measured": 1.02, "reason": ""}, lost]
    write_texts({tmp_path / "lens.csv": as_text(pd.DataFrame(rows))})
    lens = insights.lens_table([tmp_path / "lens.csv"], shapes())
    assert lens.loc[0, "shape"] == "v-basin"
    assert lens.loc[0, "curvature_seen"] == 2.0
    hessians = insights.hessian_table([written(tmp_path / "h.h5", 0.1)[0]], shapes())
    text = "\n".join(insights.findings(hessians, lens))
    assert "The curvature of 1 of 2 curves cannot be measured: lost in rounding." in text
    assert "1 of 1 curves bend as the Hessian says" in text
    assert "bend 2.0 times as much" in text
    assert "75.0% of the population are v-basins" in text
    assert "|α| = 0.3" in text
    assert insights.findings(hessians, None)


@pytest.mark.parametrize("layer", [nn.Tanh, nn.ReLU])
def test_measured_slope_and_curvature_are_those_of_the_hessian(digits, layer):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(64, 24), layer(), nn.Linear(24, 10))
    objective, precise = (
        Objective(network, digits.train, dtype=d) for d in (torch.float32, torch.float64)
    )
    theta = objective.flat.weights.clone()
    for seed in range(4):
        direction = torch.randn(len(theta), generator=torch.Generator().manual_seed(seed))
        direction *= theta.norm() / direction.norm()
        row = explain(Hessian(objective, theta), precise, theta, direction, 2.0)
        assert row["slope_ratio"] == pytest.approx(1, abs=1e-3)
        assert row["curvature_ratio"] == pytest.approx(1, abs=0.05)
        assert 0 < row["radius"] <= 2.0


class Bowl:
    """Stands for an objective in float64 with a given loss along the direction."""

    def __init__(self, loss):
        self.loss = loss

    def sample_losses(self, theta, directions, point):
        loss = torch.full((3,), self.loss(point[0]), dtype=torch.float64)
        return type("Found", (), {"loss": loss})


class Operator:
    """Stands for a Hessian."""

    def __init__(self, slope=0.5, curvature=1.0):
        self.gradient = torch.tensor([0.0, slope])
        self.curvature = torch.tensor([0.0, curvature])

    def __matmul__(self, vector):
        return self.curvature * vector


LOST = {
    "a line": (lambda alpha: 3 + alpha * 2.0**-20, "lost in rounding"),
    "a constant": (lambda alpha: 2.3, "lost in rounding"),
    "too flat": (lambda alpha: 1e9 + alpha**2, "lost in rounding"),
    "not finite": (lambda alpha: math.inf, "losses are not finite"),
    "not finite on one side": (lambda alpha: 1.0 if alpha <= 0 else math.nan, "not finite"),
}


@pytest.mark.parametrize("case", LOST)
@pytest.mark.parametrize("predicted", [0.0, 1.0])
def test_a_curvature_that_cannot_be_measured_is_named(case, predicted):
    loss, reason = LOST[case]
    operator = Operator(predicted, predicted)
    row = explain(operator, Bowl(loss), torch.zeros(2), torch.tensor([0.0, 1.0]), 1.5)
    assert math.isnan(row["curvature_measured"]) and math.isnan(row["curvature_ratio"])
    assert math.isnan(row["slope_ratio"]) and row["reason"].endswith(reason)


def test_a_quadratic_is_well_described_everywhere():
    direction = torch.tensor([0.0, 2.0])
    bowl = Bowl(lambda alpha: alpha + 2 * alpha**2)
    row = explain(Operator(), bowl, torch.zeros(2), direction, 1.5)
    assert row["reason"] == ""
    assert row["radius"] == math.inf
    assert row["slope_ratio"] == pytest.approx(1)
    assert row["curvature_ratio"] == pytest.approx(1, abs=1e-2)
