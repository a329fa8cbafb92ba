"""Sizes from the config are those of the networks that are built, and limits grow with them."""

from pathlib import Path

import pytest
import torch
import yaml

from prospect.model import networks
from prospect.model.cost import cost_of
from prospect.study import sizes
from prospect.study.config import complete
from prospect.study.resolve import Study

TINY = Path("config/studies/tiny.yaml")

SPECS = {
    "mlp": {"architecture": "mlp", "hidden": [64, 64]},
    "deep mlp": {"architecture": "mlp", "width": 30, "depth": 3, "batchnorm": True},
    "resnet8": {"architecture": "resnet", "width": 8, "blocks": [1, 1, 1]},
    "resnet20": {"architecture": "resnet"},
    "vgg16": {"architecture": "vgg"},
    "vgg11": {"architecture": "vgg", "depth": 11, "batchnorm": False},
    "vgg8": {"architecture": "vgg", "depth": 8},
    "alexnet": {"architecture": "alexnet"},
    "vit": {"architecture": "vit"},
    "small vit": {"architecture": "vit", "width": 32, "heads": 4, "depth": 3, "pool": "mean"},
}


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_a_size_is_that_of_the_network_that_is_built(spec):
    data = sizes.DATA["cifar10"]
    module = networks.build(spec, data.shape, data.classes, seed=0).eval()
    cost = cost_of(module, torch.zeros(2, *data.shape))
    size = sizes.MODELS[spec["architecture"]](data, spec)
    assert size.parameters == sum(parameter.numel() for parameter in module.parameters())
    assert size.products == cost.products
    assert max(size.widest, 3 * 32 * 32) == cost.widest
    if spec["architecture"] != "mlp":  # whose inputs are most of what it holds
        assert size.numbers == pytest.approx(cost.numbers, rel=0.05)


def study(**changes):
    config = yaml.safe_load(TINY.read_text()) | changes
    return Study(complete(config, [TINY], Path("config/patterns")), Path("config/patterns"))


def test_time_grows_with_what_is_done_and_a_gpu_is_faster():
    small, large = (
        study(training={"epochs": epochs, "checkpoints": []}, dataset={"name": "cifar10"})
        for epochs in (100, 1000)
    )
    guesses = [sizes.training_seconds(each, "mlp") - sizes.START for each in (small, large)]
    assert guesses[1] == pytest.approx(10 * guesses[0], rel=0.05)
    gpu = study(training={"epochs": 1000, "checkpoints": []}, dataset={"name": "cifar10"})
    gpu.config["device"] = "cuda"
    assert sizes.training_seconds(gpu, "mlp") < guesses[1] / 10


def test_memory_grows_with_data_and_parameters_and_a_gpu_holds_outputs_itself():
    digits, cifar = study(), study(dataset={"name": "cifar10"})
    data = 4 * sizes.WHOLE * 50_000 * 3072 / 2**20
    assert sizes.memory(cifar, "mlp") == pytest.approx(sizes.PROCESS + data, rel=0.05)
    assert sizes.memory(digits, "mlp") < sizes.PROCESS + 10
    wide = study(networks={"mlp": {"architecture": "mlp", "hidden": [4000, 4000]}})
    vectors = 4 * sizes.VECTORS * sizes.size_of(wide, "mlp").parameters / 2**20
    assert sizes.memory(wide, "mlp") == pytest.approx(sizes.PROCESS + vectors, rel=0.1)
    resnet = study(networks={"mlp": {"architecture": "resnet"}}, dataset={"name": "cifar10"})
    held = sizes.lens_memory(resnet, "mlp")
    resnet.config["device"] = "cuda"
    assert sizes.lens_memory(resnet, "mlp") < held / 2
