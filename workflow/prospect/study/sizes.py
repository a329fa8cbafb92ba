"""Guesses of how long jobs take: sizes from the config, times a stated rate.

They serve until jobs of a rule were timed. The rate is that of `resnet8` of the default study on
one core; a perceptron takes a tenth of it, ResNet-20 at 32 × 32 a hundred times as much.
"""

from prospect.study import paths, stages
from prospect.study.resolve import Study

START = 2.0  # seconds: Python and its imports
RATE = 1e-5  # seconds a sample and forward pass
BACKWARD = 3  # forward passes that one with its gradient takes
PRODUCT = 6  # and a product with the Hessian
SAMPLES = {"digits": 1437, "mnist": 60_000, "fashion-mnist": 60_000}
SAMPLES |= {"cifar10": 50_000, "cifar100": 50_000, "svhn": 73_257}


def seconds(study: Study, passes: float, samples: int | None = None) -> int:
    """Return the seconds of some forward passes over `samples`, all of the training set by default.

    Own data are taken to be as many as the digits.
    """
    known = SAMPLES.get(study.config["dataset"]["name"], SAMPLES["digits"])
    return round(START + RATE * passes * min(samples or known, known))


def training_seconds(study: Study, network: str) -> int:
    """Guess the seconds of training one model."""
    epochs = study.section("training", network)["epochs"]
    return seconds(study, epochs * (BACKWARD + 1))


def grid_seconds(study: Study, network: str, keys: list[str]) -> int:
    """Guess the seconds of evaluating some curves and surfaces."""
    evaluation = study.section("evaluation", network)
    points = evaluation["points"]
    sizes = {"curve": points["curve"], "surface": points["surface"] ** 2}
    passes = sum(sizes[paths.item_of(key)[0]] for key in keys)
    return seconds(study, passes, evaluation["samples"])


def curve_seconds(study: Study, network: str) -> int:
    """Guess the seconds of evaluating a model's curves."""
    return grid_seconds(study, network, stages.curve_keys(study))


def surface_seconds(study: Study, network: str, surface: str) -> int:
    """Guess the seconds of evaluating one surface."""
    return grid_seconds(study, network, [paths.key_of("surface", surface)])


def population_seconds(study: Study, population: str) -> int:
    """Guess the seconds of evaluating a population."""
    item = study.config["populations"][population]
    return seconds(study, item["count"] * item["points"], item["samples"])


def hessian_seconds(study: Study) -> int:
    """Guess the seconds of analysing a model's Hessians."""
    hessian = study.config["hessian"]
    products = hessian["probes"] + hessian["steps"] + hessian["directions"]
    products += 50 * hessian["eigenpairs"]
    return seconds(study, PRODUCT * products * len(hessian["centers"]), hessian["samples"])
