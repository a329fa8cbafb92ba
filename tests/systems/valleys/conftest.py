"""Small settings: few samples, a small perceptron or residual net, a short recipe."""

import pytest

from prospect.model import networks
from prospect.model.objective import Objective
from prospect.model.setting import Setting

SPECS = {
    "mlp": {"architecture": "mlp", "hidden": [16]},
    "mlp-bn": {"architecture": "mlp", "hidden": [16], "batchnorm": True},
    "resnet": {"architecture": "resnet", "width": 4, "blocks": [1, 1]},
}
RECIPE = {
    "epochs": 4,
    "batch": 20,
    "optimizer": {"name": "sgd", "lr": 0.1, "momentum": 0.9, "weight_decay": 5e-4},
}


@pytest.fixture(scope="session")
def setting_of(digits):
    """Make a setting: a network by name, and what of the recipe is to be another."""

    def make(name="mlp", samples=204, **recipe):
        data = digits._replace(train=digits.train.subset(samples, seed=1))
        module = networks.build(SPECS[name], (1, 8, 8), 10, seed=0)
        objectives = (
            Objective(module, data.train),
            Objective(module, data.test, statistics=data.train),
        )
        return Setting(name, SPECS[name], data, RECIPE | recipe, *objectives)

    return make
