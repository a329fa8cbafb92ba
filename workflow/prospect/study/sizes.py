"""Guesses of how long jobs take: sizes from the config, times a stated rate.

They serve until jobs of a rule were timed. The rates are those of the default study on one core;
ResNet-20 and VGG at 32 × 32 take a hundred times as much as `resnet8`.
"""

from prospect.study import paths, stages
from prospect.study.resolve import Study

START = 2.0  # seconds: Python and its imports
RATES = {"mlp": 5e-7, "resnet": 1e-5, "vgg": 1e-3}  # seconds a sample and forward pass
BACKWARD = 3  # forward passes that one with its gradient takes
PRODUCT = 6  # and a product with the Hessian
SAMPLES = {"digits": 1437, "mnist": 60_000, "fashion-mnist": 60_000}
SAMPLES |= {"cifar10": 50_000, "cifar100": 50_000, "svhn": 73_257}


def seconds(study: Study, network: str, passes: float, samples: int | None = None) -> int:
    """Return the seconds of some forward passes over `samples`, all of the training set by default.

    Own data are taken to be as many as the digits, own networks to be small residual nets.
    """
    known = SAMPLES.get(study.config["dataset"]["name"], SAMPLES["digits"])
    rate = RATES.get(study.architecture(network)["architecture"], RATES["resnet"])
    return round(START + rate * passes * min(samples or known, known))


def training_seconds(study: Study, network: str) -> int:
    """Guess the seconds of training one model."""
    training = study.section("training", network)
    passes = training["epochs"] * (BACKWARD + 1) / training["parts"]
    return seconds(study, network, passes, training["samples"])


def grid_seconds(study: Study, network: str, keys: list[str]) -> int:
    """Guess the seconds of evaluating some curves and surfaces."""
    evaluation = study.section("evaluation", network)
    points = evaluation["points"]
    sizes = {"curve": points["curve"], "surface": points["surface"] ** 2}
    passes = sum(sizes[paths.item_of(key)[0]] for key in keys)
    return seconds(study, network, passes, evaluation["samples"])


def curve_seconds(study: Study, network: str) -> int:
    """Guess the seconds of evaluating a model's curves."""
    return grid_seconds(study, network, stages.curve_keys(study))


def surface_seconds(study: Study, network: str, surface: str) -> int:
    """Guess the seconds of evaluating one surface."""
    return grid_seconds(study, network, [paths.key_of("surface", surface)])


def population_seconds(study: Study, network: str, population: str) -> int:
    """Guess the seconds of evaluating a population."""
    item = study.config["populations"][population]
    passes = item["count"] * item["points"]
    return seconds(study, network, passes, item["samples"])


def hessian_seconds(study: Study, network: str) -> int:
    """Guess the seconds of analysing a model's Hessians."""
    hessian = study.config["hessian"]
    products = hessian["probes"] + hessian["steps"] + hessian["directions"]
    products += 50 * hessian["eigenpairs"]
    passes = PRODUCT * products * len(hessian["centers"])
    return seconds(study, network, passes, hessian["samples"])
