"""Networks at the centers of a study are those of plain training."""

import torch
from settings import setting_for
from test_sg_permutations import RECIPE

from prospect.model import networks
from prospect.model.training import train
from prospect.model.weights import flatten, layout
from prospect.systems.spinglass.centers import at_centers

SPEC = {"architecture": "mlp", "hidden": [8]}


def test_networks_at_centers_are_those_of_plain_training(digits):
    few = digits._replace(train=digits.train.subset(100, seed=0))
    setting = setting_for(SPEC, few, RECIPE | {"epochs": 3})
    found = at_centers(setting, [4, 7], {"trained": 3, "init": 0, "early": 1}, None)
    assert list(found) == ["init", "early", "trained"]
    network = networks.build(SPEC, (1, 8, 8), 10, 7)
    epochs = list(train(network, few, setting.training, 7, "cpu", what=None))
    blocks = layout(network)
    for name, epoch in {"init": 0, "early": 1, "trained": 3}.items():
        theta = flatten(epochs[epoch].state, blocks)
        assert torch.allclose(found[name][1], theta, atol=1e-5)
    assert not torch.allclose(found["early"], found["trained"], atol=1e-3)


def test_two_centers_may_be_one_epoch(digits):
    few = digits._replace(train=digits.train.subset(100, seed=0))
    setting = setting_for(SPEC, few, RECIPE | {"epochs": 1})
    found = at_centers(setting, [0], {"a": 1, "b": 1}, None)
    assert found["a"].equal(found["b"])
