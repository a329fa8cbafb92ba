"""Variations of a recipe against networks trained alone and losses taken one by one."""

import numpy as np
import pandas as pd
import pytest

from prospect.landscape import directions
from prospect.model import networks
from prospect.model.training import train
from prospect.model.weights import flatten, layout
from prospect.systems.valleys.variations import NEAR, plan, variations_table, vary

OWN = {
    "rates": [0.01, 0.1],  # the second is the recipe's
    "batches": [10, 40],
    "weight_decays": [0, 5e-3],
    "batchnorm_inits": ["ones", "gaussian"],
}


def test_one_thing_at_a_time(setting_of):
    setting = setting_of("mlp-bn")  # 204 samples, batches of 20: 10 steps an epoch, 4 epochs
    found = plan(setting, OWN)
    assert [(one.name, one.varied, one.change) for one in found] == [
        ("recipe", "recipe", 0),
        ("rate 0.01", "rate", -1),
        ("batch 10", "batch", -1),
        ("batch 10, equal steps", "batch-steps", -1),
        ("batch 40", "batch", 1),
        ("batch 40, equal steps", "batch-steps", 1),
        ("weight decay 0", "weight-decay", -1),
        ("weight decay 0.005", "weight-decay", 1),
        ("BatchNorm gaussian", "batchnorm-init", 0),
    ]
    for one in found:
        changed = {k for k, v in one.setting.training.items() if v != setting.training[k]}
        assert changed <= ({"batch", "epochs"} if "steps" in one.name else {*changed})
        assert len(changed) <= 1 or one.varied == "batch-steps"
        assert (one.setting.network == setting.network) == (one.varied != "batchnorm-init")
    steps = {one.name: one.setting.training["epochs"] for one in found}
    assert steps["batch 10, equal steps"] == 2 and steps["batch 40, equal steps"] == 8
    assert "BatchNorm gaussian" not in {one.name for one in plan(setting_of("mlp"), OWN)}


def losses(setting, theta, direction, points):
    """Losses along a direction, a point at a time."""
    here = [setting.train.sample_losses(theta + point * direction) for point in points]
    return np.array([float(one.loss.double().mean()) for one in here])


@pytest.mark.parametrize("name", ["mlp", "mlp-bn"])
def test_rows_are_those_of_networks_trained_alone(setting_of, name):
    setting = setting_of(name)
    found = vary(plan(setting, OWN)[0], [3, 5], 4)
    assert len(found) == 2 * (2 if name == "mlp" else 4)
    for seed in (3, 5):
        network = networks.build(setting.network, (1, 8, 8), 10, seed)
        *_, last = train(network, setting.data, setting.training, seed, "cpu", what=None)
        blocks = layout(network)
        theta = flatten(last.state, blocks)
        drawn = [directions.noise("gaussian", len(theta), seed, "variations", n) for n in range(4)]
        rows = found[found["seed"] == seed].set_index("directions")
        for kind in ("gaussian", "signed"):
            if kind == "signed":
                drawn = [one.abs() * theta.sign() for one in drawn]
            scaled = [one * theta.norm() / one.norm() for one in drawn]
            near = [losses(setting, theta, one, (-NEAR, 0, NEAR)) for one in scaled]
            rise = np.mean([(low + high) / 2 - center for low, center, high in near])
            assert rows["rise"][kind] == pytest.approx(rise, rel=2e-2)
            far = [losses(setting, theta, one, (-1, 1)) for one in scaled]
            assert rows["plus_lower"][kind] == np.mean([high < low for low, high in far])
        assert rows["norm"]["signed"] == pytest.approx(float(theta.norm()), rel=1e-3)
        assert rows["loss"]["signed"] == pytest.approx(
            losses(setting, theta, theta, [0])[0], rel=0.02
        )
    assert (found[found["directions"] == "signed"]["plus_lower"] == 1).all()  # the claim's control


def test_noise_in_batchnorm_alone_and_its_weights(setting_of):
    setting = setting_of("mlp-bn")
    recipe, gaussian = (vary(plan(setting, OWN)[number], [0, 1], 4) for number in (0, -1))
    assert set(recipe["batchnorm_init"]) == {"ones"}
    assert set(gaussian["batchnorm_init"]) == {"gaussian"}
    assert (recipe["batchnorm_positive"] == 1).all()
    assert (gaussian["batchnorm_positive"] < 0.9).all()
    *_, last = train(
        networks.build(setting.network, (1, 8, 8), 10, 0), setting.data, setting.training, 0,
        "cpu", what=None,
    )  # fmt: skip
    weights = last.state["2.weight"]
    assert recipe["batchnorm_mean"].iloc[0] == pytest.approx(float(weights.mean()), rel=1e-2)
    alone = {
        name: rows[rows["directions"] == "binary-batchnorm"]["plus_lower"].mean()
        for name, rows in (("ones", recipe), ("gaussian", gaussian))
    }
    assert alone["ones"] > 0.8 > alone["gaussian"]


def test_rises_are_held_against_the_same_seed_and_noise():
    rows = pd.DataFrame(
        [
            ["mlp", "recipe", 0, "gaussian", 1.0],
            ["mlp", "recipe", 1, "gaussian", 2.0],
            ["mlp", "rate 1", 0, "gaussian", 2.0],
            ["mlp", "rate 1", 1, "gaussian", -1.0],
        ],
        columns=["network", "variation", "seed", "directions", "rise"],
    )
    ratios = variations_table(rows)["rise_ratio"].tolist()
    assert ratios[:3] == pytest.approx([0, 0, np.log(2)])
    assert np.isnan(ratios[3])
