"""The map across the interpolation threshold: its recipe, and a cell by hand."""

import pytest
import torch
from settings import setting_for
from test_sg_permutations import RECIPE

from prospect.landscape.hessian import Hessian
from prospect.model import networks
from prospect.model.ensemble import collect, members, train_ensemble
from prospect.model.objective import Objective
from prospect.model.splits import training_part
from prospect.systems.spinglass.threshold import recipe_of, threshold

SPEC = {"architecture": "mlp", "hidden": [64]}
PART = {"parts": 1, "part": 0, "label_noise": 0}


@pytest.mark.parametrize(
    "samples, steps, batch, epochs",
    [(1000, 310, 32, 10), (1000, 311, 32, 11), (20, 50, 20, 50), (33, 7, 32, 7)],
)
def test_as_many_steps_at_every_number_of_samples(samples, steps, batch, epochs):
    found = recipe_of(RECIPE, samples, steps)
    assert (found["batch"], found["epochs"], found["samples"]) == (batch, epochs, samples)


def small(digits, samples, steps, width, seeds=(0, 1)):
    recipe = recipe_of(RECIPE | PART, samples, steps)
    part = digits._replace(train=training_part(digits.train, 10, recipe))
    setting = setting_for(SPEC, part, recipe)
    return setting, threshold(setting, width, seeds, 0.3, 4)


def test_a_cell_is_what_it_says(digits):
    setting, table = small(digits, 60, 20, 4)
    spec = {"architecture": "mlp", "hidden": [4]}
    built = members(spec, setting.data, [0, 1])
    last, _ = collect(train_ensemble(built, setting.data, setting.training, [0, 1], "cpu"))
    network = networks.build(spec, (1, 8, 8), 10, 0)
    objective = Objective(network, setting.data.train, dtype=torch.float64)
    theta = last.theta[1].double()
    basis = torch.eye(len(theta), dtype=torch.float64)
    hessian = Hessian(objective, theta)
    trace = sum(float(hessian @ one @ one) for one in basis)
    row = table.iloc[1]
    assert row["scale_free_trace"] == pytest.approx(trace * float(theta.norm()) ** 2, rel=1e-4)
    assert row["loss"] == pytest.approx(objective.sample_losses(theta).means[0], rel=1e-4)
    assert (row["width"], row["samples"], row["parameters"]) == (4, 60, len(theta))
    assert row["aligned_barrier"] <= row["barrier"] + 1e-9


def test_more_units_fit_what_few_cannot(digits):
    loss = {width: small(digits, 200, 400, width)[1]["loss"].mean() for width in (2, 32)}
    assert loss[32] < 0.05 < 0.3 < loss[2]
