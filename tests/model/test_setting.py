"""The setting of a stage's parameters."""

import torch

from prospect.model.networks import build
from prospect.model.setting import recipe_of, setting_of, twin_of, with_options
from prospect.model.weights import flatten, layout

PARAMS = {
    "network": {"architecture": "mlp", "hidden": [8], "batchnorm": True},
    "dataset": {"name": "digits"},
    "device": "cpu",
    "training": {
        **{"epochs": 1, "batch": 20, "optimizer": {"name": "sgd", "lr": 0.1}},
        **{"parts": 2, "part": 1, "samples": None, "label_noise": 0},
    },
    "evaluation": {"samples": 100, "batchnorm": "recompute", "batch": 4096},
}


def test_a_setting_of_parameters(digits):
    setting = setting_of("mine", PARAMS)
    assert setting.name == "mine"
    assert setting.network == PARAMS["network"]
    assert abs(len(setting.data.train.targets) - 1437 / 2) < 6  # one of two parts
    assert len(setting.train.targets) == len(setting.test.targets) == 100
    assert setting.test.norms.source.samples == 1437  # statistics of all training samples
    network = build(setting.network, (1, 8, 8), 10, 0)
    theta = flatten(dict(network.named_parameters()), layout(network))
    here = setting.test.sample_losses(theta)
    again = setting_of("mine", PARAMS).test.sample_losses(theta)
    assert torch.equal(here.loss, again.loss)


def test_options_of_the_optimiser_are_replaced_and_twins_are_others():
    changed = with_options(PARAMS["training"], lr=0.5)
    assert changed["optimizer"] == {"name": "sgd", "lr": 0.5}
    assert PARAMS["training"]["optimizer"]["lr"] == 0.1
    assert len({twin_of(seed) for seed in range(100)} | {*range(100)}) == 200


def test_a_recipe_takes_what_a_section_has_of_its_own():
    training = PARAMS["training"]
    own = {"epochs": 7, "rate": 0.5, "pairs": 3}
    assert recipe_of(training, own) == training | {
        "epochs": 7,
        "optimizer": {"name": "sgd", "lr": 0.5},
    }
    assert recipe_of(training, {"batch": 8}) == training | {"batch": 8}
    assert recipe_of(training, {}) == training
